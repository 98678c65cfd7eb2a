#include "feature/key_lanes.hpp"

#include "feature/handed_event.hpp"

#include <utility>

namespace everstep::core
{
key_lanes::key_lanes() = default;
key_lanes::~key_lanes() = default;

void key_lanes::offer(lane_number of, handed_pointer one)
{
    ++waiting_;
    if (of != no_order)
    {
        const auto [at, is_new] = lanes_.try_emplace(of);
        if (!is_new)
            return at->second.behind.push_back(std::move(one));
    }
    ready_.emplace_back(of, std::move(one));
}

std::vector<handed_pointer> key_lanes::take(std::size_t most)
{
    std::vector<handed_pointer> taken;
    const lane_number of = ready_.front().first;
    taken.push_back(std::move(ready_.front().second));
    ready_.pop_front();
    if (of != no_order)
        for (std::deque<handed_pointer>& behind = lanes_[of].behind; taken.size() < most && !behind.empty(); behind.pop_front())
            taken.push_back(std::move(behind.front()));
    waiting_ -= taken.size();
    return taken;
}

void key_lanes::put_back(lane_number of, std::vector<handed_pointer>&& rest)
{
    waiting_ += rest.size();
    for (auto one = rest.rbegin(); one != rest.rend(); ++one)
    {
        if (of == no_order)
            ready_.emplace_front(of, std::move(*one));
        else
            lanes_[of].behind.push_front(std::move(*one));
    }
}

void key_lanes::next(lane_number of)
{
    const auto at = lanes_.find(of);
    if (at == lanes_.end())
        return;
    if (at->second.behind.empty())
    {
        lanes_.erase(at);
        return;
    }
    ready_.emplace_back(of, std::move(at->second.behind.front()));
    at->second.behind.pop_front();
}

std::vector<handed_pointer> key_lanes::take_out_waiting()
{
    std::vector<handed_pointer> all;
    all.reserve(waiting_);
    const auto take_behind = [&](lane& from) {
        for (handed_pointer& one : std::exchange(from.behind, {}))
            all.push_back(std::move(one));
    };
    for (auto& [of, one] : std::exchange(ready_, {}))
    {
        all.push_back(std::move(one));
        if (of == no_order)
            continue;
        take_behind(lanes_[of]);
        lanes_.erase(of); // nothing of it is out
    }
    for (auto& [of, one] : lanes_)
        take_behind(one);
    waiting_ = 0;
    return all;
}
}
