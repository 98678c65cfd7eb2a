#include "engine/system_time.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <sys/timerfd.h>
#include <unistd.h>

namespace everstep::core
{
namespace
{
/// A jump of the wall clock that is counted.
constexpr base::time_us jump_us = 60'000'000;
/// The alarm is never set further ahead: it rings, and is set again.
constexpr base::time_us ahead_max_us = base::time_us{365} * 24 * 3600 * 1'000'000;

std::int64_t read_ns(clockid_t clock) noexcept
{
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

int make_timer(clockid_t clock)
{
    const int handle = ::timerfd_create(clock, TFD_NONBLOCK | TFD_CLOEXEC);
    if (handle < 0)
        throw boost::system::system_error(errno, boost::system::system_category(), "timerfd_create");
    return handle;
}
}

system_time::system_time(const boost::asio::any_io_executor& io, wall_clock read_wall)
    : alarm_(io, make_timer(CLOCK_BOOTTIME)), wall_set_(io, make_timer(CLOCK_REALTIME)), wall_(read_wall)
{
}

system_time::~system_time() { stop(); }

base::time_us system_time::real_wall() noexcept { return read_ns(CLOCK_REALTIME) / 1000; }

base::time_us system_time::now() const noexcept { return begin_ + (read_ns(CLOCK_BOOTTIME) - begin_ns_) / 1000; }

void system_time::start(base::time_us journaled, std::size_t shards, waker wake)
{
    begin_ns_ = read_ns(CLOCK_BOOTTIME);
    begin_ = std::max(wall_(), journaled);
    wall_ahead_ = wall_() - begin_;
    wake_ = std::move(wake);
    due_.assign(shards, never);
    watch_wall();
    waits_ = 2;
    await_alarm();
    await_wall_set();
}

void system_time::stop() noexcept
{
    std::unique_lock lock(mutex_);
    if (!stopped_ && waits_ > 0)
        boost::asio::post(alarm_.get_executor(),
                          [this]
                          {
                              boost::system::error_code ignored;
                              wall_set_.cancel(ignored);
                              alarm_.cancel(ignored); // the last use of *this here: wait_ended() frees who stops us
                          });
    stopped_ = true;
    ended_.wait(lock, [&] { return waits_ == 0; });
}

void system_time::wait_ended() noexcept
{
    const std::scoped_lock lock(mutex_);
    --waits_;
    ended_.notify_all();
}

void system_time::await_alarm()
{
    alarm_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                      [this](const boost::system::error_code& error)
                      {
                          if (error)
                              return wait_ended();
                          alarm_rang();
                          await_alarm();
                      });
}

void system_time::await_wall_set()
{
    wall_set_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [this](const boost::system::error_code& error)
                         {
                             if (error)
                                 return wait_ended();
                             std::uint64_t times = 0;
                             const bool was_set = ::read(wall_set_.native_handle(), &times, sizeof times) < 0 && errno == ECANCELED;
                             watch_wall();
                             if (was_set)
                                 wall_was_set();
                             await_wall_set();
                         });
}

/// A timer that never rings, but is cancelled when the clock is set.
void system_time::watch_wall() noexcept
{
    itimerspec far{};
    far.it_value.tv_sec = std::numeric_limits<std::int32_t>::max() * std::int64_t{100};
    ::timerfd_settime(wall_set_.native_handle(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, nullptr);
}

void system_time::wall_was_set()
{
    const base::time_us ahead = wall() - now();
    const base::time_us jump = ahead - wall_ahead_;
    wall_ahead_ = ahead;
    if (jump > jump_us || jump < -jump_us)
        jumps_.fetch_add(1, std::memory_order_relaxed);
    for (std::size_t shard = 0; shard < due_.size(); ++shard)
        wake_(shard);
}

void system_time::alarm_rang()
{
    std::uint64_t times = 0;
    if (::read(alarm_.native_handle(), &times, sizeof times) != sizeof times)
        return; // set anew meanwhile
    std::vector<std::size_t> due;
    {
        const std::scoped_lock lock(mutex_);
        const base::time_us at = now();
        base::time_us next = never;
        for (std::size_t shard = 0; shard < due_.size(); ++shard)
        {
            if (due_[shard] <= at)
            {
                due.push_back(shard);
                due_[shard] = never;
            }
            next = std::min(next, due_[shard]);
        }
        armed_ = never;
        if (next != never)
            set_alarm(next);
    }
    for (const std::size_t shard : due)
        wake_(shard);
}

void system_time::arm(std::size_t shard, base::time_us due)
{
    const std::scoped_lock lock(mutex_);
    due_[shard] = due;
    if (stopped_)
        return;
    if (due < armed_)
        set_alarm(due);
    // A later alarm leaves the timer as it is: it rings once for nothing, which costs less than setting it each time. But where nothing
    // is armed, nothing may ring.
    else if (due == never && armed_ != never && std::ranges::all_of(due_, [](base::time_us one) { return one == never; }))
        set_alarm(never);
}

/// Under mutex_.
void system_time::set_alarm(base::time_us due) noexcept
{
    armed_ = due;
    itimerspec at{};
    if (due != never)
    {
        const base::time_us after = std::clamp<base::time_us>(due - begin_, 0, now() - begin_ + ahead_max_us);
        const std::int64_t ns = std::max<std::int64_t>(begin_ns_ + after * 1000, 1);
        at.it_value.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
        at.it_value.tv_nsec = static_cast<long>(ns % 1'000'000'000);
    }
    ::timerfd_settime(alarm_.native_handle(), TFD_TIMER_ABSTIME, &at, nullptr);
}
}
