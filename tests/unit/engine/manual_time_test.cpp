#include "engine/manual_time.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace
{
using everstep::core::manual_time;

constexpr std::int64_t second = 1'000'000;

class ManualTime : public testing::Test
{
protected:
    void start(std::int64_t journaled = 0, std::size_t shards = 2)
    {
        time_.start(journaled, shards, [this](std::size_t shard) { woken_.push_back(shard); });
    }

    manual_time time_{1000 * second};
    std::vector<std::size_t> woken_;
};

TEST_F(ManualTime, BeginsAtTheWallClock)
{
    start(5 * second);
    EXPECT_EQ(time_.now(), 1000 * second);
}

TEST_F(ManualTime, BeginsAtTheJournalWhereThatIsLater)
{
    start(2000 * second);
    EXPECT_EQ(time_.now(), 2000 * second);
}

TEST_F(ManualTime, AdvanceWakesWhatIsDueAlone)
{
    start();
    time_.arm(0, 1010 * second);
    time_.arm(1, 1020 * second);
    time_.advance_by(10 * second);
    EXPECT_EQ(woken_, (std::vector<std::size_t>{0}));
    EXPECT_EQ(time_.wall(), 1010 * second);
}

TEST_F(ManualTime, AlarmRingsOnce)
{
    start();
    time_.arm(0, 1010 * second);
    time_.advance_by(10 * second);
    time_.advance_by(10 * second);
    EXPECT_EQ(woken_.size(), 1U);
}

TEST_F(ManualTime, AlarmInThePastRingsAtOnce)
{
    start();
    time_.arm(1, 0);
    EXPECT_EQ(woken_, (std::vector<std::size_t>{1}));
}

TEST_F(ManualTime, NeverGoesBack)
{
    start();
    time_.advance_to(5 * second);
    EXPECT_EQ(time_.now(), 1000 * second);
}

TEST_F(ManualTime, SettingTheWallClockWakesAllAndLeavesEngineTime)
{
    start();
    time_.set_wall(5000 * second);
    EXPECT_EQ(woken_, (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(time_.now(), 1000 * second);
    EXPECT_EQ(time_.wall(), 5000 * second);
    EXPECT_EQ(time_.wall_jumps(), 1U);
}

TEST_F(ManualTime, SmallStepOfTheWallClockIsNoJump)
{
    start();
    time_.set_wall(1060 * second);
    EXPECT_EQ(time_.wall_jumps(), 0U);
}

TEST_F(ManualTime, AwaitAlarmReturnsTheEarliest)
{
    start();
    time_.arm(0, 1020 * second);
    time_.arm(1, 1010 * second);
    EXPECT_EQ(time_.await_alarm(), 1010 * second);
}

TEST_F(ManualTime, AwaitAlarmWaitsUntilOneIsArmed)
{
    start();
    std::thread shard([&] { time_.arm(0, 1010 * second); });
    EXPECT_EQ(time_.await_alarm(), 1010 * second);
    shard.join();
}

TEST_F(ManualTime, NothingWakesAfterStop)
{
    start();
    time_.arm(0, 1010 * second);
    time_.stop();
    time_.advance_by(60 * second);
    EXPECT_TRUE(woken_.empty());
}
}
