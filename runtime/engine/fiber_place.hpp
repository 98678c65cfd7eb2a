#pragma once

// The step place `fiber`: a few threads, a fiber for each body, so that ten thousand bodies can wait at once (everstep::fiber_yield). A fiber
// stays on the thread that began it. A body that blocks its thread holds up all that wait there: it is noticed, and its step goes to the
// pool from then on.
//
// Stacks have a guard page each and are kept for reuse; a guarded stack is two of the 65,530 maps that a process has, so live fibers are
// bounded and further bodies queue. A thread without a ready fiber sleeps; the watcher sleeps while no body runs.

#include "engine/inflight_map.hpp"
#include "engine/running_body.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

namespace everstep::core
{
class body_job;
class fiber_thread;
class pool_place;

struct fiber_limits
{
    std::uint32_t threads{2};
    std::uint32_t live_max{12'000};
    std::size_t stack_bytes{256 * 1024};
    std::chrono::milliseconds blocks_after{5}; ///< a body that holds its thread for this long is taken for one that blocks
};

class fiber_place
{
public:
    /// A step was seen blocking its thread and goes to the pool from now on. Once a step; the watcher's thread.
    using blocked_step = std::function<void(std::string_view step)>;

    /// `pool` takes the bodies of such steps, also those that already wait here. `on_thread` is called first on every thread.
    fiber_place(const fiber_limits& limits, pool_place& pool, inflight_map& inflight, blocked_step on_blocked,
                std::function<void()> on_thread = {});
    ~fiber_place();
    fiber_place(const fiber_place&) = delete;
    fiber_place& operator=(const fiber_place&) = delete;

    /// Any thread.
    void submit(std::span<body_job* const> jobs);

    /// What steps are known by: their name.
    static std::uint64_t hash_of(std::string_view step) noexcept;
    /// True: submit its bodies to the pool. Any thread; costs nothing while there is no such step.
    bool sent_to_pool(std::uint64_t step) const noexcept;
    bool any_sent_to_pool() const noexcept { return any_sent_.load(std::memory_order_relaxed); }

    /// No further body begins: jobs that wait, and those that still come, are handed back as never begun.
    void halt() noexcept;
    /// halt(), and wait for the bodies that run. Not from a body. Before the pool's stop().
    void stop() noexcept;

    std::vector<running_body> running() const;
    /// Fibers with a body in them now.
    std::size_t live() const noexcept;

private:
    friend class fiber_thread;
    using clock = std::chrono::steady_clock;

    /// For fiber_thread: the next job; or null: wait to be woken, where `ended` is false.
    body_job* take(fiber_thread& by, bool& ended);
    void wake_waiting(std::size_t jobs);

    void ensure_watching() noexcept;
    void watch() noexcept;
    bool look(bool from_now);
    void send_to_pool(const std::string& step);

    const std::chrono::milliseconds blocks_after_;
    pool_place& pool_;
    inflight_map& inflight_;
    const blocked_step on_blocked_;
    const std::function<void()> on_thread_;

    mutable std::mutex mutex_;
    std::deque<body_job*> queue_;
    std::vector<fiber_thread*> waiting_; ///< for a job
    bool halted_{};
    bool stopped_{};
    std::condition_variable watcher_wakes_;

    mutable std::mutex sent_mutex_;
    std::unordered_set<std::uint64_t> sent_;
    std::atomic<bool> any_sent_{};
    std::atomic<bool> watching_{};

    std::vector<std::unique_ptr<fiber_thread>> threads_;
    std::thread watcher_;
};
}
