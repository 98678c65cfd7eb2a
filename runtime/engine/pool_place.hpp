#pragma once

// The step place `pool`: threads for bodies that may block. Jobs are handed over and back in batches; the pool grows while work waits
// and its threads are stuck in bodies, and shrinks again. Nothing wakes up while nothing waits.
//
// A thread takes a small share of the queue, as much as takes it some 200 us. One thread, the watcher, looks every millisecond while
// work waits: it puts what lies behind a stuck body back into the queue, hands back what that thread had finished, wakes or adds
// threads. It sleeps without a time when nothing waits.

#include "engine/inflight_map.hpp"
#include "engine/running_body.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace everstep::core
{
class body_job;

struct pool_limits
{
    std::uint32_t threads_min{0}; ///< 0: as many as processors; never more than threads_max
    std::uint32_t threads_max{256};
    std::chrono::milliseconds idle_max{10'000}; ///< a thread above the minimum that had nothing to do for this long ends
};

class pool_place
{
public:
    /// `on_thread` is called first on every thread that runs bodies.
    pool_place(const pool_limits& limits, inflight_map& inflight, std::function<void()> on_thread = {});
    ~pool_place();
    pool_place(const pool_place&) = delete;
    pool_place& operator=(const pool_place&) = delete;

    /// Any thread.
    void submit(std::span<body_job* const> jobs);

    /// No further body begins: jobs that wait, and those that still come, are handed back as never begun.
    void halt() noexcept;
    /// halt(), and wait for the bodies that run. Not from a body.
    void stop() noexcept;

    std::vector<running_body> running() const;
    std::size_t threads() const noexcept { return thread_count_.load(std::memory_order_relaxed); }

private:
    class worker;
    class look_result;
    using clock = std::chrono::steady_clock;

    void work(worker& me) noexcept;
    bool take_share(worker& me);
    bool sleep(worker& me, std::unique_lock<std::mutex>& lock);
    void run_share(worker& me) noexcept;
    std::size_t share_size() const noexcept;
    std::size_t call_idle(std::size_t wanted);
    std::size_t threads_for(std::size_t jobs) const noexcept;
    void note_duration(clock::duration whole, std::size_t jobs) noexcept;

    void ensure_watching() noexcept;
    void watch() noexcept;
    void look(std::unique_lock<std::mutex>& lock);
    look_result inspect(std::vector<body_job*>& finished);
    bool processors_are_busy() noexcept;
    std::size_t wanted_growth(const look_result& seen, bool busy) const;
    void grow(std::size_t count);
    void join_retired() noexcept;

    const std::uint32_t threads_max_;
    const std::uint32_t threads_min_;
    const std::chrono::milliseconds idle_max_;
    inflight_map& inflight_;
    const std::function<void()> on_thread_;

    mutable std::mutex mutex_;
    std::deque<body_job*> queue_;
    std::vector<worker*> idle_; ///< the last to fall idle is the first to be called
    std::vector<std::unique_ptr<worker>> workers_;
    std::vector<std::unique_ptr<worker>> retired_;
    std::size_t called_{}; ///< workers that were woken and have not looked at the queue yet
    bool halted_{};

    // The watcher's, under mutex_.
    std::condition_variable watcher_wakes_;
    std::uint64_t pushed_{}; ///< jobs ever queued, and taken: what was queued two looks ago and not taken yet waits too long
    std::uint64_t popped_{};
    std::uint64_t pushed_at_look_[2]{};
    std::uint32_t quiet_looks_{};
    bool stopped_{};
    std::chrono::nanoseconds cpu_at_look_{};
    clock::time_point time_of_look_;
    std::thread watcher_;

    std::atomic<bool> watching_{};
    std::atomic<std::size_t> thread_count_{};
    std::atomic<std::int64_t> body_ns_{-1}; ///< what a body takes on this pool, a running mean; negative: not known yet
};
}
