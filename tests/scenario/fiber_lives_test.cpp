// The scenarios of lives_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"
#include "feature/deliverer.hpp"
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

const step_options in_order{.place = step_place::shard};

std::string state_of(engine_stage& s, detail::function_key function, const std::string& id, std::string_view name)
{
    return detail::read_state(s.link(), function, id, name).value_or("none");
}

int shows(fiber_context& ctx, int)
{
    ctx.set_state("stage", std::string("begun"));
    ctx.step("one", in_order, leave{ctx, "one"});
    ctx.set_state("stage", std::string("one is done"));
    ctx.set_state("long", std::string(5'000, 'x'));
    ctx.sleep_for(1h);
    ctx.set_state("stage", std::string("slept"));
    ctx.set_state("long", std::string("short"));
    return 1;
}

TEST(FiberLivesScenario, WhatARunShowsIsReadWithoutIt)
{
    all_ways({adds("shows", shows), [](engine_stage& s) {
                  const auto function = engine_stage::key_of(shows);
                  s.start(shows, "a", 0);
                  s.until_has("shows/a", "timer_set");
                  const auto stage = state_of(s, function, "a", "stage");
                  const auto text = state_of(s, function, "a", "long");
                  if (!s.run("shows/a").has("timer_fired")) // which a later life finds due, and fires at once
                  {
                      EXPECT_EQ(stage, "\"one is done\"");
                      EXPECT_EQ(text.size(), 5'002u);
                  }
                  EXPECT_EQ(state_of(s, function, "a", "other"), "none");
                  EXPECT_EQ(s.result(shows, "a"), "1");
                  EXPECT_EQ(state_of(s, function, "a", "stage"), "\"slept\"");
                  EXPECT_EQ(state_of(s, function, "a", "long"), "\"short\"");
              }});
}

int adds_up(fiber_context& ctx, int count)
{
    int total = 0;
    for (int n = 0; n < count;)
    {
        const auto asked = ctx.receive_update<int, int>("add");
        if (*asked <= 0)
        {
            ctx.wait(asked.refuse("bad_number", "above 0"));
            continue;
        }
        ctx.step("take", in_order, leave{ctx, "take"});
        total += *asked;
        ctx.wait(asked.answer(total));
        ++n;
    }
    return total;
}

TEST(FiberLivesScenario, AnUpdateIsAnsweredOnceHoweverOftenItIsAsked)
{
    const auto left = all_ways({adds("adds", adds_up), [](engine_stage& s) {
                                    s.start(adds_up, "a", 2);
                                    EXPECT_EQ(s.update(adds_up, "a", "add", 3, "u-1"), "3");
                                    EXPECT_EQ(s.update(adds_up, "a", "add", -3, "u-2"), "no: bad_number above 0");
                                    EXPECT_EQ(s.update(adds_up, "a", "add", 4, "u-3"), "7");
                                    EXPECT_EQ(s.update(adds_up, "a", "add", 3, "u-1"), "3");
                                    EXPECT_EQ(s.result(adds_up, "a"), "7");
                                    EXPECT_EQ(s.update(adds_up, "a", "add", 4, "u-3"), "7");
                                    EXPECT_EQ(s.update(adds_up, "a", "add", 5, "u-4").substr(0, 13), "refused ended");
                                }});
    EXPECT_EQ(left.at("adds/a").count("answered"), 3u);
    EXPECT_EQ(left.at("adds/a").count("step_done take"), 2u);
}

int ends_unasked(fiber_context& ctx, int)
{
    ctx.receive<int>("end");
    return 1;
}

TEST(FiberLivesScenario, AnUpdateThatIsNeverAnsweredIsToldSo)
{
    engine_world world(std::make_unique<memory_disk>());
    engine_stage s(world, adds("ends", ends_unasked));
    s.start(ends_unasked, "a", 0);
    detail::request what{detail::request_kind::update, admission::wait, engine_stage::key_of(ends_unasked), "a"};
    what.message = {"add", "i32", "u-1", encode(detail::update_request{"u-1", "1"})};
    const auto got = s.send(what);
    s.until_has("ends/a", "signalled add");
    s.signal(ends_unasked, "a", "end", 1, "m-1");
    EXPECT_EQ(s.wait(got), "refused ended: 'ends/a' has ended without an answer");
}

std::string counts(fiber_context& ctx, int from)
{
    ctx.set_state("at", from);
    if (from == 0)
        return "zero after " + std::to_string(ctx.receive<int>("word"));
    if (from == 2)
        ctx.receive<int>("go");
    ctx.step("count", in_order, leave{ctx, "count"});
    ctx.continue_as_new(from - 1);
}

TEST(FiberLivesScenario, ARunContinuesAsNewAndItsCallersWithIt)
{
    const auto left = all_ways({adds("counts", counts), [](engine_stage& s) {
                                    s.start(counts, "a", 2);
                                    EXPECT_EQ(s.signal(counts, "a", "word", 5, "m-1"), "ok");
                                    EXPECT_EQ(s.signal(counts, "a", "go", 1, "m-2"), "ok");
                                    EXPECT_EQ(s.result(counts, "a"), "\"zero after 5\"");
                                    EXPECT_EQ(s.signal(counts, "a", "word", 5, "m-1"), "ok"); // it was taken
                                    EXPECT_EQ(s.start(counts, "a", 2), "ok");                  // the one it was started with
                                    EXPECT_EQ(s.start(counts, "a", 1).substr(0, 16), "refused conflict");
                                    EXPECT_EQ(state_of(s, engine_stage::key_of(counts), "a", "at"), "0");
                                }});
    EXPECT_EQ(left.size(), 3u);
    EXPECT_EQ(left.at("counts/a").header.state, journal::run_state::continued);
    EXPECT_EQ(left.at("counts/a").brief(), "started, signalled word, signalled go, step_done count, continued");
    EXPECT_EQ(left.at("counts/a#2").brief(), "started, ids_adopted, signalled word, step_done count, continued");
    EXPECT_EQ(left.at("counts/a#3").brief(), "started, ids_adopted, signalled word, completed");
}

int must_not_continue(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("charge", in_order, leave{ctx, "charge"}, undo_deed);
    try
    {
        ctx.continue_as_new(1);
    }
    catch (const step_failed& e)
    {
        return e.code() == "wrong_use" ? 2 : 3;
    }
}

TEST(FiberLivesScenario, UndosAreNotForgottenByContinuing)
{
    all_ways({adds("must_not", must_not_continue), [](engine_stage& s) {
                  s.start(must_not_continue, "a", 0);
                  EXPECT_EQ(s.result(must_not_continue, "a"), "2");
              }});
}
}
}
