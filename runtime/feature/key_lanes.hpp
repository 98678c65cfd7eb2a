#pragma once

// Which events of a subscription may go to its handler now: those of one key one after the other, others side by side. Pure.
//
//     offer(one) --> its lane is free: ready --take()--> out, with some of those behind it --next(lane)--> what is left of it is ready
//                    else it waits in its lane
//
// Lanes are numbers: of a key, 0 for events without order, each of which goes alone.

#include "journal/event.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

namespace everstep::core
{
/// An event in memory on its way to one subscription's handler.
struct handed_event;
using handed_pointer = std::unique_ptr<handed_event>;

class key_lanes
{
public:
    using lane_number = std::uint64_t;
    static constexpr lane_number no_order = 0;

    key_lanes();
    ~key_lanes();

    /// Behind all of its lane.
    void offer(lane_number lane, handed_pointer one);
    bool has_ready() const noexcept { return !ready_.empty(); }
    /// What became ready first, with up to `most` of its lane, which is out until next(). Not where nothing is ready.
    std::vector<handed_pointer> take(std::size_t most);
    /// Of what was out, those that are to go again: in front of their lane. Before next().
    void put_back(lane_number lane, std::vector<handed_pointer>&& rest);
    /// What was out has ended: what waits in its lane is ready.
    void next(lane_number lane);
    /// Takes out of the lane whatever waits in it and `is` so, in order.
    template <class Is>
    std::vector<handed_pointer> take_out(lane_number lane, Is&& is);
    /// Offered, and not taken yet.
    std::size_t waiting() const noexcept { return waiting_; }
    /// Takes out all that was not taken; lanes that are out stay so.
    std::vector<handed_pointer> take_out_waiting();

private:
    struct lane
    {
        std::deque<handed_pointer> behind;
    };
    std::deque<std::pair<lane_number, handed_pointer>> ready_;
    std::unordered_map<lane_number, lane> lanes_; ///< of those that are ready or out
    std::size_t waiting_{};
};

template <class Is>
std::vector<handed_pointer> key_lanes::take_out(lane_number of, Is&& is)
{
    std::vector<handed_pointer> taken;
    const auto at = lanes_.find(of);
    if (at == lanes_.end())
        return taken;
    std::deque<handed_pointer> rest;
    for (handed_pointer& one : at->second.behind)
    {
        if (is(*one))
            taken.push_back(std::move(one));
        else
            rest.push_back(std::move(one));
    }
    at->second.behind = std::move(rest);
    waiting_ -= taken.size();
    return taken;
}
}
