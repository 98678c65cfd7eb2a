// Functions on fibers that stand in the way of their eviction: it costs a stack at most. What the run does stays the same.

#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

const step_options in_order{.place = step_place::shard};

int swallows(fiber_context& ctx, int)
{
    int caught = 0;
    for (int n = 0; n < 3; ++n)
        try
        {
            ctx.sleep_for(1h);
            ctx.step("work", in_order, leave{ctx, "work"});
        }
        catch (...)
        {
            ++caught;
        }
    return caught;
}

TEST(FiberEvictionScenario, CodeThatCatchesItAndReturnsHasReturnedNothing)
{
    const auto left = all_ways({adds("swallows", swallows), [](engine_stage& s) {
                                    s.start(swallows, "a", 0);
                                    EXPECT_EQ(s.result(swallows, "a"), "0");
                                }});
    EXPECT_EQ(left.at("swallows/a").count("step_done work"), 3u);
}

int swallows_for_ever(fiber_context& ctx, int)
{
    for (;;)
        try
        {
            ctx.sleep_for(1h);
            return ctx.step("work", in_order, [] { return 7; });
        }
        catch (...)
        {
        }
}

TEST(FiberEvictionScenario, CodeThatCatchesItForEverGoesOnWhenItWakes)
{
    const auto left = all_ways({adds("ever", swallows_for_ever), [](engine_stage& s) {
                                    s.start(swallows_for_ever, "a", 0);
                                    EXPECT_EQ(s.result(swallows_for_ever, "a"), "7");
                                }});
    EXPECT_EQ(left.at("ever/a").brief(), "started, timer_set, timer_fired, step_done work, completed");
}

struct lock_of_a_door
{
    fiber_context& ctx;
    ~lock_of_a_door()
    {
        ctx.sleep_for(1h);
        ctx.step("unlock", in_order, leave{ctx, "unlock"});
    }
};

int waits_in_a_destructor(fiber_context& ctx, int)
{
    {
        const lock_of_a_door door{ctx};
        ctx.step("work", in_order, leave{ctx, "work"});
    }
    return 1;
}

TEST(FiberEvictionScenario, ADestructorThatWaitsIsRunAgainUntilItHasWaited)
{
    const auto left = all_ways({adds("door", waits_in_a_destructor), [](engine_stage& s) {
                                    s.start(waits_in_a_destructor, "a", 0);
                                    EXPECT_EQ(s.result(waits_in_a_destructor, "a"), "1");
                                }});
    EXPECT_EQ(left.at("door/a").brief(), "started, step_done work, timer_set, timer_fired, step_done unlock, completed");
}

int throws_past_a_destructor(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("charge", in_order, leave{ctx, "charge"}, undo_deed);
    const lock_of_a_door door{ctx};
    throw std::runtime_error("past the door");
}

TEST(FiberEvictionScenario, ADestructorThatWaitsWhileAnExceptionIsOnItsWayFailsTheRunAndItsSagasCompensate)
{
    const auto left = all_ways({adds("past", throws_past_a_destructor), [](engine_stage& s) {
                                    s.start(throws_past_a_destructor, "a", 0);
                                    EXPECT_EQ(s.result(throws_past_a_destructor, "a"),
                                              "failed wrong_use: operation 'sleep_for' was called by a destructor while an exception was on "
                                              "its way: destructors must not wait");
                                }});
    EXPECT_EQ(left.at("past/a").brief(), "started, step_done charge, step_done undo charge, failed");
}

int waits_where_nothing_can_be_thrown(fiber_context& ctx) noexcept
{
    ctx.sleep_for(1h);
    return ctx.step("work", in_order, [] { return 7; });
}
int calls_it(fiber_context& ctx, int)
{
    return waits_where_nothing_can_be_thrown(ctx);
}

TEST(FiberEvictionScenario, ANoexceptFunctionThatWaitsCostsAStackAndNotTheProcess)
{
    all_ways({adds("noexcept", calls_it), [](engine_stage& s) {
                  s.start(calls_it, "a", 0);
                  EXPECT_EQ(s.result(calls_it, "a"), "7");
              }});
}

int waits_in_a_handler(fiber_context& ctx, int)
{
    try
    {
        throw permanent_error("first", "of many");
    }
    catch (const permanent_error&)
    {
        ctx.sleep_for(1h);
        try
        {
            throw;
        }
        catch (const permanent_error& e)
        {
            return ctx.step("work", in_order, [&] { return static_cast<int>(e.code().size()); });
        }
    }
}

TEST(FiberEvictionScenario, AWaitInAHandlerHasItsExceptionWhereverItGoesOn)
{
    all_ways({adds("handler", waits_in_a_handler), [](engine_stage& s) {
                  s.start(waits_in_a_handler, "a", 0);
                  s.start(waits_in_a_handler, "b", 0);
                  EXPECT_EQ(s.result(waits_in_a_handler, "a"), "5");
                  EXPECT_EQ(s.result(waits_in_a_handler, "b"), "5");
              }});
}
}
}
