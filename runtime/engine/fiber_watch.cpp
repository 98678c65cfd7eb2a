// The watcher of fiber_place: notices bodies that block their thread.

#include "base/checksum.hpp"
#include "engine/fiber_place.hpp"
#include "engine/fiber_thread.hpp"
#include "engine/pool_place.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <pthread.h>
#include <span>
#include <unistd.h>
#include <utility>

namespace everstep::core
{
namespace
{
constexpr int quiet_looks_max = 4;
/// Names made at run time could be without end.
constexpr std::size_t sent_max = 1'024;

std::chrono::nanoseconds cpu_of(clockid_t clock) noexcept
{
    timespec used{};
    ::clock_gettime(clock, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// What the kernel says of a thread of ours; empty where there is no /proc.
std::string_view read_of(pid_t thread, const char* file, std::span<char> to) noexcept
{
    std::array<char, 64> path{};
    std::snprintf(path.data(), path.size(), "/proc/self/task/%d/%s", static_cast<int>(thread), file);
    const int handle = ::open(path.data(), O_RDONLY | O_CLOEXEC);
    if (handle < 0)
        return {};
    const ssize_t size = ::read(handle, to.data(), to.size());
    ::close(handle);
    return {to.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

/// It runs, or would if it had a processor; else it waits for something.
bool wants_to_run(pid_t thread) noexcept
{
    std::array<char, 512> text{};
    const std::string_view line = read_of(thread, "stat", text);
    const auto name_end = line.rfind(')');
    return name_end != std::string_view::npos && name_end + 2 < line.size() && line[name_end + 2] == 'R';
}
}

/// How long this thread could have run and had no processor, up to when it last got one.
std::chrono::nanoseconds fiber_thread::without_a_processor() const noexcept
{
    std::array<char, 128> text{};
    const std::string_view line = read_of(id_, "schedstat", text); // "ran waited slices"
    const auto blank = line.find(' ');
    std::int64_t waited = 0;
    if (blank != std::string_view::npos)
        std::from_chars(line.data() + blank + 1, line.data() + line.size(), waited);
    return std::chrono::nanoseconds(waited);
}

/// Under mutex_. Time in which the thread only lacked a processor does not count: that is the machine's doing, not the body's.
bool fiber_thread::is_blocked() const noexcept
{
    if (clock::now() - since_seen_ < place_.blocks_after_)
        return false;
    if (cpu_of(cpu_clock_) - cpu_seen_ >= place_.blocks_after_)
        return true;
    return !wants_to_run(id_) && clock::now() - since_seen_ - (without_a_processor() - without_seen_) >= place_.blocks_after_;
}

std::string fiber_thread::blocked_step(bool& has_body, bool from_now)
{
    const std::scoped_lock lock(mutex_); // the job stays while we read its name
    if (current_ == nullptr)
        return {};
    has_body = true;
    if (from_now || switches_ != switches_seen_)
    {
        switches_seen_ = switches_;
        since_seen_ = clock::now();
        cpu_seen_ = cpu_of(cpu_clock_);
        without_seen_ = without_a_processor();
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
    auto last = clock::now();
    std::unique_lock lock(mutex_);
    while (!stopped_)
    {
        // Said before the last look: a body that begins after that look finds the watcher asleep, and wakes it.
        const bool last_look = quiet_looks == quiet_looks_max;
        if (last_look)
            watching_.store(false);
        lock.unlock();
        // A watcher that comes much too late was stopped, and the bodies with it (a debugger, a frozen machine): that says nothing of them.
        const auto now = clock::now();
        const bool quiet = !look(now - std::exchange(last, now) > 4 * blocks_after_);
        lock.lock();
        quiet_looks = quiet ? quiet_looks + 1 : 0;
        if (!last_look || !quiet)
        {
            watching_.store(true);
            watcher_wakes_.wait_for(lock, blocks_after_, [&] { return stopped_; });
            continue;
        }
        watcher_wakes_.wait(lock, [&] { return stopped_ || watching_.load(); });
        quiet_looks = 0;
    }
}

/// False: no body holds a thread now. `from_now`: what was before is not held against anybody.
bool fiber_place::look(bool from_now)
{
    bool any_body = false;
    for (const auto& thread : threads_)
    {
        const std::string step = thread->blocked_step(any_body, from_now);
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
