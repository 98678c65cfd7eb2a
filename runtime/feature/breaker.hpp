#pragma once

// A circuit breaker: after some failures in a row nothing is sent for a while, then one is, to see; that one's end decides. Pure.
//
//     closed --failures_max in a row--> open --its time is over--> half open (one at a time) --delivered--> closed
//                                        ^-------------- longer each time ----- failed ------'

#include "base/ids.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace everstep::core
{
class breaker
{
public:
    static constexpr std::uint32_t failures_max = 5;
    static constexpr base::time_us first_us = 5'000'000;
    static constexpr base::time_us longest_us = 600'000'000;

    /// Whether another may go, while so many are under way.
    bool may_go(base::time_us now, std::size_t under_way) const noexcept
    {
        return failures_ < failures_max || (now >= until_ && under_way == 0);
    }
    /// When may_go() is to be asked again, where it said no for the time; 0: not for that.
    base::time_us until(base::time_us now) const noexcept { return failures_ >= failures_max && until_ > now ? until_ : 0; }

    void succeeded() noexcept
    {
        failures_ = 0;
        pause_ = first_us;
    }
    /// What was under way when it opened makes it no longer.
    void failed(base::time_us now) noexcept
    {
        const bool was_open = failures_ >= failures_max && now < until_;
        failures_ = std::min(failures_ + 1, failures_max);
        if (failures_ < failures_max || was_open)
            return;
        until_ = now + pause_;
        pause_ = std::min(2 * pause_, longest_us);
    }

private:
    std::uint32_t failures_{};
    base::time_us until_{};
    base::time_us pause_{first_us};
};
}
