// The scenarios of saga_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

void fails_after_three(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("charge", leave{ctx, "charge"}, undo_deed);
    undo.step("reserve", leave{ctx, "reserve"}, undo_deed);
    ctx.sleep_for(1h);
    undo.step("ship", leave{ctx, "ship"}, undo_deed);
    throw permanent_error("lost", "the parcel is lost");
}

TEST(FiberSagaScenario, ErrorAfterTheThirdStepUndoesAllThreeNewestFirst)
{
    const auto left = all_ways({adds("saga", fails_after_three), [](engine_stage& s) {
                                    s.start(fails_after_three, "a", 0);
                                    EXPECT_EQ(s.result(fails_after_three, "a"), "failed lost: the parcel is lost");
                                }});
    EXPECT_EQ(left.at("saga/a").brief(), "started, step_done charge, step_done reserve, timer_set, timer_fired, step_done ship, "
                                         "step_done undo ship, step_done undo reserve, step_done undo charge, failed");
}

std::string compensates_itself(fiber_context& ctx, int)
{
    fiber_saga outer{ctx};
    outer.step("keep", leave{ctx, "keep"}, undo_deed);
    {
        fiber_saga inner{ctx};
        inner.step("one", leave{ctx, "one"}, undo_deed);
        inner.step("two", leave{ctx, "two"}, undo_deed);
        inner.compensate();
    }
    ctx.sleep_for(1h);
    return "kept";
}

TEST(FiberSagaScenario, CompensateUndoesOneSagaAndTheRunGoesOn)
{
    const auto left = all_ways({adds("inner", compensates_itself), [](engine_stage& s) {
                                    s.start(compensates_itself, "a", 0);
                                    EXPECT_EQ(s.result(compensates_itself, "a"), "\"kept\"");
                                }});
    EXPECT_EQ(left.at("inner/a").brief(), "started, step_done keep, step_done one, step_done two, step_done undo two, step_done undo one, "
                                          "timer_set, timer_fired, completed");
}

void releases(fiber_context& ctx, int)
{
    fiber_saga kept{ctx};
    kept.step("kept", leave{ctx, "kept"}, undo_deed);
    kept.release();
    fiber_saga undo{ctx};
    undo.step("undone", leave{ctx, "undone"}, undo_deed);
    throw std::runtime_error("after all");
}

TEST(FiberSagaScenario, ReleasedStepsStayDone)
{
    const auto left = all_ways({adds("release", releases), [](engine_stage& s) {
                                    s.start(releases, "a", 0);
                                    EXPECT_EQ(s.result(releases, "a"), "failed std::runtime_error: after all");
                                }});
    EXPECT_EQ(left.at("release/a").brief(), "started, step_done kept, step_done undone, step_done undo undone, failed");
}

void stubborn_undo(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("charge", leave{ctx, "charge"}, [](attempt& a, services& use, const deed& d) {
        use.get<engine_effects>().add(a, d.run, "undo " + d.what);
        if (a.number() < 3)
            throw std::runtime_error("bank is closed");
    });
    throw std::runtime_error("no");
}

TEST(FiberSagaScenario, UndoThatFailsIsTriedAgainUntilItIsDone)
{
    const auto left = all_ways({adds("stubborn", stubborn_undo), [](engine_stage& s) {
                                    s.start(stubborn_undo, "a", 0);
                                    EXPECT_EQ(s.result(stubborn_undo, "a"), "failed std::runtime_error: no");
                                }});
    EXPECT_EQ(left.at("stubborn/a").brief(),
              "started, step_done charge, step_retry undo charge, step_retry undo charge, step_done undo charge, failed");
}

void refused_undo(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("pack", leave{ctx, "pack"}, undo_deed);
    undo.step("charge", leave{ctx, "charge"}, [](attempt& a, services& use, const deed& d) {
        use.get<engine_effects>().add(a, d.run, "undo " + d.what);
        if (!use.get<engine_effects>().bank_is_open)
            throw permanent_error("no_account", "the account is gone");
    });
    throw std::runtime_error("no");
}

TEST(FiberSagaScenario, UndoThatFailsForGoodParksTheRunUntilItIsResumed)
{
    const char* parked = "failed compensation_failed: the run is parked: the compensation of step 'charge' failed for good (attempts: 1): "
                         "no_account: the account is gone";
    const auto left = all_ways({adds("refused", refused_undo), [=](engine_stage& s) {
                                    s.effects().attempts_may_begin_anew();
                                    s.start(refused_undo, "a", 0);
                                    if (!s.run("refused/a").has("resumed"))
                                    {
                                        EXPECT_EQ(s.result(refused_undo, "a"), parked);
                                        EXPECT_EQ(s.status(refused_undo, "a").state, run_state::parked);
                                        EXPECT_EQ(s.status(refused_undo, "a").reason, "compensation_failed");
                                        s.effects().bank_is_open = true;
                                        EXPECT_EQ(s.resume(refused_undo, "a", "account is open again"), "ok");
                                    }
                                    EXPECT_EQ(s.result(refused_undo, "a"), "failed std::runtime_error: no");
                                }});
    EXPECT_EQ(left.at("refused/a").brief(), "started, step_done pack, step_done charge, step_retry undo charge, resumed, step_done undo charge, "
                                            "step_done undo pack, failed");
}

int undo_of_nothing(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("void", [&](attempt& a) { did(a, ctx.run_id(), "void"); },
                       [](attempt& a, services& use) { use.get<engine_effects>().add(a, "a", "undo void"); });
    throw 42;
}

TEST(FiberSagaScenario, StepWithoutResultIsUndoneToo)
{
    const auto left = all_ways({adds("void", undo_of_nothing), [](engine_stage& s) {
                                    s.start(undo_of_nothing, "a", 0);
                                    EXPECT_EQ(s.result(undo_of_nothing, "a"),
                                              "failed int: threw a value of type int, which is no std::exception");
                                }});
    EXPECT_EQ(left.at("void/a").brief(), "started, step_done void, step_done undo void, failed");
}

constexpr step_options twice{.retry = {.first = 10s, .factor = 1, .jitter = 0, .attempts = 2}};

void bounded_undo(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("pack", leave{ctx, "pack"}, undo_deed);
    undo.step("charge", leave{ctx, "charge"}, [](attempt& a, services& use, const deed& d) {
        use.get<engine_effects>().add(a, d.run, "undo " + d.what);
        if (!use.get<engine_effects>().bank_is_open)
            throw std::runtime_error("bank is closed");
    }, twice);
    undo.step("ship", leave{ctx, "ship"}, undo_deed);
    throw std::runtime_error("no");
}

TEST(FiberSagaScenario, UndoThatRunsOutOfAttemptsParksTheRunUntilItIsResumed)
{
    const char* parked = "failed compensation_failed: the run is parked: the compensation of step 'charge' failed for good (attempts: 2): "
                         "std::runtime_error: bank is closed";
    const auto left = all_ways({adds("bounded", bounded_undo), [=](engine_stage& s) {
                                    s.effects().attempts_may_begin_anew();
                                    s.start(bounded_undo, "a", 0);
                                    if (!s.run("bounded/a").has("resumed"))
                                    {
                                        EXPECT_EQ(s.result(bounded_undo, "a"), parked);
                                        s.effects().bank_is_open = true;
                                        EXPECT_EQ(s.resume(bounded_undo, "a", "the bank is open"), "ok");
                                    }
                                    EXPECT_EQ(s.result(bounded_undo, "a"), "failed std::runtime_error: no");
                                }});
    EXPECT_EQ(left.at("bounded/a").brief(), "started, step_done pack, step_done charge, step_done ship, step_done undo ship, step_retry undo charge, "
                                            "step_retry undo charge, resumed, step_done undo charge, step_done undo pack, failed");
}

constexpr step_options once{.retry = {.attempts = 1}};

constexpr auto look_up = [](attempt& a, services& use, const deed* d) {
    use.get<engine_effects>().add(a, "a", d ? "undo " + d->what : "look up");
    if (a.undoes().size() != 32 || a.undoes() == a.token())
        throw permanent_error("blind", "it cannot look the effect up");
};

void unsure_failure(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step_unsure("pack", leave{ctx, "pack"}, look_up);
    undo.step_unsure("charge", once, [&](attempt& a) -> deed {
        did(a, ctx.run_id(), "charge");
        throw std::runtime_error("the line is dead");
    }, look_up);
}

TEST(FiberSagaScenario, UnsureStepThatFailedIsLookedUp)
{
    const auto left = all_ways({adds("unsure", unsure_failure), [](engine_stage& s) {
                                    s.start(unsure_failure, "a", 0);
                                    EXPECT_EQ(s.result(unsure_failure, "a"), "failed std::runtime_error: the line is dead");
                                    EXPECT_NE(s.effects().count("a/look up"), 0u);
                                    EXPECT_NE(s.effects().count("a/undo pack"), 0u);
                                }});
    EXPECT_EQ(left.at("unsure/a").brief(), "started, step_done pack, step_failed charge, step_done undo charge, step_done undo pack, failed");
}

constexpr step_options much_later{.retry = {.first = 1h, .jitter = 0}};

void unsure_when_cancelled(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step_unsure("charge", much_later, [&](attempt& a) -> deed {
        did(a, ctx.run_id(), "charge");
        throw std::runtime_error("the line is dead");
    }, look_up);
}

TEST(FiberSagaScenario, UnsureStepIsLookedUpWhereACancelEndsIt)
{
    const auto left = all_ways({adds("unsure", unsure_when_cancelled), [](engine_stage& s) {
                                    s.start(unsure_when_cancelled, "a", 0);
                                    s.until_has("unsure/a", "step_retry charge");
                                    s.cancel_once(unsure_when_cancelled, "unsure/a", "enough");
                                    EXPECT_EQ(s.result(unsure_when_cancelled, "a"), "failed cancelled: enough");
                                }});
    EXPECT_EQ(left.at("unsure/a").brief(), "started, step_retry charge, cancel_asked, step_dropped charge, step_done undo charge, cancelled");
}

void undone_side_by_side(fiber_context& ctx, int)
{
    fiber_saga undo{ctx, {.undos_at_once = 2}};
    undo.step("flight", leave{ctx, "flight"}, undo_deed);
    undo.step("hotel", leave{ctx, "hotel"}, undo_deed);
    undo.step("car", leave{ctx, "car"}, undo_deed);
    throw std::runtime_error("no");
}

/// Which of two bodies ends first is up to their threads, so only what must be so is looked at.
TEST(FiberSagaScenario, UndosSideBySideAreEachRecordedOnce)
{
    for (const fate chosen : {fate::unknown_absent, fate::unknown_present})
        for (std::uint64_t k = 0; k < 12; ++k)
        {
            SCOPED_TRACE(k);
            engine_world world(std::make_unique<memory_disk>());
            world.effects.are_side_by_side = true;
            const auto live = [&](life_plan plan) {
                try
                {
                    engine_stage s(world, adds("travel", undone_side_by_side), std::move(plan));
                    s.start(undone_side_by_side, "a", 0);
                    EXPECT_EQ(s.result(undone_side_by_side, "a"), "failed std::runtime_error: no");
                    return true;
                }
                catch (const life_over&)
                {
                    return false;
                }
            };
            if (!live({.decide = [=](std::uint64_t commit) { return commit == k ? chosen : fate::durable; }, .change = {}}))
            {
                ASSERT_TRUE(live({}));
            }
            const engine_journal left = world.look();
            const engine_run& run = left.at("travel/a");
            for (const char* name : {"flight", "hotel", "car"})
                EXPECT_EQ(run.count("step_done undo " + std::string(name)), 1u) << run.brief();
            EXPECT_EQ(run.header.state, journal::run_state::failed);
            EXPECT_EQ(world.effects.violations(), std::vector<std::string>{});
        }
}

void past_its_pivot(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("charge", leave{ctx, "charge"}, undo_deed);
    undo.pivot();
    undo.step("ship", leave{ctx, "ship"}, undo_deed);
    throw std::runtime_error("after all");
}

TEST(FiberSagaScenario, NothingIsUndonePastThePivot)
{
    const auto left = all_ways({adds("pivot", past_its_pivot), [](engine_stage& s) {
                                    s.start(past_its_pivot, "a", 0);
                                    EXPECT_EQ(s.result(past_its_pivot, "a"), "failed std::runtime_error: after all");
                                }});
    EXPECT_EQ(left.at("pivot/a").brief(), "started, step_done charge, step_done ship, failed");
}
}
}
