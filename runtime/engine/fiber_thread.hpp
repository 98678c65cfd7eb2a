#pragma once

// One thread of fiber_place, and what the watcher may see of it. Boost.Fiber stays in fiber_place.cpp.

#include "engine/body_job.hpp"
#include "engine/body_thread.hpp"
#include "engine/fiber_place.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <list>
#include <mutex>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace boost::fibers
{
class context;
}

namespace everstep::core
{
class guarded_stacks;

class fiber_thread final : public body_thread
{
public:
    using clock = std::chrono::steady_clock;

    fiber_thread(fiber_place& place, std::size_t live_max, std::size_t stack_bytes);
    ~fiber_thread();

    // body_thread: a body that waits here leaves the thread to the others.
    void* waiter() noexcept override;
    void suspend() noexcept override;
    void wake(void* waiter) noexcept override;

    /// The fiber that takes jobs goes on. Any thread; once for each time that it was found in fiber_place::waiting_.
    void wake_main() noexcept { wake(main_); }
    void join() { thread_.join(); }

    /// The scheduler switches: whoever runs next is not the body that ran so far.
    void switched() noexcept { set_current(nullptr); }
    /// The scheduler finds nothing to run.
    void about_to_sleep() noexcept { flush(); }

    /// What the watcher finds: the name of a step that has blocked this thread since the look before, else an empty string.
    std::string blocked_step(bool& has_body, bool from_now);
    void flush() noexcept;
    void add_running(std::vector<running_body>& to) const;
    std::size_t live() const noexcept { return live_count_.load(std::memory_order_relaxed); }

private:
    struct live_body
    {
        body_job* job;
        clock::time_point since;
    };

    void loop() noexcept;
    void launch(body_job& job);
    void run_body(body_job& job) noexcept;
    void set_current(live_body* body) noexcept;
    bool is_blocked() const noexcept;
    std::chrono::nanoseconds without_a_processor() const noexcept;
    void suspend_main() noexcept;

    fiber_place& place_;
    const std::size_t live_max_;
    const std::unique_ptr<guarded_stacks> stacks_;
    std::uint32_t hint_;
    boost::fibers::context* main_{};
    bool main_needs_room_{};                       ///< this thread only
    bool main_awaits_end_{};                       ///< this thread only
    clock::time_point unflushed_since_;            ///< this thread only
    std::atomic<int> wakes_{};                     ///< under way, from other threads
    std::atomic<std::size_t> live_count_{};

    mutable std::mutex mutex_;
    std::list<live_body> bodies_;
    live_body* current_{};
    std::uint64_t switches_{};
    std::vector<body_job*> finished_; ///< not handed back yet
    pid_t id_{};
    clockid_t cpu_clock_{};

    // The watcher's.
    std::uint64_t switches_seen_{};
    clock::time_point since_seen_;
    std::chrono::nanoseconds cpu_seen_{};
    std::chrono::nanoseconds without_seen_{};

    std::thread thread_;
};
}
