// Runs that go from begin to end: steps, replies, sleeps, sub-coroutines.

#include "engine_scenario.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

workflow<int> five_steps(context& ctx, int from)
{
    int sum = from;
    for (int n = 1; n <= 5; ++n)
        sum = co_await ctx.step("add", [&](attempt& a) {
            did(a, ctx.run_id(), "add");
            return sum + n;
        });
    co_return sum;
}

TEST(PlainScenario, FiveStepsEndTheSameInEveryWay)
{
    const auto left = all_ways({adds("five", five_steps), [](engine_stage& s) {
                                    EXPECT_EQ(s.start(five_steps, "a", 10), "ok");
                                    EXPECT_EQ(s.result(five_steps, "a"), "25");
                                }});
    EXPECT_EQ(left.at("five/a").brief(), "started, step_done add, step_done add, step_done add, step_done add, step_done add, completed");
}

workflow<std::string, std::string> fulfilment(context& ctx, std::string what)
{
    const std::string paid = co_await ctx.step("pay", [&](attempt& a) {
        did(a, ctx.run_id(), "pay");
        return a.token();
    });
    co_await ctx.reply(paid);
    co_await ctx.sleep_for(10ms);
    const std::string picked = co_await ctx.step("pick", [&](attempt& a) {
        did(a, ctx.run_id(), "pick");
        return what + " picked";
    });
    co_await ctx.sleep_for(72h);
    co_return co_await ctx.step("ship", [&](attempt& a) {
        did(a, ctx.run_id(), "ship");
        return picked + ", shipped";
    });
}

TEST(PlainScenario, ReplyStaysAndFulfilmentGoesOnThroughSleeps)
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
