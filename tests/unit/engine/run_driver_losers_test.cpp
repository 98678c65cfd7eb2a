// Branches that are stopped, and what was done in them: live and over the history that they left.

#include "branched.hpp"

#include <everstep/branches.hpp>
#include <everstep/saga.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

int five() { return 5; }

workflow<std::string> nested(context& ctx, int)
{
    const auto won = co_await race(all(ctx.step("a", five), ctx.step("b", five)), ctx.sleep_for(1s));
    co_return std::to_string(won.index);
}

TEST(RunDriverLosers, OnesInsideOfALoserStopToo)
{
    branched run(nested);
    EXPECT_EQ(run.waiting(), (texts{"timer sleep_for at 0.1.0", "step a at 0.0.0.0.0", "step b at 0.0.0.1.0"}));
    run.fired("0.1.0");
    run.done("0.0.0.1.0", "1");
    run.dropped("0.0.0.0.0");
    EXPECT_EQ(run.result(), "\"1\"");
}

workflow<int> undone_inside(context& ctx, int)
{
    saga undo{ctx};
    try
    {
        co_await undo.step("book", five, [](attempt&, services&, const int&) {});
        co_await ctx.sleep_for(1h);
    }
    catch (const cancelled&)
    {
    }
    co_await undo.compensate();
    co_await ctx.step("note", five);
    co_return 1;
}
workflow<std::string> compensates_inside(context& ctx, int)
{
    co_await race(undone_inside(ctx, 1), ctx.receive<int>("stop"));
    co_return "over";
}

TEST(RunDriverLosers, ALoserMayCompensateAndThenGoesOn)
{
    branched run(compensates_inside);
    run.done("0.0.0", "5");
    run.signalled("stop", "1");
    EXPECT_EQ(run.waiting(), (texts{"undo book at 0.0.2"}));
    run.done("0.0.2");
    EXPECT_EQ(run.waiting(), (texts{"step note at 0.0.3"}));
    run.done("0.0.3", "1");
    EXPECT_EQ(run.result(), "\"over\"");
}

workflow<std::string> two_sagas(context& ctx, int)
{
    saga undo{ctx};
    const auto nop = [](attempt&, services&, const int&) {};
    co_await all(undo.step("flight", five, nop), undo.step("hotel", five, nop), ctx.step("fails", five));
    co_return "";
}

TEST(RunDriverLosers, UndosOfAllBranchesRunAfterTheCodeInReverseOrderOfTheirResults)
{
    branched run(two_sagas);
    run.done("0.1.0", "1");
    run.done("0.0.0", "2");
    run.failed("0.2.0", "broken");
    EXPECT_EQ(run.waiting(), (texts{"undo flight at 1"}));
    run.done("1");
    EXPECT_EQ(run.waiting(), (texts{"undo hotel at 2"}));
    run.done("2");
    EXPECT_EQ(run.result(), "failed broken");
}

TEST(RunDriverLosers, AResultThatComesLateHasItsUndoToo)
{
    branched run(two_sagas);
    run.failed("0.2.0", "broken");
    run.done("0.0.0", "2");
    run.dropped("0.1.0");
    EXPECT_EQ(run.waiting(), (texts{"undo flight at 1"}));
}

workflow<int> pays(context& ctx, int)
{
    saga undo{ctx};
    bool is_paid = false;
    try
    {
        co_await undo.step("book", five, [](attempt&, services&, const int&) {});
        co_await ctx.step("charge", five);
        is_paid = true;
    }
    catch (const step_failed&)
    {
    }
    if (!is_paid)
        co_await undo.compensate();
    co_return co_await ctx.receive<int>("again");
}
workflow<std::string> pays_in_time(context& ctx, int)
{
    co_await with_timeout(1h, pays(ctx, 0));
    co_return "";
}

TEST(RunDriverLosers, ABranchThatHasCompensatedBeforeIsStoppedAllTheSame)
{
    branched run(pays_in_time);
    run.done("0.0.0", "5");
    run.failed("0.0.1");
    run.done("0.0.2");
    EXPECT_EQ(run.waiting(), (texts{"timer sleep_for at 0.1.0", "receive again at 0.0.3"}));
    run.fired("0.1.0");
    EXPECT_EQ(run.result(), "failed timed_out");
}
}
}
