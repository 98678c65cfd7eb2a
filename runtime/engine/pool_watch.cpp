// The watcher of pool_place: see there.

#include "engine/finished_jobs.hpp"
#include "engine/pool_place.hpp"
#include "engine/pool_worker.hpp"

#include <algorithm>
#include <ctime>
#include <pthread.h>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

constexpr auto look_every = 1ms;
/// Looks without waiting work before it sleeps without a time.
constexpr std::uint32_t quiet_looks_max = 8;
/// While all processors are busy a thread that makes no progress has mostly lost its processor to others, and one more
/// thread would only add to that: it must be stuck for this many looks to count.
constexpr std::uint32_t looks_stuck_when_busy = 8;

std::chrono::nanoseconds cpu_of_process() noexcept
{
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}
}

class pool_place::look_result
{
public:
    std::size_t stuck{};
    std::size_t long_stuck{};
    bool rescued{};    ///< jobs that lay behind a stuck body are in the queue again
    bool work_waits{}; ///< in the queue or in some share
};

void pool_place::ensure_watching() noexcept
{
    if (watching_.load(std::memory_order_acquire))
        return;
    const std::scoped_lock lock(mutex_);
    if (!watching_.exchange(true))
        watcher_wakes_.notify_one();
}

void pool_place::watch() noexcept
{
    ::pthread_setname_np(::pthread_self(), "everstep watch");
    std::unique_lock lock(mutex_);
    while (!stopped_)
    {
        if (quiet_looks_ < quiet_looks_max && watching_.load())
        {
            watcher_wakes_.wait_for(lock, look_every);
            if (!stopped_)
                look(lock);
            continue;
        }
        watching_.store(false);
        watcher_wakes_.wait(lock, [&] { return stopped_ || watching_.load(); });
        quiet_looks_ = 0;
        time_of_look_ = clock::now();
        cpu_at_look_ = cpu_of_process();
        pushed_at_look_[0] = pushed_at_look_[1] = popped_;
    }
}

/// Under mutex_.
pool_place::look_result pool_place::inspect(std::vector<body_job*>& finished)
{
    look_result seen;
    for (const auto& one : workers_)
    {
        const std::scoped_lock its(one->mutex);
        const bool is_busy = one->current != nullptr || !one->share.empty();
        const bool is_stuck = is_busy && one->bodies == one->bodies_seen;
        one->bodies_seen = one->bodies;
        one->looks_stuck = is_stuck ? one->looks_stuck + 1 : 0;
        if (!is_stuck)
        {
            seen.work_waits |= !one->share.empty();
            continue;
        }
        ++seen.stuck;
        seen.long_stuck += one->looks_stuck >= looks_stuck_when_busy ? 1 : 0;
        finished.insert(finished.end(), one->finished.begin(), one->finished.end());
        one->finished.clear();
        if (one->share.empty())
            continue;
        seen.rescued = true;
        popped_ -= one->share.size();
        queue_.insert(queue_.begin(), one->share.begin(), one->share.end());
        one->share.clear();
    }
    seen.work_waits |= !queue_.empty();
    return seen;
}

bool pool_place::processors_are_busy() noexcept
{
    const auto now = clock::now();
    const auto cpu = cpu_of_process();
    const auto passed = now - time_of_look_;
    const auto used = cpu - cpu_at_look_;
    time_of_look_ = now;
    cpu_at_look_ = cpu;
    return used * 100 > passed * 85 * std::max(1U, std::thread::hardware_concurrency());
}

/// Under mutex_.
std::size_t pool_place::wanted_growth(const look_result& seen, bool busy) const
{
    const std::size_t room = threads_max_ - std::min<std::size_t>(threads_max_, workers_.size());
    // Bodies that wait a little and end are not seen stuck, but leave the processors idle: then half as many threads more.
    const std::size_t useful = busy ? seen.long_stuck : std::max(seen.stuck, workers_.size() / 2 + 1);
    return std::min({useful, queue_.size(), workers_.size(), room});
}

void pool_place::look(std::unique_lock<std::mutex>& lock)
{
    std::vector<body_job*> finished;
    const look_result seen = inspect(finished);
    const bool busy = processors_are_busy();

    const bool waits_too_long = !queue_.empty() && (seen.rescued || popped_ < pushed_at_look_[0]);
    pushed_at_look_[0] = pushed_at_look_[1];
    pushed_at_look_[1] = pushed_;
    std::size_t more = 0;
    if (waits_too_long && !halted_ && call_idle(std::max<std::size_t>(seen.stuck, 1)) == 0 && called_ == 0)
        more = wanted_growth(seen, busy);
    const bool any_retired = !retired_.empty();

    const bool quiet = !seen.work_waits && finished.empty() && more == 0 && !any_retired;
    quiet_looks_ = quiet ? quiet_looks_ + 1 : 0;
    // A quiet look keeps the lock: what is queued after it finds the watcher asleep, and wakes it.
    if (quiet)
        return;
    lock.unlock();
    give_back(finished);
    if (more > 0)
        grow(more);
    if (any_retired)
        join_retired();
    lock.lock();
}
}
