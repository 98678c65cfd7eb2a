#pragma once

// The real clock: engine time follows CLOCK_BOOTTIME from start() on, one timerfd on the io thread stands for the earliest alarm of all
// shards, and a second one notices that somebody set the wall clock. Nothing armed, nothing wakes.

#include "engine/time_source.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <vector>

namespace everstep::core
{
class system_time final : public time_source
{
public:
    /// Reads the wall clock; tests bring one that they can set.
    using wall_clock = base::time_us (*)() noexcept;

    /// The executor's thread must run until stop() has returned.
    explicit system_time(const boost::asio::any_io_executor& io, wall_clock read_wall = &real_wall);
    ~system_time() override;
    system_time(const system_time&) = delete;
    system_time& operator=(const system_time&) = delete;

    static base::time_us real_wall() noexcept;

    void start(base::time_us journaled, std::size_t shards, waker wake) override;
    void stop() noexcept override;
    base::time_us now() const noexcept override;
    base::time_us wall() const noexcept override { return wall_(); }
    void arm(std::size_t shard, base::time_us due) override;
    std::uint64_t wall_jumps() const noexcept override { return jumps_.load(std::memory_order_relaxed); }

    /// What happens when the wall clock was set: counts the jump and wakes all shards. Io thread.
    void wall_was_set();

private:
    static constexpr base::time_us never = std::numeric_limits<base::time_us>::max();

    void await_alarm();
    void await_wall_set();
    void alarm_rang();
    void set_alarm(base::time_us due) noexcept;
    void watch_wall() noexcept;
    void wait_ended() noexcept;

    boost::asio::posix::stream_descriptor alarm_;
    boost::asio::posix::stream_descriptor wall_set_;
    const wall_clock wall_;
    std::int64_t begin_ns_{}; ///< CLOCK_BOOTTIME at start()
    base::time_us begin_{};   ///< engine time then
    waker wake_;
    std::atomic<std::uint64_t> jumps_{};
    base::time_us wall_ahead_{}; ///< of engine time, when last looked; io thread

    std::mutex mutex_;
    std::condition_variable ended_;
    std::vector<base::time_us> due_; ///< of each shard
    base::time_us armed_{never};
    int waits_{}; ///< on the descriptors, under way
    bool stopped_{};
};
}
