#pragma once

// Virtual time that tells the test when the engine waits for a time, and the bell by which a test waits for anything at all: an answer,
// a commit, an alarm, a body that began. Nothing in a scenario waits for real time.

#include "engine/manual_time.hpp"
#include "engine/time_source.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <utility>

namespace everstep::test
{
/// Rung by whatever happens; a test looks again at what it waits for.
class engine_bell
{
public:
    void ring()
    {
        const std::scoped_lock lock(mutex_);
        ++rung_;
        heard_.notify_all();
    }
    std::uint64_t rung() const
    {
        const std::scoped_lock lock(mutex_);
        return rung_;
    }
    /// Until it has rung more often than `before`.
    void wait(std::uint64_t before) const
    {
        std::unique_lock lock(mutex_);
        heard_.wait(lock, [&] { return rung_ != before; });
    }

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable heard_;
    std::uint64_t rung_{};
};

/// manual_time that rings when a shard, or retention, arms its alarm.
class watched_time final : public core::time_source
{
public:
    static constexpr base::time_us never = std::numeric_limits<base::time_us>::max();

    watched_time(base::time_us wall, engine_bell& bell) : time_(wall), bell_(bell) {}

    void start(base::time_us journaled, std::size_t shards, waker wake) override { time_.start(journaled, shards, std::move(wake)); }
    void stop() noexcept override { time_.stop(); }
    base::time_us now() const noexcept override { return time_.now(); }
    base::time_us wall() const noexcept override { return time_.wall(); }
    std::uint64_t wall_jumps() const noexcept override { return time_.wall_jumps(); }
    void arm(std::size_t shard, base::time_us due) override
    {
        {
            const std::scoped_lock lock(mutex_);
            alarms_[shard] = due;
        }
        time_.arm(shard, due);
        bell_.ring();
    }

    /// The first that is waited for, where that is later than now; else never.
    base::time_us alarm() const
    {
        const std::scoped_lock lock(mutex_);
        base::time_us first = never;
        for (const auto& [who, due] : alarms_)
            if (due > time_.now())
                first = std::min(first, due);
        return first;
    }
    /// Whether one was ever set, or taken back.
    bool has_armed(std::size_t who) const
    {
        const std::scoped_lock lock(mutex_);
        return alarms_.contains(who);
    }
    void advance_to(base::time_us when) { time_.advance_to(when); }
    void set_wall(base::time_us wall) { time_.set_wall(wall); }

private:
    core::manual_time time_;
    engine_bell& bell_;
    mutable std::mutex mutex_;
    std::map<std::size_t, base::time_us> alarms_;
};
}
