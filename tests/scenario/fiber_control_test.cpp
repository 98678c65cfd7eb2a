// The scenarios of control_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;
using detail::request_kind;

const step_options in_order{.place = step_place::shard};

std::string sleeps(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("charge", in_order, leave{ctx, "charge"}, undo_deed);
    ctx.sleep_for(1h);
    ctx.step("ship", in_order, leave{ctx, "ship"});
    return "shipped";
}

TEST(FiberControlScenario, ATerminatedRunUndoesNothing)
{
    const auto left = all_ways({adds("sleeps", sleeps), [](engine_stage& s) {
                                    s.start(sleeps, "a", 0);
                                    s.until_has("sleeps/a", "timer_set");
                                    EXPECT_EQ(s.order(request_kind::terminate, sleeps, "a", "ann: enough"), "ok");
                                    EXPECT_EQ(s.order(request_kind::terminate, sleeps, "a", "bob: enough"), "ok");
                                    EXPECT_EQ(s.result(sleeps, "a"), "failed terminated: ann: enough");
                                    EXPECT_EQ(s.status(sleeps, "a").reason, "terminated");
                                }});
    EXPECT_EQ(left.at("sleeps/a").brief(), "started, step_done charge, timer_set, terminated");
}

TEST(FiberControlScenario, APausedRunGoesOnWhenItIsResumed)
{
    const auto left = all_ways({adds("sleeps", sleeps), [](engine_stage& s) {
                                    s.start(sleeps, "a", 0);
                                    s.until_has("sleeps/a", "timer_set");
                                    if (!s.run("sleeps/a").has("resumed"))
                                    {
                                        EXPECT_EQ(s.order(request_kind::pause, sleeps, "a", "ann"), "ok");
                                        EXPECT_EQ(s.order(request_kind::pause, sleeps, "a", "ann"), "ok");
                                        EXPECT_EQ(s.status(sleeps, "a").reason, "paused");
                                        EXPECT_EQ(s.resume(sleeps, "a", "bob"), "ok");
                                    }
                                    EXPECT_EQ(s.result(sleeps, "a"), "\"shipped\"");
                                }});
    EXPECT_EQ(left.at("sleeps/a").brief(),
              "started, step_done charge, timer_set, paused, resumed, timer_fired, step_done ship, completed");
}

/// In a body when it is paused.
int works(fiber_context& ctx, int)
{
    ctx.step("work", [&](attempt& a) {
        did(a, ctx.run_id(), "work");
        a.use<engine_effects>().wait_for_gate();
    });
    ctx.step("more", in_order, leave{ctx, "more"});
    return 1;
}

TEST(FiberControlScenario, WhatRanWhenItWasPausedIsRecorded)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, adds("works", works));
        s.start(works, "a", 0);
        s.until_began("works/a", "work");
        EXPECT_EQ(s.order(request_kind::pause, works, "a", "ann"), "ok");
        s.effects().open_gate();
        s.until_has("works/a", "step_done work");
        EXPECT_EQ(s.status(works, "a").reason, "paused");
    }
    engine_stage s(world, adds("works", works));
    EXPECT_EQ(s.status(works, "a").reason, "paused");
    s.resume(works, "a");
    EXPECT_EQ(s.result(works, "a"), "1");
    EXPECT_EQ(s.run("works/a").brief(), "started, paused, step_done work, resumed, step_done more, completed");
}

TEST(FiberControlScenario, WhatRanWhenItWasTerminatedIsNot)
{
    engine_world world(std::make_unique<memory_disk>());
    engine_stage s(world, adds("works", works));
    s.start(works, "a", 0);
    s.until_began("works/a", "work");
    EXPECT_EQ(s.order(request_kind::terminate, works, "a", "ann"), "ok");
    EXPECT_EQ(s.result(works, "a"), "failed terminated: ann");
    s.effects().open_gate();
    EXPECT_EQ(s.order(request_kind::restart, works, "a", "ann"), "ok"); // waits for the body
    EXPECT_EQ(s.run("works/a").brief(), "started, terminated");
    EXPECT_EQ(s.result(works, "a"), "1");
}

std::string gives_up(fiber_context& ctx, int)
{
    const retry_policy once{.attempts = 1};
    const step_options here{.retry = once, .place = step_place::shard};
    fiber_saga undo{ctx};
    const auto refuses = [](attempt& a, services& use, const deed& d) {
        use.get<engine_effects>().add(a, d.run, "undo " + d.what);
        throw permanent_error{"closed", "the bank is closed"};
    };
    undo.step("charge", in_order, leave{ctx, "charge"}, refuses);
    undo.compensate();
    ctx.step("note", here, leave{ctx, "note"});
    return "noted";
}

TEST(FiberControlScenario, AnUndoThatCannotBeDoneIsEndedByHand)
{
    const auto left = all_ways({adds("gives_up", gives_up), [](engine_stage& s) {
                                    s.effects().attempts_may_begin_anew();
                                    s.start(gives_up, "a", 0);
                                    s.until([&] { return s.status(gives_up, "a").state != run_state::running; }, false);
                                    if (!s.run("gives_up/a").has("resolved"))
                                    {
                                        EXPECT_EQ(s.resolve(gives_up, "a", "ship", "", "null").substr(0, 17), "refused not_found");
                                        EXPECT_EQ(s.resolve(gives_up, "a", "charge", "skipped", ""), "ok");
                                    }
                                    EXPECT_EQ(s.result(gives_up, "a"), "\"noted\"");
                                }});
    EXPECT_EQ(left.at("gives_up/a").brief(), "started, step_done charge, step_retry undo charge, resumed, resolved, step_done note, completed");
}

int tries_for_ever(fiber_context& ctx, int)
{
    const retry_policy stubborn{.first = 1h, .attempts = 0};
    const step_options here{.retry = stubborn, .place = step_place::shard};
    int got = 0;
    try
    {
        got = ctx.step("try", here, [&](attempt& a) -> int {
            did(a, ctx.run_id(), "try");
            throw std::runtime_error("no");
        });
    }
    catch (const step_failed& e)
    {
        got = e.code() == "skipped" ? -1 : -2;
    }
    ctx.step("note", here, leave{ctx, "note"});
    return got;
}

TEST(FiberControlScenario, AStepThatIsTriedAgainAndAgainIsCompletedByHand)
{
    all_ways({adds("tries", tries_for_ever), [](engine_stage& s) {
                  s.effects().attempts_may_begin_anew();
                  s.start(tries_for_ever, "a", 0);
                  s.until_has("tries/a", "step_retry try");
                  if (!s.run("tries/a").has("resolved"))
                  {
                      EXPECT_EQ(s.resolve(tries_for_ever, "a", "try", "", "\"text\"").substr(0, 17), "refused bad_value");
                      EXPECT_EQ(s.resolve(tries_for_ever, "a", "try", "", "7"), "ok");
                  }
                  EXPECT_EQ(s.result(tries_for_ever, "a"), "7");
              }});
}

TEST(FiberControlScenario, AStepThatIsSkippedFails)
{
    all_ways({adds("tries", tries_for_ever), [](engine_stage& s) {
                  s.effects().attempts_may_begin_anew();
                  s.start(tries_for_ever, "a", 0);
                  s.until_has("tries/a", "step_retry try");
                  if (!s.run("tries/a").has("resolved"))
                  {
                      EXPECT_EQ(s.resolve(tries_for_ever, "a", "0", "skipped", ""), "ok"); // by its path
                  }
                  EXPECT_EQ(s.result(tries_for_ever, "a"), "-1");
              }});
}

TEST(FiberControlScenario, ARunThatHasEndedIsStartedAnewUnderItsId)
{
    const auto left = all_ways({adds("sleeps", sleeps), [](engine_stage& s) {
                                    s.start(sleeps, "a", 0);
                                    if (s.run("sleeps/a#2").entries.empty())
                                    {
                                        s.until_has("sleeps/a", "timer_set");
                                        s.order(request_kind::terminate, sleeps, "a", "ann");
                                        EXPECT_EQ(s.order(request_kind::restart, sleeps, "a", "ann"), "ok");
                                    }
                                    EXPECT_EQ(s.result(sleeps, "a"), "\"shipped\"");
                                    EXPECT_EQ(s.start(sleeps, "a", 0), "ok"); // finds it
                                }});
    EXPECT_EQ(left.at("sleeps/a#2").brief(), "started, step_done charge, timer_set, timer_fired, step_done ship, completed");
    EXPECT_EQ(left.size(), 2u);
}

TEST(FiberControlScenario, AForkGoesOnFromTheEntry)
{
    const auto left = all_ways({adds("sleeps", sleeps), [](engine_stage& s) {
                                    s.start(sleeps, "a", 0);
                                    EXPECT_EQ(s.result(sleeps, "a"), "\"shipped\"");
                                    if (s.run("sleeps/b").entries.empty())
                                    {
                                        EXPECT_EQ(s.fork(sleeps, "a", "b", 7).substr(0, 13), "refused limit");
                                        EXPECT_EQ(s.fork(sleeps, "a", "b", 2), "ok");
                                    }
                                    EXPECT_EQ(s.fork(sleeps, "a", "b", 2).substr(0, 16), "refused conflict");
                                    EXPECT_EQ(s.result(sleeps, "b"), "\"shipped\"");
                                }});
    EXPECT_EQ(left.at("sleeps/b").brief(), "started, step_done charge, forked, timer_set, timer_fired, step_done ship, completed");
    EXPECT_NE(token_at(left.at("sleeps/a").header.seed, "2"), token_at(left.at("sleeps/b").header.seed, "2"));
}

TEST(FiberControlScenario, CodeBeginsAfterTheDelay)
{
    const auto left = all_ways({adds("sleeps", sleeps), [](engine_stage& s) {
                                    s.start(sleeps, "a", 0, 10min, 0s);
                                    EXPECT_EQ(s.result(sleeps, "a"), "\"shipped\"");
                                }});
    EXPECT_EQ(left.at("sleeps/a").brief(), "started, timer_set, timer_fired, step_done charge, timer_set, timer_fired, step_done ship, completed");
}

TEST(FiberControlScenario, TheDeadlineCancelsAndWhatWasDoneIsUndone)
{
    const auto left = all_ways({adds("sleeps", sleeps), [](engine_stage& s) {
                                    s.start(sleeps, "a", 0, 0s, 30min);
                                    s.until_has("sleeps/a", "timer_set", 2);
                                    EXPECT_EQ(s.result(sleeps, "a"), "failed cancelled: its deadline has passed");
                                }});
    EXPECT_EQ(left.at("sleeps/a").brief(), "started, timer_set, step_done charge, timer_set, timer_fired, step_done undo charge, cancelled");
}

int works_at_once(fiber_context& ctx, int)
{
    ctx.step("charge", in_order, leave{ctx, "charge"});
    return 1;
}

TEST(FiberControlScenario, ADeadlineThatDoesNotComeIsNothing)
{
    const auto left = all_ways({adds("works", works_at_once), [](engine_stage& s) {
                                    s.start(works_at_once, "a", 0, 0s, 2h);
                                    s.until_has("works/a", "completed");
                                }});
    EXPECT_EQ(left.at("works/a").brief(), "started, timer_set, step_done charge, completed");
}

TEST(FiberControlScenario, ARunThatIsCancelledBeforeItsDelayIsOverDoesNothing)
{
    const auto left = all_ways({adds("sleeps", sleeps), [](engine_stage& s) {
                                    s.start(sleeps, "a", 0, 10min, 0s);
                                    s.cancel_once(sleeps, "sleeps/a", "no more");
                                    EXPECT_EQ(s.result(sleeps, "a"), "failed cancelled: no more");
                                }});
    EXPECT_EQ(left.at("sleeps/a").brief(), "started, timer_set, cancel_asked, cancelled");
}
}
}
