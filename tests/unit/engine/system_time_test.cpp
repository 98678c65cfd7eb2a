#include "engine/system_time.hpp"

#include "engine/io_place.hpp"

#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <limits>
#include <mutex>
#include <vector>

namespace
{
using namespace everstep;
using namespace everstep::core;

constexpr std::int64_t second = 1'000'000;
constexpr base::time_us never = std::numeric_limits<base::time_us>::max();

std::atomic<base::time_us> test_wall{};
base::time_us read_test_wall() noexcept { return test_wall; }

class SystemTime : public testing::Test
{
protected:
    ~SystemTime() override { time_.stop(); }

    void start(base::time_us journaled = 0, std::size_t shards = 2)
    {
        time_.start(journaled, shards,
                    [this](std::size_t shard)
                    {
                        const std::scoped_lock lock(mutex_);
                        woken_.push_back({shard, time_.now()});
                        came_.notify_all();
                    });
    }
    struct wake_up
    {
        std::size_t shard;
        base::time_us at;
    };
    std::vector<wake_up> await_wakes(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [&] { return woken_.size() >= count; });
        return woken_;
    }
    /// As if somebody had set the clock; the kernel does not let a test do it.
    void set_wall(base::time_us wall)
    {
        test_wall = wall;
        std::promise<void> seen;
        boost::asio::post(io_.executor(),
                          [&]
                          {
                              time_.wall_was_set();
                              seen.set_value();
                          });
        seen.get_future().wait();
    }

    inflight_map inflight_;
    io_place io_{inflight_};
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<wake_up> woken_;
    base::time_us wall_at_start_ = test_wall = 1'700'000'000 * second;
    system_time time_{io_.executor(), &read_test_wall};
};

TEST_F(SystemTime, BeginsAtTheWallClock)
{
    start();
    EXPECT_GE(time_.now(), wall_at_start_);
    EXPECT_LT(time_.now(), wall_at_start_ + 3600 * second);
}

TEST_F(SystemTime, BeginsAtTheJournalWhereThatIsLater)
{
    start(wall_at_start_ + 7200 * second);
    EXPECT_GE(time_.now(), wall_at_start_ + 7200 * second);
}

TEST_F(SystemTime, AlarmNeverRingsEarly)
{
    start();
    for (std::size_t i = 1; i <= 20; ++i)
    {
        const base::time_us due = time_.now() + static_cast<base::time_us>(137 * i);
        time_.arm(1, due);
        const auto woken = await_wakes(i);
        EXPECT_EQ(woken.back().shard, 1U);
        EXPECT_GE(woken.back().at, due);
    }
}

TEST_F(SystemTime, AlarmInThePastRings)
{
    start();
    time_.arm(0, 0);
    EXPECT_EQ(await_wakes(1)[0].shard, 0U);
}

TEST_F(SystemTime, EarlierAlarmGoesFirst)
{
    start();
    const base::time_us now = time_.now();
    time_.arm(0, now + 20'000);
    time_.arm(1, now + 1'000);
    const auto woken = await_wakes(2);
    EXPECT_EQ(woken[0].shard, 1U);
    EXPECT_EQ(woken[1].shard, 0U);
}

TEST_F(SystemTime, LastCallOfAShardCounts)
{
    start();
    const base::time_us now = time_.now();
    time_.arm(0, now + 1'000);
    time_.arm(0, never);
    time_.arm(1, now + 5'000);
    EXPECT_EQ(await_wakes(1)[0].shard, 1U);
}

TEST_F(SystemTime, AlarmsOfTheFarFutureAreKept)
{
    start();
    time_.arm(0, never - 1);
    time_.arm(1, time_.now() + 1'000);
    EXPECT_EQ(await_wakes(1)[0].shard, 1U);
}

TEST_F(SystemTime, SettingTheWallClockWakesAllShards)
{
    start();
    set_wall(wall_at_start_ + 100 * second);
    EXPECT_EQ(await_wakes(2).size(), 2U);
}

TEST_F(SystemTime, JumpsOverAMinuteAreCountedBothWays)
{
    start();
    set_wall(wall_at_start_ + 100 * second);
    set_wall(wall_at_start_ + 101 * second);
    set_wall(wall_at_start_);
    EXPECT_EQ(time_.wall_jumps(), 2U);
}

TEST_F(SystemTime, EngineTimeIgnoresTheWallClock)
{
    start();
    set_wall(wall_at_start_ - 1'000'000 * second);
    EXPECT_GE(time_.now(), wall_at_start_);
}

TEST_F(SystemTime, StopBeforeStartIsHarmless) { time_.stop(); }

TEST_F(SystemTime, NothingRingsAfterStop)
{
    start();
    time_.arm(0, time_.now() + 500);
    time_.stop();
    const std::scoped_lock lock(mutex_);
    const std::size_t woken = woken_.size();
    time_.arm(1, 0);
    EXPECT_EQ(woken_.size(), woken);
}

TEST_F(SystemTime, RealWallClockIsInMicroseconds)
{
    EXPECT_GT(system_time::real_wall(), 1'600'000'000 * second);
    EXPECT_LT(system_time::real_wall(), 10'000'000'000 * second);
}
}
