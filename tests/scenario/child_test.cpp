// Children: started once, told once, and none is left behind, whenever the process dies.

#include "engine_scenario.hpp"
#include "feature/deliverer.hpp"
#include "scenario_deed.hpp"

#include <everstep/child.hpp>
#include <everstep/saga.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

const step_options in_order{.place = step_place::shard};

workflow<std::string> charges(context& ctx, int cents)
{
    co_await ctx.step("charge", in_order, leave{ctx, "charge"});
    if (cents < 0)
        throw permanent_error("bad_cents", "less than nothing");
    co_return "paid " + std::to_string(cents);
}

workflow<std::string> calls(context& ctx, int cents)
{
    std::string told;
    try
    {
        told = co_await ctx.call(charges, "c", cents);
    }
    catch (const child_failed& e)
    {
        told = e.code() + ": " + e.text();
    }
    co_await ctx.step("note", in_order, leave{ctx, "note"});
    co_return told;
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

TEST(ChildScenario, ACallGivesItsResult)
{
    const auto left = all_ways({with_children(adds("calls", calls), adds("charges", charges)), [](engine_stage& s) {
                                    s.start(calls, "p", 7);
                                    EXPECT_EQ(s.result(calls, "p"), "\"paid 7\"");
                                }});
    EXPECT_EQ(left.at("charges/c").brief(), "started_as_child, step_done charge, completed");
    EXPECT_EQ(left.at("calls/p").entries.at(1).brief(), "child_started charges");
    EXPECT_EQ(left.at("calls/p").entries.size(), 5u);
}

TEST(ChildScenario, AFailureOfTheChildIsThrown)
{
    all_ways({with_children(adds("calls", calls), adds("charges", charges)), [](engine_stage& s) {
                  s.start(calls, "p", -1);
                  EXPECT_EQ(s.result(calls, "p"), "\"bad_cents: less than nothing\"");
              }});
}

TEST(ChildScenario, AnIdThatIsTakenFailsTheCallAndLeavesTheOtherRun)
{
    all_ways({with_children(adds("calls", calls), adds("charges", charges)), [](engine_stage& s) {
                  s.start(charges, "c", 7);
                  EXPECT_EQ(s.result(charges, "c"), "\"paid 7\"");
                  s.start(calls, "p", 7);
                  EXPECT_EQ(s.result(calls, "p").substr(0, 10), "\"conflict:");
              }});
}

workflow<std::string> waits_for_word(context& ctx, int)
{
    try
    {
        co_return co_await ctx.receive<std::string>("word");
    }
    catch (const cancelled& why)
    {
        throw permanent_error("stopped", why.reason);
    }
}

template <close_policy policy>
workflow<int> leaves_open(context& ctx, int)
{
    const child_options how{.on_close = policy};
    co_await ctx.start_child(waits_for_word, "c", 0, how);
    co_await ctx.step("note", in_order, leave{ctx, "note"});
    co_return 1;
}

TEST(ChildScenario, AParentWaitsForItsChildren)
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

TEST(ChildScenario, ThoseThatAreToBeCancelledAre)
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

TEST(ChildScenario, ThoseThatAreLeftGoOn)
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

TEST(ChildScenario, ACancelReachesThem)
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

TEST(ChildScenario, ATerminatedParentTakesThemAlong)
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

workflow<int> cancels_its_child(context& ctx, int)
{
    auto one = co_await ctx.start_child(waits_for_word, "c", 0);
    co_await one.cancel("not needed");
    try
    {
        co_await one.result();
    }
    catch (const child_failed&)
    {
        co_return 2;
    }
    co_return 1;
}

TEST(ChildScenario, OneIsCancelledByItsHandle)
{
    const auto left = all_ways({with_children(adds("parent", cancels_its_child), adds("waits", waits_for_word)), [](engine_stage& s) {
                                    s.start(cancels_its_child, "p", 0);
                                    EXPECT_EQ(s.result(cancels_its_child, "p"), "2");
                                }});
    EXPECT_EQ(left.at("waits/c").entries.back().text, "not needed");
}
}
}
