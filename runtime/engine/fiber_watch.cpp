// The watcher of fiber_place: notices bodies that block their thread.

#include "base/checksum.hpp"
#include "engine/fiber_place.hpp"
#include "engine/fiber_thread.hpp"
#include "engine/pool_place.hpp"

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include <utility>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

/// A body that holds its thread from one look to the next has blocked it for this long at least.
constexpr auto look_every = 5ms;
constexpr std::int64_t hog_ns = 5'000'000;
constexpr int quiet_looks_max = 4;
/// Names made at run time could be without end.
constexpr std::size_t sent_max = 1'024;

std::int64_t cpu_of(clockid_t clock) noexcept
{
    timespec used{};
    ::clock_gettime(clock, &used);
    return std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

/// 'R' runs or would like to, 'S' and 'D' wait for something.
char state_of(pid_t thread) noexcept
{
    std::array<char, 64> path{};
    std::snprintf(path.data(), path.size(), "/proc/self/task/%d/stat", static_cast<int>(thread));
    const int file = ::open(path.data(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 'S'; // no /proc here: what does not move counts as blocked
    std::array<char, 512> text{};
    const ssize_t size = ::read(file, text.data(), text.size());
    ::close(file);
    const std::string_view line(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    const auto name_end = line.rfind(')');
    return name_end != std::string_view::npos && name_end + 2 < line.size() ? line[name_end + 2] : 'S';
}
}

/// Under mutex_. A thread that only lost its processor to others does not count.
bool fiber_thread::is_blocked() const noexcept { return cpu_of(cpu_clock_) - cpu_seen_ >= hog_ns || state_of(id_) != 'R'; }

std::string fiber_thread::blocked_step(bool& has_body)
{
    const std::scoped_lock lock(mutex_); // the job stays while we read its name
    if (current_ == nullptr)
        return {};
    has_body = true;
    if (switches_ != switches_seen_)
    {
        switches_seen_ = switches_;
        cpu_seen_ = cpu_of(cpu_clock_);
        return {};
    }
    return is_blocked() ? std::string(current_->job->op().name().text()) : std::string();
}

std::uint64_t fiber_place::hash_of(std::string_view step) noexcept { return base::hash64(step); }

bool fiber_place::sent_to_pool(std::uint64_t step) const noexcept
{
    if (!any_sent_to_pool())
        return false;
    const std::scoped_lock lock(sent_mutex_);
    return sent_.contains(step);
}

void fiber_place::ensure_watching() noexcept
{
    if (watching_.load(std::memory_order_acquire))
        return;
    const std::scoped_lock lock(mutex_);
    if (!watching_.exchange(true))
        watcher_wakes_.notify_one();
}

void fiber_place::watch() noexcept
{
    ::pthread_setname_np(::pthread_self(), "everstep watch");
    int quiet_looks = 0;
    std::unique_lock lock(mutex_);
    while (!stopped_)
    {
        // Said before the last look: a body that begins after that look finds the watcher asleep, and wakes it.
        const bool last_look = quiet_looks == quiet_looks_max;
        if (last_look)
            watching_.store(false);
        lock.unlock();
        const bool quiet = !look();
        lock.lock();
        quiet_looks = quiet ? quiet_looks + 1 : 0;
        if (!last_look || !quiet)
        {
            watching_.store(true);
            watcher_wakes_.wait_for(lock, look_every, [&] { return stopped_; });
            continue;
        }
        watcher_wakes_.wait(lock, [&] { return stopped_ || watching_.load(); });
        quiet_looks = 0;
    }
}

/// False: no body holds a thread now.
bool fiber_place::look()
{
    bool any_body = false;
    for (const auto& thread : threads_)
    {
        const std::string step = thread->blocked_step(any_body);
        if (step.empty())
            continue;
        thread->flush(); // what it had finished goes home without it
        send_to_pool(step);
    }
    return any_body;
}

void fiber_place::send_to_pool(const std::string& step)
{
    {
        const std::scoped_lock lock(sent_mutex_);
        if (sent_.size() >= sent_max || !sent_.insert(hash_of(step)).second)
            return;
        any_sent_.store(true, std::memory_order_relaxed);
    }
    std::vector<body_job*> waiting;
    std::vector<body_job*> staying;
    {
        const std::scoped_lock lock(mutex_);
        for (body_job* job : std::exchange(queue_, {}))
            (job->op().name().text() == step ? waiting : staying).push_back(job);
        queue_.assign(staying.begin(), staying.end());
    }
    pool_.submit(waiting);
    if (on_blocked_)
        on_blocked_(step);
}
}
