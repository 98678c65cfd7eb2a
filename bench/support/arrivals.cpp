#include "support/arrivals.hpp"

#include <stdexcept>
#include <thread>

namespace everstep::bench
{
namespace
{
constexpr std::chrono::milliseconds tick{1};
constexpr std::chrono::seconds patience{60};
}

/// Of a start, and then of the result.
class arrivals::ended final : public detail::receiver
{
public:
    ended(arrivals& owner, std::string awaited_id) : owner_(owner), awaited_id_(std::move(awaited_id)) {}

    void take(detail::answer&& a) noexcept override
    {
        if (a.what != detail::answer_kind::value)
            owner_.failed_.fetch_add(1);
        if (awaited_id_.empty() || a.what != detail::answer_kind::value)
            owner_.ended_.fetch_add(1);
        else
            owner_.calls_.wait(awaited_id_, direct{std::make_unique<ended>(owner_, std::string())});
    }

private:
    arrivals& owner_;
    std::string awaited_id_; ///< of the run just started; empty: its result was awaited
};

arrivals::arrivals(engine& to, workload function, std::uint64_t ids)
    : calls_(calls_of(to, function, slot_until::ended)), ids_(ids)
{
    for (std::uint32_t i = 0; i < slots; ++i)
        orders_.push_back(make_order(i));
}

void arrivals::come(double runs_a_second, clock::duration lasts)
{
    const auto begin = clock::now();
    const std::uint64_t first = begun_;
    for (auto next = begin + tick; next <= begin + lasts; next += tick)
    {
        std::this_thread::sleep_until(next);
        const std::chrono::duration<double> passed = next - begin;
        const auto due = first + static_cast<std::uint64_t>(runs_a_second * passed.count());
        for (; begun_ < due; ++begun_)
        {
            std::string id = random_run_id(ids_ + begun_);
            direct token{std::make_unique<ended>(*this, id)};
            calls_.start(std::move(id), orders_[begun_ % slots], std::move(token));
        }
    }
}

void arrivals::wait_for_all()
{
    const auto end = clock::now() + patience;
    while (ended_.load() < begun_)
    {
        if (clock::now() > end)
            throw std::runtime_error("of " + std::to_string(begun_) + " runs " + std::to_string(ended_.load()) +
                                     " have ended");
        std::this_thread::sleep_for(tick);
    }
    if (failed_.load() != 0)
        throw std::runtime_error(std::to_string(failed_.load()) + " runs did not end well");
}
}
