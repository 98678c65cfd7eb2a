// What people order of a run: acknowledged orders hold, and what ran is neither lost nor done twice.

#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/branches.hpp>
#include <everstep/saga.hpp>

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

workflow<std::string> sleeps(context& ctx, int)
{
    saga undo{ctx};
    co_await undo.step("charge", in_order, leave{ctx, "charge"}, undo_deed);
    co_await ctx.sleep_for(1h);
    co_await ctx.step("ship", in_order, leave{ctx, "ship"});
    co_return "shipped";
}

TEST(ControlScenario, ATerminatedRunUndoesNothing)
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

TEST(ControlScenario, APausedRunGoesOnWhenItIsResumed)
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
workflow<int> works(context& ctx, int)
{
    co_await ctx.step("work", [&](attempt& a) {
        did(a, ctx.run_id(), "work");
        a.use<engine_effects>().wait_for_gate();
    });
    co_await ctx.step("more", in_order, leave{ctx, "more"});
    co_return 1;
}

TEST(ControlScenario, WhatRanWhenItWasPausedIsRecorded)
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

workflow<int> works_and_waits(context& ctx, int)
{
    co_await ctx.step("a", [&](attempt& a) {
        did(a, ctx.run_id(), "a");
        a.use<engine_effects>().wait_for_gate();
    });
    co_await ctx.sleep_for(1h);
    co_return 1;
}
workflow<int> works_on_two(context& ctx, int)
{
    co_await all(works_and_waits(ctx, 0), ctx.step("b", [&](attempt& a) {
        did(a, ctx.run_id(), "b");
        a.use<engine_effects>().wait_for_gate();
    }));
    co_return 2;
}

TEST(ControlScenario, OfTwoThatRanWhenItWasPausedOneIsRecordedAndTheOtherRunsAgain)
{
    engine_world world(std::make_unique<memory_disk>());
    world.effects.are_side_by_side = true;
    world.effects.attempts_may_begin_anew();
    engine_stage s(world, adds("works", works_on_two));
    s.start(works_on_two, "a", 0);
    s.until_began("works/a", "a");
    s.until_began("works/a", "b");
    EXPECT_EQ(s.order(request_kind::pause, works_on_two, "a", "ann"), "ok");
    s.effects().open_gate();
    EXPECT_EQ(s.resume(works_on_two, "a"), "ok");
    EXPECT_EQ(s.result(works_on_two, "a"), "2");
    EXPECT_EQ(s.run("works/a").count("step_done a") + s.run("works/a").count("step_done b"), 2u);
}

TEST(ControlScenario, WhatRanWhenItWasTerminatedIsNot)
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

workflow<std::string> gives_up(context& ctx, int)
{
    const retry_policy once{.attempts = 1};
    const step_options here{.retry = once, .place = step_place::shard};
    saga undo{ctx};
    const auto refuses = [](attempt& a, services& use, const deed& d) {
        use.get<engine_effects>().add(a, d.run, "undo " + d.what);
        throw permanent_error{"closed", "the bank is closed"};
    };
    co_await undo.step("charge", in_order, leave{ctx, "charge"}, refuses);
    co_await undo.compensate();
    co_await ctx.step("note", here, leave{ctx, "note"});
    co_return "noted";
}

TEST(ControlScenario, AnUndoThatCannotBeDoneIsEndedByHand)
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

workflow<int> tries_for_ever(context& ctx, int)
{
    const retry_policy stubborn{.first = 1h, .attempts = 0};
    const step_options here{.retry = stubborn, .place = step_place::shard};
    int got = 0;
    try
    {
        got = co_await ctx.step("try", here, [&](attempt& a) -> int {
            did(a, ctx.run_id(), "try");
            throw std::runtime_error("no");
        });
    }
    catch (const step_failed& e)
    {
        got = e.code() == "skipped" ? -1 : -2;
    }
    co_await ctx.step("note", here, leave{ctx, "note"});
    co_return got;
}

TEST(ControlScenario, AStepThatIsTriedAgainAndAgainIsCompletedByHand)
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

TEST(ControlScenario, AStepThatIsSkippedFails)
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

TEST(ControlScenario, ARunThatHasEndedIsStartedAnewUnderItsId)
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

TEST(ControlScenario, AForkGoesOnFromTheEntry)
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

TEST(ControlScenario, CodeBeginsAfterTheDelay)
{
    const auto left = all_ways({adds("sleeps", sleeps), [](engine_stage& s) {
                                    s.start(sleeps, "a", 0, 10min, 0s);
                                    EXPECT_EQ(s.result(sleeps, "a"), "\"shipped\"");
                                }});
    EXPECT_EQ(left.at("sleeps/a").brief(), "started, timer_set, timer_fired, step_done charge, timer_set, timer_fired, step_done ship, completed");
}

TEST(ControlScenario, TheDeadlineCancelsAndWhatWasDoneIsUndone)
{
    const auto left = all_ways({adds("sleeps", sleeps), [](engine_stage& s) {
                                    s.start(sleeps, "a", 0, 0s, 30min);
                                    s.until_has("sleeps/a", "timer_set", 2);
                                    EXPECT_EQ(s.result(sleeps, "a"), "failed cancelled: its deadline has passed");
                                }});
    EXPECT_EQ(left.at("sleeps/a").brief(), "started, timer_set, step_done charge, timer_set, timer_fired, step_done undo charge, cancelled");
}

workflow<int> works_at_once(context& ctx, int)
{
    co_await ctx.step("charge", in_order, leave{ctx, "charge"});
    co_return 1;
}

TEST(ControlScenario, ADeadlineThatDoesNotComeIsNothing)
{
    const auto left = all_ways({adds("works", works_at_once), [](engine_stage& s) {
                                    s.start(works_at_once, "a", 0, 0s, 2h);
                                    s.until_has("works/a", "completed");
                                }});
    EXPECT_EQ(left.at("works/a").brief(), "started, timer_set, step_done charge, completed");
}

TEST(ControlScenario, ARunThatIsCancelledBeforeItsDelayIsOverDoesNothing)
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
