// What stops a run's code: limits of names, payloads and operations; and that neither calls nor locals outgrow their frames.

#include "driven_run.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace everstep::core
{
namespace
{
workflow<int, std::string> replies(context& ctx, int)
{
    const std::string early = "early";
    co_await ctx.reply(early);
    co_await ctx.step("one", [] { return 1; });
    co_return 0;
}

workflow<int, std::string> replies_at_length(context& ctx, int bytes)
{
    const std::string early(static_cast<std::size_t>(bytes), 'x');
    co_await ctx.reply(early);
    co_return 0;
}

TEST(RunDriverLimits, ReplyAtTheLimitIsTaken)
{
    driven_run run(replies_at_length, 998); // two quotes
    EXPECT_EQ(run.begin(), driver_state::ended);
}

TEST(RunDriverLimits, ReplyBeyondTheLimitParks)
{
    driven_run run(replies_at_length, 999);
    EXPECT_EQ(run.begin(), driver_state::parked);
    EXPECT_EQ(run.driver().reason(), park_reason::limits);
    EXPECT_EQ(run.driver().text(), "a payload of 1001 bytes in reply (run_driver_limits_test.cpp:27) is over payload_bytes_max (1000)");
}

workflow<std::string> returns_at_length(context&, int bytes)
{
    co_return std::string(static_cast<std::size_t>(bytes), 'x');
}

TEST(RunDriverLimits, ResultBeyondTheLimitFailsTheRun)
{
    driven_run run(returns_at_length, 999);
    EXPECT_EQ(run.begin(), driver_state::ended);
    EXPECT_EQ(run.driver().end().kind, entry_kind::failed);
    EXPECT_EQ(run.driver().end().code, "limit");
}

TEST(RunDriverLimits, ResultBeyondTheLimitIsNotKept)
{
    driven_run run(returns_at_length, 999);
    run.begin();
    EXPECT_EQ(run.driver().end().payload, "");
}

workflow<double> returns_no_number(context&, int)
{
    co_return std::numeric_limits<double>::quiet_NaN();
}

TEST(RunDriverLimits, ResultThatCannotBeKeptFailsTheRun)
{
    driven_run run(returns_no_number, 1);
    EXPECT_EQ(run.begin(), driver_state::ended);
    EXPECT_EQ(run.driver().end().code, "bad_value");
}

workflow<int> named_at_length(context& ctx, int bytes)
{
    const std::string name(static_cast<std::size_t>(bytes), 'n');
    co_return co_await ctx.step(name, [] { return 1; });
}

TEST(RunDriverLimits, LongestNameOfAnOperationIsTaken)
{
    driven_run run(named_at_length, 128);
    EXPECT_EQ(run.begin(), driver_state::waiting);
}

TEST(RunDriverLimits, NameBeyondTheLimitParks)
{
    driven_run run(named_at_length, 129);
    EXPECT_EQ(run.begin(), driver_state::parked);
    EXPECT_EQ(run.driver().reason(), park_reason::limits);
    EXPECT_EQ(run.driver().text(), "an operation's name has 1 to 128 bytes; this one has 129: '" + std::string(40, 'n') + "'");
}

TEST(RunDriverLimits, EmptyNameParks)
{
    driven_run run(named_at_length, 0);
    EXPECT_EQ(run.begin(), driver_state::parked);
    EXPECT_EQ(run.driver().text(), "an operation's name has 1 to 128 bytes; this one has 0: ''");
}

workflow<int, int> replies_forever(context& ctx, int)
{
    for (int n = 0;; ++n)
        co_await ctx.reply(n); // only the first is recorded
}

TEST(RunDriverLimits, LoopThatNeverWaitsParks)
{
    driven_run run(replies_forever, 1);
    EXPECT_EQ(run.begin(), driver_state::parked);
    EXPECT_EQ(run.driver().reason(), park_reason::limits);
    EXPECT_EQ(run.driver().text(), "the workflow began 100 operations without waiting: a loop without end?");
}

workflow<int> many_steps(context& ctx, int count)
{
    for (int n = 0; n < count; ++n)
        co_await ctx.step("one", [] { return 1; });
    co_return count;
}

TEST(RunDriverLimits, LongLoopThatWaitsGoesOn)
{
    driven_run run(many_steps, 1'000);
    driver_state state = run.begin();
    for (int n = 0; n < 1'000; ++n)
        state = run.succeed("1");
    EXPECT_EQ(state, driver_state::ended);
}

TEST(RunDriverLimits, LongLoopThatWaitsGoesOnInReplay)
{
    driven_run live(many_steps, 1'000);
    live.begin();
    for (int n = 0; n < 999; ++n)
        live.succeed("1");
    driven_run again(many_steps, 1'000, live.history());
    EXPECT_EQ(again.begin(), driver_state::waiting) << again.driver().text();
}

TEST(RunDriverLimits, HistoryWithoutRoomParks)
{
    driven_run run(replies, 1);
    run.entries_max = 0;
    EXPECT_EQ(run.begin(), driver_state::parked);
    EXPECT_EQ(run.driver().reason(), park_reason::limits);
    EXPECT_EQ(run.driver().text().find("the history or this turn of it is too long at reply (run_driver_limits_test.cpp:"), 0u)
        << run.driver().text();
}

TEST(RunDriverLimits, ParkedCodeIsNotResumedAgain)
{
    static int entered;
    entered = 0;
    driven_run run(+[](context& ctx, int) -> workflow<int> {
        co_await ctx.step(std::string(), [] { return 1; });
        ++entered;
        co_return 0;
    }, 1);
    run.begin();
    EXPECT_EQ(entered, 0);
}

// A flat stack.

workflow<int> next(int n)
{
    co_return n + 1;
}

workflow<int> million_calls(context&, int count)
{
    int n = 0;
    while (n < count)
        n = co_await next(n);
    co_return n;
}

TEST(RunDriverLimits, MillionSubCoroutinesLeaveTheStackFlat)
{
    driven_run run(million_calls, 1'000'000);
    EXPECT_EQ(run.begin(), driver_state::ended);
    EXPECT_EQ(run.driver().end().payload, "1000000");
}

workflow<int> deep(int levels)
{
    if (levels == 0)
        co_return 0;
    co_return 1 + co_await deep(levels - 1);
}

workflow<int> nests(context&, int levels)
{
    co_return co_await deep(levels);
}

TEST(RunDriverLimits, DeepSubCoroutinesReturnOneByOne)
{
    driven_run run(nests, 2'000); // destroying frames goes as deep as they lie in each other
    EXPECT_EQ(run.begin(), driver_state::ended);
    EXPECT_EQ(run.driver().end().payload, "2000");
}

workflow<int> throws_from_below(context&, int levels)
{
    if (levels == 0)
        throw permanent_error("deep", "below");
    co_return levels;
}

workflow<std::string> catches_from_below(context& ctx, int)
{
    std::string code;
    try
    {
        co_await throws_from_below(ctx, 0);
    }
    catch (const permanent_error& e)
    {
        code = e.code();
    }
    co_return code;
}

TEST(RunDriverLimits, ErrorOfASubCoroutineReachesTheOneAbove)
{
    driven_run run(catches_from_below, 1);
    run.begin();
    EXPECT_EQ(run.driver().end().payload, "\"deep\"");
}

// Locals.

struct counted
{
    static inline int alive = 0;
    counted() { ++alive; }
    counted(const counted&) = delete;
    ~counted() { --alive; }
};

workflow<int> keeps_local(context& ctx, int)
{
    const counted one;
    co_return co_await ctx.step("one", [] { return 1; });
}

TEST(RunDriverLimits, EvictionDestroysTheLocals)
{
    {
        driven_run run(keeps_local, 1);
        run.begin();
        EXPECT_EQ(counted::alive, 1);
    }
    EXPECT_EQ(counted::alive, 0);
}
}
}
