// The scenarios of plain_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

int five_steps(fiber_context& ctx, int from)
{
    int sum = from;
    for (int n = 1; n <= 5; ++n)
        sum = ctx.step("add", [&](attempt& a) {
            did(a, ctx.run_id(), "add");
            return sum + n;
        });
    return sum;
}

TEST(FiberPlainScenario, FiveStepsEndTheSameInEveryWay)
{
    const auto left = all_ways({adds("five", five_steps), [](engine_stage& s) {
                                    EXPECT_EQ(s.start(five_steps, "a", 10), "ok");
                                    EXPECT_EQ(s.result(five_steps, "a"), "25");
                                }});
    EXPECT_EQ(left.at("five/a").brief(), "started, step_done add, step_done add, step_done add, step_done add, step_done add, completed");
}

std::string fulfilment(replying_fiber_context<std::string>& ctx, std::string what)
{
    const std::string paid = ctx.step("pay", [&](attempt& a) {
        did(a, ctx.run_id(), "pay");
        return a.token();
    });
    ctx.reply(paid);
    ctx.sleep_for(10ms);
    const std::string picked = ctx.step("pick", [&](attempt& a) {
        did(a, ctx.run_id(), "pick");
        return what + " picked";
    });
    ctx.sleep_for(72h);
    return ctx.step("ship", [&](attempt& a) {
        did(a, ctx.run_id(), "ship");
        return picked + ", shipped";
    });
}

TEST(FiberPlainScenario, ReplyStaysAndFulfilmentGoesOnThroughSleeps)
{
    const auto left = all_ways({adds("shop", fulfilment), [](engine_stage& s) {
                                    s.start(fulfilment, "a", "book");
                                    s.reply(fulfilment, "a");
                                    EXPECT_EQ(s.result(fulfilment, "a"), "\"book picked, shipped\"");
                                }});
    EXPECT_EQ(left.at("shop/a").brief(), "started, step_done pay, replied, timer_set, timer_fired, step_done pick, timer_set, "
                                         "timer_fired, step_done ship, completed");
}
}
}
