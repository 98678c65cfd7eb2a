#pragma once

// Virtual time for tests: stands still until it is told to move. await_alarm() is how a test waits without sleeping: until the engine
// has come to rest and waits for a time.

#include "engine/time_source.hpp"

#include <condition_variable>
#include <limits>
#include <mutex>
#include <vector>

namespace everstep::core
{
class manual_time final : public time_source
{
public:
    explicit manual_time(base::time_us begin = 1'000'000'000'000'000) : now_(begin), wall_(begin) {}

    void start(base::time_us journaled, std::size_t shards, waker wake) override;
    void stop() noexcept override;
    base::time_us now() const noexcept override;
    base::time_us wall() const noexcept override;
    void arm(std::size_t shard, base::time_us due) override;
    std::uint64_t wall_jumps() const noexcept override;

    /// Engine and wall time go on; wakes the shards whose alarms are due. Never goes back.
    void advance_to(base::time_us engine_time);
    void advance_by(base::time_us us);
    /// Somebody sets the wall clock: wakes all shards.
    void set_wall(base::time_us to);

    /// Until some shard has armed an alarm later than now; the earliest such.
    base::time_us await_alarm();

private:
    static constexpr base::time_us never = std::numeric_limits<base::time_us>::max();

    base::time_us earliest() const noexcept;
    void wake_those(const std::vector<std::size_t>& shards);

    mutable std::mutex mutex_;
    std::condition_variable armed_;
    std::vector<base::time_us> due_;
    waker wake_;
    base::time_us now_;
    base::time_us wall_;
    std::uint64_t jumps_{};
    bool stopped_{};
    int waking_{}; ///< calls of wake_ under way
};
}
