// The only file that knows Boost.Fiber.

#include "engine/fiber_place.hpp"

#include "engine/fiber_thread.hpp"
#include "engine/finished_jobs.hpp"
#include "engine/pool_place.hpp"

#include <boost/context/protected_fixedsize_stack.hpp>
#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>

#include <algorithm>
#include <new>
#include <pthread.h>
#include <unistd.h>

namespace everstep::core
{
namespace fibers = boost::fibers;

namespace
{
using namespace std::chrono_literals;

/// Unused stacks that a thread keeps; each has a few touched pages.
constexpr std::size_t spare_stacks_max = 2'048;
/// Finished jobs wait for others no longer than this, and for no more.
constexpr auto flush_after = 100us;
constexpr std::size_t flush_at = 64;

/// Boost's own scheduler of one thread, which tells the thread what it does.
class watched_round_robin final : public fibers::algo::round_robin
{
public:
    explicit watched_round_robin(fiber_thread& thread) : thread_(thread) {}

    fibers::context* pick_next() noexcept override
    {
        thread_.switched();
        return round_robin::pick_next();
    }
    void suspend_until(const std::chrono::steady_clock::time_point& until) noexcept override
    {
        thread_.about_to_sleep();
        round_robin::suspend_until(until);
    }

private:
    fiber_thread& thread_;
};
}

/// Stacks of one thread: made and freed on it.
class guarded_stacks
{
public:
    explicit guarded_stacks(std::size_t bytes) : source_(bytes) {}
    ~guarded_stacks()
    {
        for (auto& one : spare_)
            source_.deallocate(one);
    }
    guarded_stacks(const guarded_stacks&) = delete;
    guarded_stacks& operator=(const guarded_stacks&) = delete;

    boost::context::stack_context take()
    {
        if (spare_.empty())
            return source_.allocate();
        const boost::context::stack_context last = spare_.back();
        spare_.pop_back();
        return last;
    }
    void give(boost::context::stack_context& stack) noexcept
    {
        if (spare_.size() < spare_stacks_max)
            spare_.push_back(stack);
        else
            source_.deallocate(stack);
    }

    /// What Boost copies about and calls.
    struct allocator
    {
        guarded_stacks* from;
        boost::context::stack_context allocate() const { return from->take(); }
        void deallocate(boost::context::stack_context& stack) const noexcept { from->give(stack); }
    };

private:
    boost::context::protected_fixedsize_stack source_;
    std::vector<boost::context::stack_context> spare_;
};

fiber_thread::fiber_thread(fiber_place& place, std::size_t live_max, std::size_t stack_bytes)
    : place_(place), live_max_(live_max), stacks_(std::make_unique<guarded_stacks>(stack_bytes)),
      hint_(place.inflight_.next_hint()), thread_([this] { loop(); })
{
}

fiber_thread::~fiber_thread() = default;

void* fiber_thread::waiter() noexcept { return fibers::context::active(); }

void fiber_thread::suspend() noexcept
{
    live_body* self = nullptr;
    {
        const std::scoped_lock lock(mutex_);
        self = current_;
    }
    fibers::context::active()->suspend();
    set_current(self);
}

/// A fiber on its way to sleep may be woken already: the list of those woken from elsewhere is emptied on its own thread, after it.
void fiber_thread::wake(void* waiter) noexcept
{
    wakes_.fetch_add(1, std::memory_order_acquire);
    auto* const fiber = static_cast<fibers::context*>(waiter);
    fiber->get_scheduler()->schedule_from_remote(fiber);
    wakes_.fetch_sub(1, std::memory_order_release); // from here on the thread may end
}

void fiber_thread::loop() noexcept
{
    ::pthread_setname_np(::pthread_self(), "everstep fiber");
    {
        const std::scoped_lock lock(mutex_);
        id_ = ::gettid();
        ::pthread_getcpuclockid(::pthread_self(), &cpu_clock_);
    }
    fibers::use_scheduling_algorithm<watched_round_robin>(*this);
    main_ = fibers::context::active();
    enter(this);
    if (place_.on_thread_)
        place_.on_thread_();

    for (bool ended = false; !ended;)
    {
        if (live() >= live_max_)
        {
            main_needs_room_ = true;
            suspend_main();
        }
        else if (body_job* const job = place_.take(*this, ended))
            launch(*job);
        else if (!ended)
            suspend_main();
    }
    main_awaits_end_ = true;
    if (live() > 0)
        suspend_main();
    flush();
    enter(nullptr);
    while (wakes_.load(std::memory_order_acquire) > 0)
        std::this_thread::yield();
}

void fiber_thread::suspend_main() noexcept
{
    flush();
    fibers::context::active()->suspend();
}

void fiber_thread::launch(body_job& job)
{
    live_count_.fetch_add(1, std::memory_order_relaxed);
    try
    {
        fibers::fiber(fibers::launch::dispatch, std::allocator_arg, guarded_stacks::allocator{stacks_.get()},
                      [this, &job] { run_body(job); })
            .detach();
    }
    catch (const std::bad_alloc&)
    {
        // No stack to be had. A pool thread has one.
        live_count_.fetch_sub(1, std::memory_order_relaxed);
        body_job* const one = &job;
        place_.pool_.submit({&one, 1});
    }
}

void fiber_thread::run_body(body_job& job) noexcept
{
    std::unique_lock lock(mutex_);
    const auto self = bodies_.insert(bodies_.end(), {&job, clock::now()});
    lock.unlock();
    set_current(&*self);
    job.slot = place_.inflight_.acquire(job.blame_run, job.blame_step, hint_);
    job.run();
    place_.inflight_.release(job.slot, hint_);
    job.slot = 0;

    set_current(nullptr);
    const auto now = clock::now();
    lock.lock();
    bodies_.erase(self);
    if (finished_.empty())
        unflushed_since_ = now;
    finished_.push_back(&job);
    const bool full = finished_.size() >= flush_at || now - unflushed_since_ >= flush_after;
    lock.unlock();
    if (full)
        flush();
    const std::size_t left = live_count_.fetch_sub(1, std::memory_order_relaxed) - 1;
    if (main_needs_room_ || (main_awaits_end_ && left == 0))
    {
        main_needs_room_ = false;
        wake_main();
    }
}

void fiber_thread::set_current(live_body* body) noexcept
{
    {
        const std::scoped_lock lock(mutex_);
        current_ = body;
        ++switches_;
    }
    if (body != nullptr)
        place_.ensure_watching();
}

void fiber_thread::flush() noexcept
{
    std::vector<body_job*> finished;
    {
        const std::scoped_lock lock(mutex_);
        finished.swap(finished_);
    }
    give_back(finished);
}

void fiber_thread::add_running(std::vector<running_body>& to) const
{
    const std::scoped_lock lock(mutex_); // the jobs are not handed back while we read their names
    for (const live_body& body : bodies_)
        to.push_back({body.job->describe(), body.since});
}

fiber_place::fiber_place(const fiber_limits& limits, pool_place& pool, inflight_map& inflight, blocked_step on_blocked,
                         std::function<void()> on_thread)
    : blocks_after_(limits.blocks_after), pool_(pool), inflight_(inflight), on_blocked_(std::move(on_blocked)),
      on_thread_(std::move(on_thread))
{
    const std::uint32_t count = std::max(1U, limits.threads);
    for (std::uint32_t i = 0; i < count; ++i)
        threads_.push_back(
            std::make_unique<fiber_thread>(*this, std::max(1U, limits.live_max / count), limits.stack_bytes));
    watcher_ = std::thread([this] { watch(); });
}

fiber_place::~fiber_place() { stop(); }

void fiber_place::submit(std::span<body_job* const> jobs)
{
    if (jobs.empty())
        return;
    {
        std::unique_lock lock(mutex_);
        if (halted_)
        {
            lock.unlock();
            return give_back_unbegun(jobs);
        }
        queue_.insert(queue_.end(), jobs.begin(), jobs.end());
    }
    wake_waiting(jobs.size());
}

void fiber_place::wake_waiting(std::size_t jobs)
{
    for (; jobs > 0; --jobs)
    {
        fiber_thread* next = nullptr;
        {
            const std::scoped_lock lock(mutex_);
            if (waiting_.empty())
                return;
            // The one that waits longest: bodies stay where they begin, so threads take turns.
            next = waiting_.front();
            waiting_.erase(waiting_.begin());
        }
        next->wake_main();
    }
}

body_job* fiber_place::take(fiber_thread& by, bool& ended)
{
    const std::scoped_lock lock(mutex_);
    ended = halted_;
    if (halted_)
        return nullptr;
    if (queue_.empty())
    {
        waiting_.push_back(&by);
        return nullptr;
    }
    body_job* const next = queue_.front();
    queue_.pop_front();
    return next;
}

void fiber_place::halt() noexcept
{
    std::vector<body_job*> unbegun;
    {
        const std::scoped_lock lock(mutex_);
        halted_ = true;
        unbegun.assign(queue_.begin(), queue_.end());
        queue_.clear();
    }
    give_back_unbegun(unbegun);
    wake_waiting(threads_.size());
}

void fiber_place::stop() noexcept
{
    halt();
    {
        const std::scoped_lock lock(mutex_);
        if (stopped_)
            return;
    }
    // The watcher last: a body that blocks may have others waiting for what lies behind it.
    for (const auto& one : threads_)
        one->join();
    {
        const std::scoped_lock lock(mutex_);
        stopped_ = true;
        watcher_wakes_.notify_one();
    }
    watcher_.join();
}

std::vector<running_body> fiber_place::running() const
{
    std::vector<running_body> all;
    for (const auto& one : threads_)
        one->add_running(all);
    return all;
}

std::size_t fiber_place::live() const noexcept
{
    std::size_t sum = 0;
    for (const auto& one : threads_)
        sum += one->live();
    return sum;
}
}
