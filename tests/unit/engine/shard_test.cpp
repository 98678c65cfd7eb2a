// The loop of a shard: output commit, timers, clocks that are set, closing, and the end after a failed commit.

#include "engine/shard.hpp"

#include "fake_host.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
using detail::request_kind;
using test::fake_host;
using test::fate;

constexpr base::time_us second = 1'000'000;

workflow<int> one_step(context& ctx, int n)
{
    co_return co_await ctx.step("one", [&] { return n; });
}

workflow<int> two_steps(context& ctx, int n)
{
    const int one = co_await ctx.step("one", [&] { return n; });
    co_return co_await ctx.step("two", [&] { return one + 1; });
}

constexpr step_options on_shard{.retry = {}, .timeout = {}, .place = step_place::shard};

workflow<int> steps_here(context& ctx, int count)
{
    int sum = 0;
    for (int n = 0; n < count; ++n)
        sum += co_await ctx.step("add", on_shard, [&] { return n; });
    co_return sum;
}

workflow<int> naps(context& ctx, int seconds)
{
    co_await ctx.sleep_for(std::chrono::seconds(seconds));
    co_return seconds;
}

workflow<int> waits_for_the_wall(context& ctx, std::int64_t wall)
{
    co_await ctx.sleep_until(context::time_point(std::chrono::microseconds(wall)));
    co_return 1;
}

constexpr step_options slow{.retry = {.attempts = 1}, .timeout = 5s};

workflow<int> slow_step(context& ctx, int n)
{
    co_return co_await ctx.step("slow", slow, [&] { return n; });
}

class Shard : public testing::Test
{
protected:
    Shard()
    {
        host_.add("one_step", one_step);
        host_.add("two_steps", two_steps);
        host_.add("steps_here", steps_here);
        host_.add("naps", naps);
        host_.add("wall", waits_for_the_wall);
        host_.add("slow", slow_step);
        host_.start();
    }

    fake_host host_;
};

TEST_F(Shard, RunGoesFromStepToStep)
{
    host_.start(two_steps, "a", 1);
    EXPECT_EQ(host_.run_until(host_.result(two_steps, "a")), "2");
}

TEST_F(Shard, BodiesOfTheShardRunOnItsThread)
{
    host_.start(steps_here, "a", 4);
    EXPECT_EQ(host_.result(steps_here, "a")->text(), "6");
}

TEST_F(Shard, NextBodyBeginsWhenTheResultBeforeItIsDurable)
{
    host_.start(two_steps, "a", 1)->value();
    body_job& first = host_.take_job();
    host_.hold_commits();
    host_.finish(first);
    host_.await_commit();
    host_.settle(two_steps);
    EXPECT_EQ(host_.jobs(), 0u);
    host_.let_commits();
    host_.finish(host_.take_job());
}

TEST_F(Shard, BodiesThatRunAreCounted)
{
    host_.start(one_step, "a", 1)->value();
    body_job& job = host_.take_job();
    EXPECT_EQ(host_.the_shard().jobs_out(), 1u);
    host_.finish(job);
    host_.result(one_step, "a")->value();
    EXPECT_EQ(host_.the_shard().jobs_out(), 0u);
}

TEST_F(Shard, OneSlowRunDoesNotHoldUpAnother)
{
    host_.start(one_step, "a", 1)->value();
    body_job& slow_one = host_.take_job();
    host_.start(one_step, "b", 2)->value();
    host_.finish(host_.take_job());
    EXPECT_EQ(host_.result(one_step, "b")->text(), "2");
    host_.finish(slow_one);
}

// Time.

TEST_F(Shard, TimerFiresAtItsTime)
{
    host_.start(naps, "a", 5)->value();
    EXPECT_EQ(host_.clock().await_alarm(), fake_host::begin_of_time + 5 * second);
    host_.clock().advance_by(5 * second);
    EXPECT_EQ(host_.result(naps, "a")->text(), "5");
}

TEST_F(Shard, TimerDoesNotFireEarly)
{
    host_.start(naps, "a", 5)->value();
    host_.clock().await_alarm();
    host_.clock().advance_by(5 * second - 1);
    EXPECT_EQ(host_.status(naps, "a").state, everstep::run_state::running);
    host_.clock().advance_by(1);
    host_.result(naps, "a")->value();
}

TEST_F(Shard, ShortestSleepIsTheNextAlarm)
{
    host_.start(naps, "a", 50)->value();
    host_.start(naps, "b", 5)->value();
    host_.status(naps, "b");
    EXPECT_EQ(host_.clock().await_alarm(), fake_host::begin_of_time + 5 * second);
}

TEST_F(Shard, SleepOfNothingEndsAtOnce)
{
    host_.start(naps, "a", 0);
    EXPECT_EQ(host_.result(naps, "a")->text(), "0");
}

TEST_F(Shard, WallClockSetForwardEndsAWaitForIt)
{
    host_.start(waits_for_the_wall, "a", fake_host::begin_of_time + 3'600 * second)->value();
    host_.clock().await_alarm();
    host_.clock().set_wall(fake_host::begin_of_time + 3'600 * second);
    EXPECT_EQ(host_.result(waits_for_the_wall, "a")->text(), "1");
}

TEST_F(Shard, WallClockSetForwardDoesNotEndASleep)
{
    host_.start(naps, "a", 3'600)->value();
    host_.clock().await_alarm();
    host_.clock().set_wall(fake_host::begin_of_time + 7'200 * second);
    EXPECT_EQ(host_.status(naps, "a").state, everstep::run_state::running);
}

TEST_F(Shard, WallClockSetBackKeepsAWaitForIt)
{
    const base::time_us due = fake_host::begin_of_time + 3'600 * second;
    host_.start(waits_for_the_wall, "a", due)->value();
    host_.clock().await_alarm();
    host_.clock().set_wall(fake_host::begin_of_time - 1'800 * second);
    host_.settle(naps);
    host_.clock().advance_by(3'600 * second); // by engine time it would be due
    EXPECT_EQ(host_.status(waits_for_the_wall, "a").state, everstep::run_state::running);
    host_.clock().advance_by(1'800 * second);
    EXPECT_EQ(host_.result(waits_for_the_wall, "a")->text(), "1");
}

TEST_F(Shard, JumpOfTheWallClockIsLoggedOnce)
{
    host_.settle(naps);
    host_.clock().set_wall(fake_host::begin_of_time + 90 * second);
    host_.await_log("the wall clock was set by 90 s");
    host_.settle(naps);
    EXPECT_EQ(host_.lines_with("the wall clock was set"), 1u);
}

TEST_F(Shard, EvictedWaitForTheWallClockEndsInTimeWhenTheClockIsSetRightAgain)
{
    host_.settle(naps);
    host_.clock().set_wall(fake_host::begin_of_time - 3'600 * second); // an hour slow: the wait seems an hour longer
    host_.settle(naps);
    const base::time_us due = fake_host::begin_of_time + 2 * 3'600 * second;
    host_.start(waits_for_the_wall, "a", due)->value();
    host_.status(waits_for_the_wall, "a");
    ASSERT_EQ(host_.count.runs_evicted.load(), 1u);
    host_.clock().set_wall(fake_host::begin_of_time);
    host_.settle(naps);
    host_.clock().advance_to(due);
    host_.settle(naps);
    EXPECT_EQ(host_.status(waits_for_the_wall, "a").state, everstep::run_state::completed);
}

// Closing.

workflow<bool> sees_stop(context& ctx, int)
{
    co_return co_await ctx.step("look", [](attempt& a) { return a.stop().stop_requested(); });
}

TEST(ShardClosing, BodiesAreAskedToStop)
{
    fake_host host;
    host.add("sees_stop", sees_stop);
    host.start();
    host.start(sees_stop, "a", 1)->value();
    body_job& job = host.take_job();
    host.the_shard().put_closing();
    host.await_closing();
    job.run();
    EXPECT_EQ(job.encoded, "true");
    body_job* const one[] = {&job};
    host.the_shard().take_back(one);
}

TEST_F(Shard, ResultOfABodyThatEndsWhileClosingIsRecorded)
{
    host_.start(two_steps, "a", 1)->value();
    body_job& job = host_.take_job();
    host_.the_shard().put_closing();
    host_.finish(job);
    host_.close();
    host_.stop();
    fake_host again(host_.crash());
    again.add("two_steps", two_steps);
    again.start();
    body_job& next = again.take_job();
    EXPECT_EQ(next.describe(), "two_steps/a step two");
    again.finish(next);
}

TEST_F(Shard, NoBodyBeginsWhileClosing)
{
    host_.start(two_steps, "a", 1)->value();
    body_job& job = host_.take_job();
    host_.the_shard().put_closing();
    host_.finish(job);
    host_.close();
    EXPECT_EQ(host_.jobs(), 0u);
}

TEST_F(Shard, NoBodyBeginsAfterAFailedCommit)
{
    host_.decide(fate::unknown_present);
    host_.start(one_step, "a", 1)->value();
    host_.settle(one_step);
    EXPECT_EQ(host_.jobs(), 0u);
}

TEST_F(Shard, BodyThatEndsAfterAFailedCommitIsForgotten)
{
    host_.start(two_steps, "a", 1)->value();
    body_job& job = host_.take_job();
    host_.decide(fate::unknown_absent);
    host_.start(one_step, "b", 1)->value();
    host_.finish(job);
    host_.close();
    EXPECT_EQ(host_.jobs(), 0u);
}

TEST_F(Shard, StoppedShardLeavesARunningRunInTheJournal)
{
    host_.start(naps, "a", 5)->value();
    host_.stop();
    fake_host again(host_.crash());
    again.add("naps", naps);
    again.start();
    again.clock().await_alarm();
    again.clock().advance_by(5 * second);
    EXPECT_EQ(again.result(naps, "a")->text(), "5");
}
}
}
