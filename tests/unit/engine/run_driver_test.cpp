#include "engine/run_driver.hpp"

#include "driven_run.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
using texts = std::vector<std::string>;

workflow<int> two_steps(context& ctx, int)
{
    const int one = co_await ctx.step("one", [] { return 1; });
    const int two = co_await ctx.step("two", [] { return 2; });
    co_return one * 100 + two;
}

workflow<int> below(context& ctx)
{
    co_return co_await ctx.step("inner", [] { return 1; });
}

workflow<int> with_sub(context& ctx, int)
{
    const int one = co_await ctx.step("outer", [] { return 1; });
    const int two = co_await below(ctx);
    const int three = co_await ctx.step("last", [] { return 1; });
    co_return one + two + three;
}

// Live.

TEST(RunDriver, CodeRunsToItsFirstWait)
{
    driven_run run(two_steps, 1);
    EXPECT_EQ(run.begin(), driver_state::waiting);
    EXPECT_EQ(run.waiting(), texts{"step one at 0"});
}

TEST(RunDriver, ResultOfAStepLetsTheCodeGoOn)
{
    driven_run run(two_steps, 1);
    run.begin();
    EXPECT_EQ(run.succeed("7"), driver_state::waiting);
    EXPECT_EQ(run.waiting(), texts{"step two at 1"});
}

TEST(RunDriver, EndOfTheCodeIsItsResult)
{
    driven_run run(two_steps, 1);
    run.begin();
    run.succeed("7");
    EXPECT_EQ(run.succeed("8"), driver_state::ended);
    EXPECT_EQ(run.driver().end().kind, entry_kind::completed);
    EXPECT_EQ(run.driver().end().payload, "708");
}

TEST(RunDriver, SubCoroutinesCountOnInTheSameBranch)
{
    driven_run run(with_sub, 1);
    run.begin();
    texts asked = run.waiting();
    run.succeed("1");
    asked.push_back(run.waiting().front());
    run.succeed("1");
    asked.push_back(run.waiting().front());
    EXPECT_EQ(asked, (texts{"step outer at 0", "step inner at 1", "step last at 2"}));
}

workflow<int> seven(context&, int)
{
    co_return 7;
}

TEST(RunDriver, CodeThatWaitsForNothingEndsAtOnce)
{
    driven_run run(seven, 1);
    EXPECT_EQ(run.begin(), driver_state::ended);
    EXPECT_EQ(run.driver().end().payload, "7");
}

workflow<int> throws_error(context&, int)
{
    throw permanent_error("odd", "it is odd");
    co_return 0;
}

TEST(RunDriver, ErrorThatLeavesTheCodeIsItsEnd)
{
    driven_run run(throws_error, 1);
    EXPECT_EQ(run.begin(), driver_state::ended);
    EXPECT_EQ(run.driver().end().kind, entry_kind::failed);
    EXPECT_EQ(run.driver().end().code, "odd");
    EXPECT_EQ(run.driver().end().text, "it is odd");
}

TEST(RunDriver, FailedStepLeavesTheCodeAsItsEnd)
{
    driven_run run(two_steps, 1);
    run.begin();
    EXPECT_EQ(run.fail("no_stock"), driver_state::ended);
    EXPECT_EQ(run.driver().end().code, "no_stock");
}

workflow<std::string> tells_failure(context& ctx, int)
{
    std::string told;
    try
    {
        co_await ctx.step("one", [] { return 1; });
    }
    catch (const timed_out& e)
    {
        told = "timed out";
    }
    catch (const step_failed& e)
    {
        told = e.code() + "/" + e.text() + "/" + e.step() + "/" + e.path() + "/" + std::to_string(e.attempts());
    }
    co_return told;
}

TEST(RunDriver, CodeSeesWhatTheStepFailedWith)
{
    driven_run run(tells_failure, 1);
    run.begin();
    run.fail("no_stock", "sold out");
    EXPECT_EQ(run.driver().end().payload, "\"no_stock/sold out/one/0/3\"");
}

TEST(RunDriver, CodeSeesATimeOutAsSuch)
{
    driven_run run(tells_failure, 1);
    run.begin();
    run.fail("timed_out");
    EXPECT_EQ(run.driver().end().payload, "\"timed out\"");
}

TEST(RunDriver, CancelOfAStepIsNotSeenBeforeTheStepEnds)
{
    driven_run run(two_steps, 1);
    run.begin();
    EXPECT_EQ(run.cancel(), driver_state::waiting);
    EXPECT_EQ(run.waiting(), texts{"step one at 0"});
}

TEST(RunDriver, CancelledCodeEndsAsCancelled)
{
    driven_run run(two_steps, 1);
    run.begin();
    run.cancel("by hand");
    EXPECT_EQ(run.succeed("1"), driver_state::ended);
    EXPECT_EQ(run.driver().end().kind, entry_kind::cancelled);
    EXPECT_EQ(run.driver().end().text, "by hand");
}

workflow<std::int64_t> tells_time(context& ctx, int)
{
    const std::int64_t before = ctx.now().time_since_epoch().count();
    co_await ctx.sleep_for(5s);
    co_return ctx.now().time_since_epoch().count() - before;
}

TEST(RunDriver, TimeOfTheCodeIsThatOfTheEntry)
{
    driven_run run(tells_time, 1);
    run.begin();
    run.fire();
    EXPECT_EQ(run.driver().end().payload, "1000");
}

TEST(RunDriver, SleepIsDueByEngineTime)
{
    driven_run run(tells_time, 1);
    run.begin();
    EXPECT_EQ(run.first().due, 1'000'000 + 5'000'000);
}

workflow<int> sleeps_forever(context& ctx, int)
{
    co_await ctx.sleep_for(std::chrono::microseconds::max());
    co_return 0;
}

TEST(RunDriver, LongestSleepIsStillATime)
{
    driven_run run(sleeps_forever, 1);
    run.begin();
    EXPECT_EQ(run.first().due, journal::due_never - 1);
}

workflow<int> sleeps_till_long_ago(context& ctx, int)
{
    co_await ctx.sleep_until(context::time_point(-5s));
    co_return 0;
}

TEST(RunDriver, TimeBeforeTheEpochIsDueAtOnce)
{
    driven_run run(sleeps_till_long_ago, 1);
    run.begin();
    EXPECT_EQ(run.first().due, 1);
}

workflow<int, std::string> replies(context& ctx, int)
{
    const std::string early = "early";
    co_await ctx.reply(early);
    co_await ctx.step("one", [] { return 1; });
    co_return 0;
}

TEST(RunDriver, ReplyIsRecordedOnTheWay)
{
    driven_run run(replies, 1);
    run.begin();
    EXPECT_EQ(run.waiting(), texts{"step one at 1"});
    EXPECT_EQ(run.driver().machine().reply_seq(), 1u);
}

workflow<std::vector<std::uint64_t>> draws(context& ctx, int)
{
    std::vector<std::uint64_t> drawn{ctx.random(), ctx.random()};
    co_await ctx.step("one", [] { return 1; });
    drawn.push_back(ctx.random());
    co_return drawn;
}

TEST(RunDriver, RandomNumbersAreTheSameInReplay)
{
    driven_run live(draws, 1);
    live.begin();
    live.succeed("1");
    driven_run again(draws, 1, live.history());
    again.begin();
    EXPECT_EQ(again.driver().end().payload, live.driver().end().payload);
}

TEST(RunDriver, RandomNumbersDiffer)
{
    driven_run run(draws, 1);
    run.begin();
    run.succeed("1");
    // SplitMix64 from the seed 22, written down once: every machine and every version must draw the same.
    EXPECT_EQ(run.driver().end().payload, "[14415425345905102346,17264975761475716686,1412077619021228083]");
}

// Replay.

TEST(RunDriver, ReplayStandsWhereTheCodeStood)
{
    driven_run live(with_sub, 1);
    live.begin();
    live.succeed("1");
    driven_run again(with_sub, 1, live.history());
    again.begin();
    EXPECT_EQ(again.waiting(), live.waiting());
}

TEST(RunDriver, ReplayRecordsNothing)
{
    driven_run live(replies, 1);
    live.begin();
    driven_run again(replies, 1, live.history());
    again.begin();
    EXPECT_EQ(again.history(), live.history());
}

TEST(RunDriver, ReplayGoesOnLive)
{
    driven_run live(two_steps, 1);
    live.begin();
    live.succeed("7");
    driven_run again(two_steps, 1, live.history());
    again.begin();
    again.succeed("8");
    EXPECT_EQ(again.driver().end().payload, "708");
}

TEST(RunDriver, ReplayKeepsTheDueTimeThatWasRecorded)
{
    driven_run live(tells_time, 1);
    live.begin();
    driven_run again(tells_time, 1, live.history());
    again.now = 99'000'000;
    again.begin();
    EXPECT_EQ(again.first().due, 6'000'000);
}

workflow<std::int64_t> tells_time_later(context& ctx, int)
{
    co_await ctx.sleep_for(9s);
    co_return 0;
}

TEST(RunDriver, ChangedTimerIsNoted)
{
    driven_run live(tells_time, 1);
    live.begin();
    driven_run again(tells_time_later, 1, live.history());
    again.begin();
    ASSERT_EQ(again.driver().notes().size(), 1u);
    EXPECT_NE(again.driver().notes().front().find("the recorded one counts"), std::string::npos);
}

TEST(RunDriver, SameTimerIsNotNoted)
{
    driven_run live(tells_time, 1);
    live.begin();
    driven_run again(tells_time, 1, live.history());
    again.begin();
    EXPECT_TRUE(again.driver().notes().empty());
}

workflow<int> other_steps(context& ctx, int)
{
    co_return co_await ctx.step("other", [] { return 1; });
}

TEST(RunDriver, ChangedCodeParksAsDivergence)
{
    driven_run live(two_steps, 1);
    live.begin();
    live.succeed("7");
    driven_run again(other_steps, 1, live.history());
    EXPECT_EQ(again.begin(), driver_state::parked);
    EXPECT_EQ(again.driver().reason(), park_reason::divergence);
}

TEST(RunDriver, CodeThatEndsBeforeItsHistoryParksAsDivergence)
{
    driven_run live(two_steps, 1);
    live.begin();
    live.succeed("7");
    driven_run again(seven, 1, live.history());
    EXPECT_EQ(again.begin(), driver_state::parked);
    EXPECT_NE(again.driver().text().find("the code now has ended"), std::string::npos);
}

TEST(RunDriver, EntryThatCannotBeDecodedParksAsCorrupt)
{
    driven_run run(two_steps, 1, {"\xFF\xFF"});
    EXPECT_EQ(run.begin(), driver_state::parked);
    EXPECT_EQ(run.driver().reason(), park_reason::corrupt);
    EXPECT_EQ(run.driver().text(), "entry 1 cannot be decoded: restore a backup");
}

workflow<int> takes_text(context& ctx, std::string)
{
    co_return co_await ctx.step("one", [] { return 1; });
}

TEST(RunDriver, InputOfAnotherTypeParksAsDivergence)
{
    driven_run run(takes_text, "text");
    driven_run of_number(two_steps, 1);
    const registered_workflow code{.name = "flow", .function = reinterpret_cast<detail::function_key>(&takes_text),
                                   .traits = detail::traits_for<int, void, std::string>::value, .version = 1};
    const journal::run_header header;
    services given;
    driver_scratch slot;
    const driver_limits limits{.payload_bytes_max = 1'000, .turn_operations_max = 100};
    run_driver driver(header, code, given, slot, limits);
    EXPECT_EQ(driver.begin("17", {}, of_number), driver_state::parked);
    EXPECT_EQ(driver.reason(), park_reason::divergence);
    EXPECT_EQ(driver.text().find("entry 0 was the start of the run; its input cannot be read as "), 0u) << driver.text();
}

TEST(RunDriver, ResultOfAnotherTypeParksAsDivergence)
{
    driven_run run(two_steps, 1);
    run.begin();
    EXPECT_EQ(run.succeed("\"seven\""), driver_state::parked);
    EXPECT_EQ(run.driver().reason(), park_reason::divergence);
}

TEST(RunDriver, ResultOfAnotherTypeNamesStepPlaceAndType)
{
    driven_run run(two_steps, 1);
    run.begin();
    run.succeed("\"seven\"");
    EXPECT_EQ(run.driver().text().find("the result of step 'one' (run_driver_test.cpp:"), 0u) << run.driver().text();
    EXPECT_NE(run.driver().text().find(" at 0 cannot be read as "), std::string::npos) << run.driver().text();
}

// Resumed by a person.

TEST(RunDriver, ResumeBeforeTheFirstWaitIsPassedOver)
{
    driven_run live(two_steps, 1);
    live.begin();
    live.resume();
    live.succeed("7");
    driven_run again(two_steps, 1, live.history());
    again.begin();
    EXPECT_EQ(again.waiting(), texts{"step two at 1"});
}

TEST(RunDriver, ResumeBeforeAFirstReplyIsPassedOver)
{
    driven_run first(replies, 1);
    first.begin();
    entry resumed;
    resumed.kind = entry_kind::resumed;
    std::string body;
    journal::encode(resumed, body);
    std::vector<std::string> history = first.history();
    history.insert(history.begin(), body);
    driven_run again(replies, 1, history);
    EXPECT_EQ(again.begin(), driver_state::waiting) << again.driver().text();
}

/// The history of a run that was parked after its last entry, and resumed.
std::vector<std::string> resumed_at_its_end(std::vector<std::string> history)
{
    entry resumed;
    resumed.kind = entry_kind::resumed;
    std::string body;
    journal::encode(resumed, body);
    history.push_back(body);
    return history;
}

TEST(RunDriver, ResumeOfCodeThatWaitsForNothingIsPassedOver)
{
    driven_run run(seven, 1, resumed_at_its_end({}));
    EXPECT_EQ(run.begin(), driver_state::ended) << run.driver().text();
}

TEST(RunDriver, ResumeAfterTheLastStepIsPassedOver)
{
    driven_run live(two_steps, 1);
    live.begin();
    live.succeed("7");
    live.succeed("8");
    driven_run again(two_steps, 1, resumed_at_its_end(live.history()));
    EXPECT_EQ(again.begin(), driver_state::ended) << again.driver().text();
}

TEST(RunDriver, ResumeGivesAttemptsAnew)
{
    driven_run run(two_steps, 1);
    run.begin();
    entry e;
    e.kind = entry_kind::step_retry;
    e.operation = operation_kind::step;
    e.where.push(0);
    e.name = "one";
    e.attempts = 9;
    e.due = 5;
    run.apply(e);
    run.resume();
    EXPECT_EQ(run.first().attempts, 0u);
}
}
}
