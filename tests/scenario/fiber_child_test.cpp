// The scenarios of child_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"
#include "feature/deliverer.hpp"
#include "scenario_deed.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

const step_options in_order{.place = step_place::shard};

std::string charges(fiber_context& ctx, int cents)
{
    ctx.step("charge", in_order, leave{ctx, "charge"});
    if (cents < 0)
        throw permanent_error("bad_cents", "less than nothing");
    return "paid " + std::to_string(cents);
}

std::string calls(fiber_context& ctx, int cents)
{
    std::string told;
    try
    {
        told = ctx.call(charges, "c", cents);
    }
    catch (const child_failed& e)
    {
        told = e.code() + ": " + e.text();
    }
    ctx.step("note", in_order, leave{ctx, "note"});
    return told;
}

/// The deliverer takes what runs want of each other.
template <class... Adder>
engine_stage::adder with_children(Adder... add)
{
    return [=](detail::engine_core& core) {
        (add(core), ...);
        core.attach(std::make_unique<core::deliverer>(core));
    };
}

TEST(FiberChildScenario, ACallGivesItsResult)
{
    const auto left = all_ways({with_children(adds("calls", calls), adds("charges", charges)), [](engine_stage& s) {
                                    s.start(calls, "p", 7);
                                    EXPECT_EQ(s.result(calls, "p"), "\"paid 7\"");
                                }});
    EXPECT_EQ(left.at("charges/c").brief(), "started_as_child, step_done charge, completed");
    EXPECT_EQ(left.at("calls/p").entries.at(1).brief(), "child_started charges");
    EXPECT_EQ(left.at("calls/p").entries.size(), 5u);
}

TEST(FiberChildScenario, AFailureOfTheChildIsThrown)
{
    all_ways({with_children(adds("calls", calls), adds("charges", charges)), [](engine_stage& s) {
                  s.start(calls, "p", -1);
                  EXPECT_EQ(s.result(calls, "p"), "\"bad_cents: less than nothing\"");
              }});
}

TEST(FiberChildScenario, AnIdThatIsTakenFailsTheCallAndLeavesTheOtherRun)
{
    all_ways({with_children(adds("calls", calls), adds("charges", charges)), [](engine_stage& s) {
                  s.start(charges, "c", 7);
                  EXPECT_EQ(s.result(charges, "c"), "\"paid 7\"");
                  s.start(calls, "p", 7);
                  EXPECT_EQ(s.result(calls, "p").substr(0, 10), "\"conflict:");
              }});
}

std::string waits_for_word(fiber_context& ctx, int)
{
    try
    {
        return ctx.receive<std::string>("word");
    }
    catch (const cancelled& why)
    {
        throw permanent_error("stopped", why.reason);
    }
}

template <close_policy policy>
int leaves_open(fiber_context& ctx, int)
{
    const child_options how{.on_close = policy};
    ctx.start_child(waits_for_word, "c", 0, how);
    ctx.step("note", in_order, leave{ctx, "note"});
    return 1;
}

TEST(FiberChildScenario, AParentWaitsForItsChildren)
{
    constexpr auto parent = &leaves_open<close_policy::wait>;
    const auto left = all_ways({with_children(adds("parent", parent), adds("waits", waits_for_word)), [=](engine_stage& s) {
                                    s.start(parent, "p", 0);
                                    s.until_has("waits/c", "started_as_child");
                                    EXPECT_EQ(s.run("parent/p").header.end_seq == 0 || s.run("waits/c").header.end_seq != 0, true);
                                    s.until_has("parent/p", "step_done note");
                                    s.signal(waits_for_word, "c", "word", std::string("go"), "m-1");
                                    EXPECT_EQ(s.result(parent, "p"), "1");
                                }});
    EXPECT_EQ(left.at("waits/c").brief(), "started_as_child, signalled word, completed");
    EXPECT_LE(left.at("waits/c").entries.back().at, left.at("parent/p").entries.back().at);
}

TEST(FiberChildScenario, ThoseThatAreToBeCancelledAre)
{
    constexpr auto parent = &leaves_open<close_policy::cancel>;
    const auto left = all_ways({with_children(adds("parent", parent), adds("waits", waits_for_word)), [=](engine_stage& s) {
                                    s.start(parent, "p", 0);
                                    EXPECT_EQ(s.result(parent, "p"), "1");
                                    s.until_has("waits/c", "failed");
                                }});
    EXPECT_EQ(left.at("waits/c").entries.back().text, "its parent has ended");
    EXPECT_EQ(left.at("parent/p").brief(), "started, child_started waits, step_done note, children_cancelled, completed");
}

TEST(FiberChildScenario, ThoseThatAreLeftGoOn)
{
    constexpr auto parent = &leaves_open<close_policy::leave>;
    all_ways({with_children(adds("parent", parent), adds("waits", waits_for_word)), [=](engine_stage& s) {
                  s.start(parent, "p", 0);
                  EXPECT_EQ(s.result(parent, "p"), "1");
                  s.until_has("waits/c", "started_as_child");
                  s.signal(waits_for_word, "c", "word", std::string("go"), "m-1");
                  EXPECT_EQ(s.result(waits_for_word, "c"), "\"go\"");
              }});
}

TEST(FiberChildScenario, ACancelReachesThem)
{
    constexpr auto parent = &leaves_open<close_policy::wait>;
    const auto left = all_ways({with_children(adds("parent", parent), adds("waits", waits_for_word)), [=](engine_stage& s) {
                                    s.start(parent, "p", 0);
                                    s.until_has("waits/c", "started_as_child");
                                    s.until_has("parent/p", "step_done note");
                                    s.cancel_once(parent, "parent/p", "no more");
                                    EXPECT_EQ(s.result(parent, "p"), "1");
                                }});
    EXPECT_EQ(left.at("waits/c").entries.back().text, "no more");
}

TEST(FiberChildScenario, ATerminatedParentTakesThemAlong)
{
    constexpr auto parent = &leaves_open<close_policy::wait>;
    const auto left = all_ways({with_children(adds("parent", parent), adds("waits", waits_for_word)), [=](engine_stage& s) {
                                    s.start(parent, "p", 0);
                                    s.until_has("waits/c", "started_as_child");
                                    s.until_has("parent/p", "step_done note");
                                    EXPECT_EQ(s.order(detail::request_kind::terminate, parent, "p", "ann"), "ok");
                                    EXPECT_EQ(s.result(parent, "p"), "failed terminated: ann");
                                    s.until_has("waits/c", "failed");
                                }});
    EXPECT_EQ(left.at("waits/c").entries.back().text, "its parent was terminated");
}

int cancels_its_child(fiber_context& ctx, int)
{
    auto one = ctx.start_child(waits_for_word, "c", 0);
    ctx.wait(one.cancel("not needed"));
    try
    {
        ctx.wait(one.result());
    }
    catch (const child_failed&)
    {
        return 2;
    }
    return 1;
}

TEST(FiberChildScenario, OneIsCancelledByItsHandle)
{
    const auto left = all_ways({with_children(adds("parent", cancels_its_child), adds("waits", waits_for_word)), [](engine_stage& s) {
                                    s.start(cancels_its_child, "p", 0);
                                    EXPECT_EQ(s.result(cancels_its_child, "p"), "2");
                                }});
    EXPECT_EQ(left.at("waits/c").entries.back().text, "not needed");
}

workflow<std::string> calls_from_a_coroutine(context& ctx, int cents)
{
    std::string told = co_await ctx.call(charges, "c", cents);
    co_await ctx.step("note", in_order, leave{ctx, "note"});
    co_return told;
}

template <class Parent>
std::string history_of(Parent* parent)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, with_children(adds("calls", parent), adds("charges", charges)));
        s.start(parent, "p", 7);
        EXPECT_EQ(s.result(parent, "p"), "\"paid 7\"");
    }
    return text_of(world.look());
}

TEST(FiberChildScenario, ACallLeavesTheHistoryThatACoroutineLeaves) { EXPECT_EQ(history_of(calls), history_of(calls_from_a_coroutine)); }
}
}
