#include "engine/pool_place.hpp"

#include "engine/finished_jobs.hpp"
#include "engine/pool_worker.hpp"

#include <algorithm>
#include <pthread.h>
#include <system_error>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

/// What a thread takes from the queue, and what wakes one more thread, in time.
constexpr std::int64_t share_ns = 200'000;
constexpr std::int64_t work_a_wake_ns = 100'000;
constexpr std::size_t share_max = 64;
constexpr std::size_t wakes_a_submit_max = 32;
/// Finished jobs wait no longer than this for others.
constexpr auto flush_after = 100us;
}

pool_place::pool_place(const pool_limits& limits, inflight_map& inflight, std::function<void()> on_thread)
    : threads_max_(std::max(limits.threads_max, 1U)),
      threads_min_(std::min(threads_max_, limits.threads_min != 0 ? limits.threads_min : std::max(1U, std::thread::hardware_concurrency()))), idle_max_(limits.idle_max), inflight_(inflight),
      on_thread_(std::move(on_thread))
{
    grow(threads_min_);
    watcher_ = std::thread([this] { watch(); });
}

pool_place::~pool_place() { stop(); }

void pool_place::submit(std::span<body_job* const> jobs)
{
    if (jobs.empty())
        return;
    bool left_waiting = false;
    {
        std::unique_lock lock(mutex_);
        if (halted_)
        {
            lock.unlock();
            return give_back_unbegun(jobs);
        }
        queue_.insert(queue_.end(), jobs.begin(), jobs.end());
        pushed_ += jobs.size();
        const std::size_t wanted = threads_for(queue_.size());
        if (wanted > called_)
            call_idle(wanted - called_);
        left_waiting = queue_.size() > called_;
    }
    if (left_waiting)
        ensure_watching();
}

std::size_t pool_place::threads_for(std::size_t jobs) const noexcept
{
    const std::int64_t each = body_ns_.load(std::memory_order_relaxed);
    if (each < 0 || each >= work_a_wake_ns)
        return std::min(jobs, wakes_a_submit_max);
    const std::size_t by_work = (jobs * static_cast<std::size_t>(each) + work_a_wake_ns - 1) / work_a_wake_ns;
    return std::clamp<std::size_t>(by_work, 1, std::min(jobs, wakes_a_submit_max));
}

/// Under mutex_.
std::size_t pool_place::call_idle(std::size_t wanted)
{
    std::size_t count = 0;
    for (; count < wanted && !idle_.empty(); ++count)
    {
        worker* next = idle_.back();
        idle_.pop_back();
        next->called = true;
        ++called_;
        next->called_up.notify_one();
    }
    return count;
}

std::size_t pool_place::share_size() const noexcept
{
    const std::int64_t each = body_ns_.load(std::memory_order_relaxed);
    if (each < 0 || each >= share_ns)
        return 1;
    const std::size_t by_time = static_cast<std::size_t>(share_ns / std::max<std::int64_t>(each, 1));
    const std::size_t fair = queue_.size() / (called_ + threads_min_) + 1;
    return std::clamp<std::size_t>(std::min(by_time, fair), 1, share_max);
}

void pool_place::note_duration(clock::duration whole, std::size_t jobs) noexcept
{
    if (jobs == 0)
        return;
    // One body that blocks for long says little about the next: bounded, so that the mean soon forgets it.
    const std::int64_t mean = std::chrono::nanoseconds(whole).count() / static_cast<std::int64_t>(jobs);
    const std::int64_t each = std::min<std::int64_t>(mean, 1'000'000);
    const std::int64_t before = body_ns_.load(std::memory_order_relaxed);
    body_ns_.store(before < 0 ? each : before + (each - before) / 8, std::memory_order_relaxed);
}

void pool_place::work(worker& me) noexcept
{
    ::pthread_setname_np(::pthread_self(), "everstep pool");
    worker::enter(&me);
    if (on_thread_)
        on_thread_();
    while (take_share(me))
        run_share(me);
    worker::enter(nullptr);
}

bool pool_place::take_share(worker& me)
{
    bool left_waiting = false;
    {
        std::unique_lock lock(mutex_);
        while (queue_.empty() && !halted_)
            if (!sleep(me, lock))
                return false;
        if (halted_)
            return false;
        const std::size_t count = std::min(share_size(), queue_.size());
        const std::scoped_lock mine(me.mutex);
        const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
        me.share.assign(queue_.begin(), end);
        queue_.erase(queue_.begin(), end);
        popped_ += count;
        left_waiting = count > 1 || queue_.size() > called_;
    }
    if (left_waiting)
        ensure_watching();
    return true;
}

/// Until called. False where the thread is to end: it is above the minimum and had nothing to do for long.
bool pool_place::sleep(worker& me, std::unique_lock<std::mutex>& lock)
{
    idle_.push_back(&me);
    me.called = false;
    const auto is_called = [&] { return me.called; };
    if (workers_.size() <= threads_min_)
        me.called_up.wait(lock, is_called);
    else if (!me.called_up.wait_for(lock, idle_max_, is_called))
    {
        if (workers_.size() > threads_min_)
        {
            std::erase(idle_, &me);
            const auto self = std::ranges::find(workers_, &me, &std::unique_ptr<worker>::get);
            retired_.push_back(std::move(*self));
            workers_.erase(self);
            thread_count_.store(workers_.size(), std::memory_order_relaxed);
            return false;
        }
        me.called_up.wait(lock, is_called);
    }
    --called_;
    return true;
}

void pool_place::run_share(worker& me) noexcept
{
    const auto begin = clock::now();
    auto now = begin;
    auto unflushed_since = begin;
    std::size_t count = 0;
    std::unique_lock lock(me.mutex);
    while (!me.share.empty())
    {
        body_job* const job = me.share.front();
        me.share.pop_front();
        me.current = job;
        me.since = now;
        ++me.bodies;
        lock.unlock();

        job->slot = inflight_.acquire(job->blame_run, job->blame_step, me.hint);
        job->run();
        inflight_.release(job->slot, me.hint);
        job->slot = 0;
        now = clock::now();
        ++count;

        lock.lock();
        me.current = nullptr;
        if (me.finished.empty())
            unflushed_since = now;
        me.finished.push_back(job);
        if (now - unflushed_since >= flush_after || me.share.empty())
        {
            std::vector<body_job*> finished = std::move(me.finished);
            me.finished.clear();
            lock.unlock();
            give_back(finished);
            lock.lock();
            if (me.finished.empty())
                me.finished = std::move(finished); // keeps its room
        }
    }
    lock.unlock();
    note_duration(now - begin, count);
}

void pool_place::grow(std::size_t count)
{
    for (; count > 0; --count)
    {
        auto next = std::make_unique<worker>();
        worker& started = *next;
        started.hint = inflight_.next_hint();
        const std::scoped_lock lock(mutex_);
        if (halted_)
            return;
        try
        {
            started.thread = std::thread([this, &started] { work(started); });
        }
        catch (const std::system_error&)
        {
            if (workers_.empty())
                throw;
            return; // the system has no thread for us now: those that there are go on
        }
        workers_.push_back(std::move(next));
        thread_count_.store(workers_.size(), std::memory_order_relaxed);
    }
}

void pool_place::join_retired() noexcept
{
    std::vector<std::unique_ptr<worker>> ended;
    {
        const std::scoped_lock lock(mutex_);
        ended.swap(retired_);
    }
    for (const auto& one : ended)
        one->thread.join();
}

void pool_place::halt() noexcept
{
    std::vector<body_job*> unbegun;
    {
        const std::scoped_lock lock(mutex_);
        halted_ = true;
        unbegun.assign(queue_.begin(), queue_.end());
        queue_.clear();
        for (const auto& one : workers_)
        {
            const std::scoped_lock its(one->mutex);
            unbegun.insert(unbegun.end(), one->share.begin(), one->share.end());
            one->share.clear();
        }
        call_idle(idle_.size());
    }
    give_back_unbegun(unbegun);
}

void pool_place::stop() noexcept
{
    halt();
    {
        const std::scoped_lock lock(mutex_);
        stopped_ = true;
        watcher_wakes_.notify_one();
    }
    if (watcher_.joinable())
        watcher_.join();
    join_retired();
    // The watcher is gone and nothing grows any more. running() may be asked until the last body has returned.
    for (const auto& one : workers_)
        if (one->thread.joinable())
            one->thread.join();
    const std::scoped_lock lock(mutex_);
    workers_.clear();
    idle_.clear();
    thread_count_.store(0, std::memory_order_relaxed);
}

std::vector<running_body> pool_place::running() const
{
    std::vector<running_body> all;
    const std::scoped_lock lock(mutex_);
    for (const auto& one : workers_)
    {
        const std::scoped_lock its(one->mutex); // the job is not handed back while we read its name
        if (one->current != nullptr)
            all.push_back({one->current->describe(), one->since});
    }
    return all;
}
}
