#pragma once

// The engine's clock and its one alarm: the seam through which tests bring virtual time.

#include "base/ids.hpp"

#include <cstddef>
#include <functional>

namespace everstep::core
{
class time_source
{
public:
    /// Called on any thread when shard n should look at its timers again.
    using waker = std::function<void(std::size_t shard)>;

    virtual ~time_source() = default;

    /// Before anything else: engine time begins at max(wall clock, journaled).
    virtual void start(base::time_us journaled, std::size_t shards, waker wake) = 0;
    /// No wake-ups after it returns.
    virtual void stop() noexcept = 0;

    /// Engine time: never goes back, follows CLOCK_BOOTTIME from start() on.
    virtual base::time_us now() const noexcept = 0;
    /// The wall clock.
    virtual base::time_us wall() const noexcept = 0;
    /// Wakes the shard at engine time `due` or soon after; INT64_MAX disarms. One alarm a shard, the last call counts.
    /// When the wall clock is set, all shards are woken, so that they arm anew.
    virtual void arm(std::size_t shard, base::time_us due) = 0;
    /// Jumps of the wall clock over 60 s against engine time, since start().
    virtual std::uint64_t wall_jumps() const noexcept = 0;
};
}
