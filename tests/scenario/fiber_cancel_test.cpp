// The scenarios of cancel_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

constexpr const char* end_text = "failed cancelled: changed my mind";

void sleeper(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("charge", leave{ctx, "charge"}, undo_deed);
    ctx.sleep_for(24h);
    undo.step("ship", leave{ctx, "ship"}, undo_deed);
}

TEST(FiberCancelScenario, SleepIsCutShortAndWhatWasDoneIsUndone)
{
    const auto left = all_ways({adds("sleeper", sleeper), [](engine_stage& s) {
                                    s.start(sleeper, "a", 0);
                                    s.until_has("sleeper/a", "timer_set");
                                    s.cancel_once(sleeper, "sleeper/a", "changed my mind");
                                    EXPECT_EQ(s.result(sleeper, "a"), end_text);
                                    EXPECT_EQ(s.status(sleeper, "a").state, run_state::cancelled);
                                    EXPECT_EQ(s.cancel(sleeper, "a", "again"), "ok");
                                }});
    EXPECT_EQ(left.at("sleeper/a").brief(), "started, step_done charge, timer_set, cancel_asked, step_done undo charge, cancelled");
}

void retrier(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("charge", leave{ctx, "charge"}, undo_deed);
    ctx.step("ship", [&](attempt& a) {
        did(a, ctx.run_id(), "ship");
        throw retry_after(24h, "no carrier");
    });
}

TEST(FiberCancelScenario, StepBetweenTwoAttemptsIsDropped)
{
    const auto left = all_ways({adds("retrier", retrier), [](engine_stage& s) {
                                    s.start(retrier, "a", 0);
                                    s.until_has("retrier/a", "step_retry ship");
                                    s.cancel_once(retrier, "retrier/a", "changed my mind");
                                    EXPECT_EQ(s.result(retrier, "a"), end_text);
                                }});
    EXPECT_EQ(left.at("retrier/a").brief(), "started, step_done charge, step_retry ship, cancel_asked, step_dropped ship, "
                                            "step_done undo charge, cancelled");
}

void busy(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("work", [&](attempt& a) {
        did(a, ctx.run_id(), "work");
        a.use<engine_effects>().wait_for_stop(a);
        return deed{std::string(ctx.run_id()), "work"};
    }, undo_deed);
    undo.step("more", leave{ctx, "more"}, undo_deed);
}

TEST(FiberCancelScenario, RunningBodySeesItsStopAndItsResultIsRecordedAndUndone)
{
    const auto left = crashed_ways({adds("busy", busy), [](engine_stage& s) {
                                        s.start(busy, "a", 0);
                                        s.until_began("busy/a", "work");
                                        s.cancel_once(busy, "busy/a", "changed my mind");
                                        EXPECT_EQ(s.result(busy, "a"), end_text);
                                    }});
    EXPECT_EQ(left.at("busy/a").brief(), "started, cancel_asked, step_done work, step_done undo work, cancelled");
}

void stubborn(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("work", [&](attempt& a) {
        did(a, ctx.run_id(), "work");
        a.use<engine_effects>().wait_for_gate();
        return deed{std::string(ctx.run_id()), "work"};
    }, undo_deed);
}

TEST(FiberCancelScenario, CancelOfABodyThatACrashCutOffResolvesTheBodyFirst)
{
    engine_world world(std::make_unique<memory_disk>());
    std::atomic<bool> lost{};
    try
    {
        engine_stage s(world, adds("busy", stubborn),
                       {.decide = [&](std::uint64_t) { return lost ? fate::unknown_absent : fate::durable; }, .change = {}});
        s.start(stubborn, "a", 0);
        s.until_began("busy/a", "work");
        s.cancel_once(stubborn, "busy/a", "changed my mind");
        lost = true;
        world.effects.open_gate();
        s.result(stubborn, "a");
        FAIL() << "the commit of the body's result was to be lost";
    }
    catch (const life_over&)
    {
    }
    {
        engine_stage s(world, adds("busy", stubborn));
        EXPECT_EQ(s.result(stubborn, "a"), end_text);
    }
    EXPECT_EQ(world.effects.count("a/work"), 2u);
    EXPECT_EQ(world.look().at("busy/a").brief(), "started, cancel_asked, step_done work, step_done undo work, cancelled");
}


int waits_forever(replying_fiber_context<int>& ctx, int n)
{
    fiber_saga undo{ctx};
    undo.step("charge", leave{ctx, "charge"}, undo_deed);
    ctx.reply(n);
    ctx.wait_forever();
    return 0;
}

TEST(FiberCancelScenario, WaitForeverEndsWithACancelAlone)
{
    const auto left = all_ways({adds("forever", waits_forever), [](engine_stage& s) {
                                    s.start(waits_forever, "a", 7);
                                    EXPECT_EQ(s.reply(waits_forever, "a"), "7");
                                    s.cancel_once(waits_forever, "forever/a", "changed my mind");
                                    EXPECT_EQ(s.result(waits_forever, "a"), end_text);
                                    EXPECT_EQ(s.reply(waits_forever, "a"), "7");
                                }});
    EXPECT_EQ(left.at("forever/a").brief(), "started, step_done charge, replied, cancel_asked, step_done undo charge, cancelled");
}

void undoing(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("one", leave{ctx, "one"}, undo_deed);
    undo.step("two", leave{ctx, "two"}, [](attempt& a, services& use, const deed& d) {
        use.get<engine_effects>().add(a, d.run, "undo " + d.what);
        if (a.number() == 1)
            throw retry_after(24h, "not yet");
    });
    throw permanent_error("lost", "the parcel is lost");
}

TEST(FiberCancelScenario, CompensationGoesOnThroughACancelAndTheRunEndsAsItWould)
{
    const auto left = all_ways({adds("undoing", undoing), [](engine_stage& s) {
                                    s.start(undoing, "a", 0);
                                    s.until_has("undoing/a", "step_retry undo two");
                                    s.cancel_once(undoing, "undoing/a", "changed my mind");
                                    EXPECT_EQ(s.result(undoing, "a"), "failed lost: the parcel is lost");
                                }});
    EXPECT_EQ(left.at("undoing/a").brief(), "started, step_done one, step_done two, step_retry undo two, cancel_asked, "
                                            "step_done undo two, step_done undo one, failed");
}

std::string swallows(fiber_context& ctx, int)
{
    int thrown = 0;
    try
    {
        ctx.sleep_for(24h);
    }
    catch (const cancelled&)
    {
        ++thrown;
    }
    try
    {
        ctx.step("late", [&](attempt& a) { did(a, ctx.run_id(), "late"); });
    }
    catch (const cancelled& c)
    {
        ++thrown;
        return c.reason + " " + std::to_string(thrown);
    }
    return "went on";
}

TEST(FiberCancelScenario, EveryLaterWaitThrowsAndARunThatCatchesMayComplete)
{
    const auto left = all_ways({adds("swallows", swallows), [](engine_stage& s) {
                                    s.start(swallows, "a", 0);
                                    s.until_has("swallows/a", "timer_set");
                                    s.cancel_once(swallows, "swallows/a", "changed my mind");
                                    EXPECT_EQ(s.result(swallows, "a"), "\"changed my mind 2\"");
                                }});
    EXPECT_EQ(left.at("swallows/a").brief(), "started, timer_set, cancel_asked, completed");
}

TEST(FiberCancelScenario, RunThatDoesNotExistIsNotFound)
{
    engine_world world(std::make_unique<memory_disk>());
    engine_stage s(world, adds("sleeper", sleeper));
    EXPECT_EQ(s.cancel(sleeper, "nobody"), "refused not_found: there is no run 'sleeper/nobody': start it");
}
}
}
