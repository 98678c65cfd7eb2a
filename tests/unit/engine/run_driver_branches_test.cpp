// Branches of one run, live and over the history that they left.

#include "branched.hpp"

#include <everstep/branches.hpp>
#include <everstep/saga.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
int five() { return 5; }

workflow<int> sub(context& ctx, int with)
{
    const int first = co_await ctx.step("inner", five);
    co_await ctx.step("inner 2", five);
    co_return first + with;
}

workflow<std::string> both(context& ctx, int)
{
    const auto [a, b] = co_await all(ctx.step("a", five), sub(ctx, 100));
    co_await ctx.step("after", five);
    co_return std::to_string(a) + " " + std::to_string(b);
}

TEST(RunDriverBranches, AllBeginAtOnceAndCountForThemselves)
{
    branched run(both);
    EXPECT_EQ(run.waiting(), (texts{"step a at 0.0.0", "step inner at 0.1.0"}));
}

TEST(RunDriverBranches, TheCodeGoesOnWhenAllHaveEnded)
{
    branched run(both);
    run.done("0.0.0", "1");
    EXPECT_EQ(run.waiting(), (texts{"step inner at 0.1.0"}));
    run.done("0.1.0", "2");
    EXPECT_EQ(run.waiting(), (texts{"step inner 2 at 0.1.1"}));
    run.done("0.1.1", "3");
    EXPECT_EQ(run.waiting(), (texts{"step after at 1"}));
    run.done("1", "4");
    EXPECT_EQ(run.result(), "\"1 102\"");
}

TEST(RunDriverBranches, TheFirstErrorStopsTheOthersAndIsThrownWhenTheyHaveEnded)
{
    branched run(both);
    run.failed("0.0.0", "no_stock");
    EXPECT_EQ(run.waiting(), (texts{"step inner at 0.1.0"}));
    run.done("0.1.0", "2"); // comes late, and is recorded
    EXPECT_EQ(run.result(), "failed no_stock");
}

TEST(RunDriverBranches, AStepThatHasNotBegunIsDropped)
{
    branched run(both);
    run.failed("0.0.0", "no_stock");
    run.dropped("0.1.0");
    EXPECT_EQ(run.result(), "failed no_stock");
}

TEST(RunDriverBranches, CancelReachesEachOfThem)
{
    branched run(both);
    run.cancel();
    EXPECT_EQ(run.waiting(), (texts{"step a at 0.0.0", "step inner at 0.1.0"}));
    run.done("0.1.0", "2");
    run.done("0.0.0", "1");
    EXPECT_EQ(run.result(), "cancelled cancelled");
}

workflow<std::string> sleepers(context& ctx, int)
{
    co_await all(ctx.sleep_for(1h), ctx.wait_forever(), ctx.receive<int>("never"));
    co_return "";
}

TEST(RunDriverBranches, CancelEndsWaitsOfAllAtOnce)
{
    branched run(sleepers);
    EXPECT_EQ(run.waiting().size(), 3u);
    run.cancel();
    EXPECT_EQ(run.result(), "cancelled cancelled");
}

workflow<std::string> first_offer(context& ctx, int)
{
    const auto won = co_await any(ctx.step("dhl", five), ctx.step("ups", five));
    co_return std::to_string(won.index) + " " + std::to_string(won.index == 0 ? std::get<0>(won.value) : std::get<1>(won.value));
}

TEST(RunDriverBranches, AnyGivesTheFirstValueWhenTheOthersHaveEnded)
{
    branched run(first_offer);
    run.done("0.1.0", "8");
    EXPECT_EQ(run.waiting(), (texts{"step dhl at 0.0.0"}));
    run.done("0.0.0", "9");
    EXPECT_EQ(run.result(), "\"1 8\"");
}

TEST(RunDriverBranches, AnyPassesOverAnError)
{
    branched run(first_offer);
    run.failed("0.0.0");
    run.done("0.1.0", "8");
    EXPECT_EQ(run.result(), "\"1 8\"");
}

TEST(RunDriverBranches, AnyOfErrorsThrowsTheFirst)
{
    branched run(first_offer);
    run.failed("0.1.0", "one");
    run.failed("0.0.0", "two");
    EXPECT_EQ(run.result(), "failed one");
}

workflow<std::string> racers(context& ctx, int)
{
    const auto won = co_await race(ctx.step("dhl", five), ctx.step("ups", five));
    co_return std::to_string(won.index);
}

TEST(RunDriverBranches, RaceIsWonByAnErrorToo)
{
    branched run(racers);
    run.failed("0.1.0", "one");
    run.done("0.0.0", "1");
    EXPECT_EQ(run.result(), "failed one");
}

workflow<std::string> priced(context& ctx, int)
{
    const std::vector<int> items{1, 2, 3, 4};
    const std::vector<int> prices = co_await all(items, 2, [&](const int& item) { return ctx.step("price " + std::to_string(item), five); });
    std::string text;
    for (const int price : prices)
        text += std::to_string(price) + " ";
    co_return text;
}

TEST(RunDriverBranches, ARangeHasSoManyAtOnceAndItsResultsInOrder)
{
    branched run(priced);
    EXPECT_EQ(run.waiting(), (texts{"step price 1 at 0.0.0", "step price 2 at 0.1.0"}));
    run.done("0.1.0", "20");
    EXPECT_EQ(run.waiting(), (texts{"step price 1 at 0.0.0", "step price 3 at 0.2.0"}));
    run.done("0.2.0", "30");
    run.done("0.3.0", "40");
    run.done("0.0.0", "10");
    EXPECT_EQ(run.result(), "\"10 20 30 40 \"");
}

TEST(RunDriverBranches, ARangeOpensNoMoreAfterAnError)
{
    branched run(priced);
    run.failed("0.0.0", "no_price");
    EXPECT_EQ(run.waiting(), (texts{"step price 2 at 0.1.0"}));
    run.done("0.1.0", "20");
    EXPECT_EQ(run.result(), "failed no_price");
}

workflow<std::string> none_of_them(context& ctx, int)
{
    const std::vector<int> none;
    co_await all(none, 3, [&](const int&) { return ctx.step("never", five); });
    co_return "none";
}

TEST(RunDriverBranches, AnEmptyRangeIsDone)
{
    branched run(none_of_them);
    EXPECT_EQ(run.result(), "\"none\"");
}

workflow<std::string> no_winner(context& ctx, int)
{
    const std::vector<int> none;
    co_await any(none, 3, [&](const int&) { return ctx.step("never", five); });
    co_return "";
}

TEST(RunDriverBranches, AnEmptyRangeHasNoWinner)
{
    branched run(no_winner);
    EXPECT_EQ(run.result(), "failed wrong_use");
}

workflow<std::string> in_time(context& ctx, int)
{
    const int got = co_await with_timeout(2s, ctx.step("quote", five));
    co_return std::to_string(got);
}

TEST(RunDriverBranches, WorkInTimeGivesItsResultAndEndsTheTimer)
{
    branched run(in_time);
    EXPECT_EQ(run.waiting(), (texts{"step quote at 0.0.0", "timer sleep_for at 0.1.0"}));
    run.done("0.0.0", "7");
    EXPECT_EQ(run.result(), "\"7\"");
}

TEST(RunDriverBranches, WorkThatIsLateIsWaitedForAndTimedOut)
{
    branched run(in_time);
    run.fired("0.1.0");
    EXPECT_EQ(run.waiting(), (texts{"step quote at 0.0.0"}));
    run.done("0.0.0", "7");
    EXPECT_EQ(run.result(), "failed timed_out");
}

TEST(RunDriverBranches, WorkThatFailsInTimeThrowsItsError)
{
    branched run(in_time);
    run.failed("0.0.0", "no_quote");
    EXPECT_EQ(run.result(), "failed no_quote");
}

workflow<std::string> picked(context& ctx, int)
{
    const std::optional<int> got = co_await ctx.receive_for<int>("picked", 72h);
    co_return got ? std::to_string(*got) : "never";
}

TEST(RunDriverBranches, ASignalInTimeIsReceived)
{
    branched run(picked);
    EXPECT_EQ(run.waiting(), (texts{"receive picked at 0.0.0", "timer sleep_for at 0.1.0"}));
    run.signalled("picked", "7");
    EXPECT_EQ(run.result(), "\"7\"");
}

TEST(RunDriverBranches, ASignalThatDoesNotComeIsNone)
{
    branched run(picked);
    run.fired("0.1.0");
    EXPECT_EQ(run.result(), "\"never\"");
}

workflow<int> deeper(context& ctx, int depth)
{
    if (depth == 0)
        co_return co_await ctx.step("deep", five);
    const auto [value] = co_await all(deeper(ctx, depth - 1));
    co_return value;
}
workflow<std::string> deep(context& ctx, int)
{
    co_await deeper(ctx, 8);
    co_return "";
}

TEST(RunDriverBranches, TooDeepNestingParksTheRun)
{
    branched run(deep);
    EXPECT_EQ(run.state, driver_state::parked);
    EXPECT_EQ(run.live().driver().reason(), park_reason::limits);
    EXPECT_NE(run.live().driver().text().find("nested too deeply"), std::string::npos) << run.live().driver().text();
}

workflow<std::string> polls(context& ctx, int)
{
    co_await ctx.step("first", five);
    const std::optional<int> one = ctx.try_receive<int>("n");
    const std::optional<int> two = ctx.try_receive<int>("n");
    co_await ctx.step("second", five);
    co_return (one ? std::to_string(*one) : "none") + (two ? std::to_string(*two) : " none");
}

TEST(RunDriverBranches, TryReceiveTakesWhatIsThere)
{
    branched run(polls);
    run.signalled("n", "4");
    run.done("0", "1");
    run.done("1", "1");
    EXPECT_EQ(run.result(), "\"4 none\"");
}

TEST(RunDriverBranches, ASignalThatCannotBeReadParksTheRun)
{
    branched run(picked);
    run.signalled("picked", "\"seven\"");
    EXPECT_EQ(run.state, driver_state::parked);
    EXPECT_EQ(run.live().driver().text().find("signal 'picked' at 0.0.0 cannot be read as i32: "), 0u) << run.live().driver().text();
}

workflow<std::string> reads_badly(context& ctx, int)
{
    const std::vector<int> items{1, 2, 3, 4};
    const auto parsed = items | std::views::transform([](int item) {
                            if (item == 3)
                                throw permanent_error("no_number", "it is none");
                            return item;
                        });
    co_await all(parsed, 2, [&](const int& item) { return ctx.step("s " + std::to_string(item), five); });
    co_return "";
}

TEST(RunDriverBranches, WhatARangeThrowsIsItsBranchsError)
{
    branched run(reads_badly);
    EXPECT_EQ(run.waiting(), (texts{"step s 1 at 0.0.0", "step s 2 at 0.1.0"}));
    run.done("0.0.0", "1");
    EXPECT_EQ(run.waiting(), (texts{"step s 2 at 0.1.0"}));
    run.done("0.1.0", "1");
    EXPECT_EQ(run.result(), "failed no_number");
}

workflow<std::string> makes_badly(context& ctx, int)
{
    const std::vector<int> items{1, 2};
    const auto make = [&](const int& item) {
        if (item == 1)
            throw permanent_error("no_work", "there is none");
        return ctx.step("s", five);
    };
    co_await all(items, 0, make);
    co_return "";
}

TEST(RunDriverBranches, WhatMakingThrowsIsItsBranchsError)
{
    branched run(makes_badly);
    EXPECT_EQ(run.result(), "failed no_work");
}
}
}
