// The scenarios of branches_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/fiber_workflow.hpp>
#include <everstep/transaction.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

/// On the shard's own thread they end in the order in which they begin.
const step_options in_order{.place = step_place::shard};

std::string packs(fiber_context& ctx, std::string what)
{
    ctx.step("pack " + what, in_order, leave{ctx, "pack"});
    ctx.sleep_for(1h);
    ctx.step("label " + what, in_order, leave{ctx, "label"});
    return what;
}

std::string parcels(fiber_context& ctx, int)
{
    const auto [one, two] = ctx.all([](fiber_context& c) { return packs(c, "one"); }, [](fiber_context& c) { return packs(c, "two"); });
    ctx.step("send", in_order, leave{ctx, "send"});
    return one + " and " + two;
}

TEST(FiberBranchesScenario, AllGoOnWhereTheyStood)
{
    const auto left = all_ways({adds("parcels", parcels), [](engine_stage& s) {
                                    s.effects().are_side_by_side = true;
                                    s.start(parcels, "a", 0);
                                    EXPECT_EQ(s.result(parcels, "a"), "\"one and two\"");
                                }});
    EXPECT_EQ(left.at("parcels/a").brief(),
              "started, step_done pack one, timer_set, step_done pack two, timer_set, timer_fired, timer_fired, step_done label one, "
              "step_done label two, step_done send, completed");
}

std::vector<int> prices(fiber_context& ctx, int)
{
    const std::vector<int> items{1, 2, 3, 4, 5};
    return ctx.all(items, 2, [](fiber_context& c, const int& item) {
        return c.step("price", in_order, [&](attempt& a) {
            did(a, c.run_id(), "price " + std::to_string(item));
            return item * 10;
        });
    });
}

TEST(FiberBranchesScenario, ARangeHasAllItsResults)
{
    const auto left = all_ways({adds("prices", prices), [](engine_stage& s) {
                                    s.effects().are_side_by_side = true;
                                    s.start(prices, "a", 0);
                                    EXPECT_EQ(s.result(prices, "a"), "[10,20,30,40,50]");
                                }});
    EXPECT_EQ(left.at("prices/a").count("step_done price"), 5u);
}

std::string late(fiber_context& ctx, int)
{
    try
    {
        ctx.with_timeout(1h, [](fiber_context& c) { c.sleep_for(2h); });
        return "in time";
    }
    catch (const timed_out& e)
    {
        return e.text();
    }
}

TEST(FiberBranchesScenario, ATimeoutEndsTheWaitWhoeverDies)
{
    const auto left = all_ways({adds("late", late), [](engine_stage& s) {
                                    s.start(late, "a", 0);
                                    EXPECT_EQ(s.result(late, "a"), "\"no result within 3600000 ms\"");
                                }});
    EXPECT_EQ(left.at("late/a").brief(), "started, timer_set, timer_set, timer_fired, completed");
}

std::string trip(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    const auto fails = [&](attempt& a) -> int {
        did(a, ctx.run_id(), "pay");
        throw permanent_error{"declined", "no funds"};
    };
    ctx.all(undo.cold().step("flight", in_order, leave{ctx, "flight"}, undo_deed),
            [&](fiber_context& c) { return c.wait(undo.cold().step("hotel", in_order, leave{c, "hotel"}, undo_deed)); },
            [&](fiber_context& c) { return c.step("pay", in_order, fails); });
    return "booked";
}

TEST(FiberBranchesScenario, WhatBranchesDidIsUndoneInReverseOrder)
{
    const auto left = all_ways({adds("trip", trip), [](engine_stage& s) {
                                    s.effects().are_side_by_side = true;
                                    s.start(trip, "a", 0);
                                    EXPECT_EQ(s.result(trip, "a"), "failed declined: no funds");
                                }});
    EXPECT_EQ(left.at("trip/a").brief(), "started, step_done flight, step_done hotel, step_failed pay, step_done undo hotel, "
                                         "step_done undo flight, failed");
}

std::string impatient(fiber_context& ctx, int)
{
    const auto waits = [&](attempt& a) {
        did(a, ctx.run_id(), "slow");
        a.use<engine_effects>().wait_for_stop(a);
        return 1;
    };
    const auto won = ctx.any([&](fiber_context& c) { return c.step("slow", waits); }, [](fiber_context& c) { c.sleep_for(1h); });
    return std::to_string(won.index);
}

TEST(FiberBranchesScenario, ALosersBodyIsAskedToStopAndItsResultIsRecorded)
{
    const auto left = crashed_ways({adds("impatient", impatient), [](engine_stage& s) {
                                        s.start(impatient, "a", 0);
                                        s.until_began("impatient/a", "slow");
                                        EXPECT_EQ(s.result(impatient, "a"), "\"1\"");
                                    }});
    EXPECT_EQ(left.at("impatient/a").brief(), "started, timer_set, timer_fired, step_done slow, completed");
}

const table<std::string, int> stock{"stock"};

int takes(fiber_context& ctx, int)
{
    const auto one = [](transaction& tx) { return tx.add(stock, "left", 1); };
    const auto [a, b] = ctx.all([&](fiber_context& c) { return c.transact("first", one); }, ctx.cold().transact("second", one));
    return 10 * a + b;
}

TEST(FiberBranchesScenario, TransactionsOfBranchesGoOneAfterTheOther)
{
    const auto left = all_ways({adds("takes", takes), [](engine_stage& s) {
                                    s.start(takes, "a", 0);
                                    EXPECT_EQ(s.result(takes, "a"), "12");
                                }});
    EXPECT_EQ(left.at("takes/a").brief(), "started, step_done transaction first, step_done transaction second, completed");
}

void cancelled_parcels(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    ctx.all([&](fiber_context& c) { c.wait(undo.cold().step("pack", in_order, leave{c, "pack"}, undo_deed)); },
            [](fiber_context& c) { c.sleep_for(24h); }, [](fiber_context& c) { c.wait_forever(); });
}

TEST(FiberBranchesScenario, CancelEndsEveryBranch)
{
    const auto left = all_ways({adds("parcels", cancelled_parcels), [](engine_stage& s) {
                                    s.start(cancelled_parcels, "a", 0);
                                    s.until_has("parcels/a", "step_done pack");
                                    s.cancel_once(cancelled_parcels, "parcels/a", "changed my mind");
                                    EXPECT_EQ(s.result(cancelled_parcels, "a"), "failed cancelled: changed my mind");
                                }});
    EXPECT_EQ(left.at("parcels/a").brief(), "started, timer_set, step_done pack, cancel_asked, step_done undo pack, cancelled");
}

int says_too_much(fiber_context& ctx, int)
{
    ctx.sleep_for(1h);
    const std::string text(2'000, 'x');
    ctx.publish("talk", text);
    return 0;
}
int parks(fiber_context& ctx, int)
{
    const auto waits = [&](attempt& a) {
        did(a, ctx.run_id(), "slow");
        a.use<engine_effects>().wait_for_stop(a);
        return 7;
    };
    const auto [a, b] = ctx.all(ctx.cold().step("slow", waits), [](fiber_context& c) { return says_too_much(c, 0); });
    return a + b;
}

TEST(FiberBranchesScenario, ARunIsParkedWhenTheBodiesOfItsOtherBranchesHaveEndedAndTheyRunAgain)
{
    const auto add = [](detail::engine_core& core) {
        core.add_topic("talk");
        adds("parks", parks)(core);
    };
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, add, {.decide = {}, .change = [](engine_options& o) { o.payload_bytes_max = 1'000; }});
        s.start(parks, "a", 0);
        s.until_began("parks/a", "slow");
        const std::string ended = s.result(parks, "a");
        EXPECT_EQ(ended.find("failed limits: the run is parked: a payload of 2002 bytes in publish 'talk' ("), 0u) << ended;
    }
    EXPECT_EQ(world.look().at("parks/a").brief(), "started, timer_set");
    {
        engine_stage s(world, add);
        world.effects.open_gate();
        s.resume(parks, "a");
        EXPECT_EQ(s.result(parks, "a"), "7");
    }
    EXPECT_EQ(world.effects.count("a/slow"), 2u);
}

int tells_after_a_step(fiber_context& ctx, int)
{
    ctx.step("first", in_order, leave{ctx, "first"});
    ctx.publish("talk", 1);
    return 1;
}
int lacks_a_topic(fiber_context& ctx, int)
{
    const auto waits = [&](attempt& a) {
        did(a, ctx.run_id(), "slow");
        a.use<engine_effects>().wait_for_stop(a);
        return 7;
    };
    const auto [a, b] = ctx.all([&](fiber_context& c) { return c.step("slow", waits); }, [](fiber_context& c) { return tells_after_a_step(c, 0); });
    return a + b;
}

TEST(FiberBranchesScenario, ATurnThatWasCutGoesOnWhereItWasWhenTheRunIsResumed)
{
    engine_world world(std::make_unique<memory_disk>());
    world.effects.are_side_by_side = true;
    {
        engine_stage s(world, adds("lacks", lacks_a_topic));
        s.start(lacks_a_topic, "a", 0);
        EXPECT_EQ(s.result(lacks_a_topic, "a").substr(0, 20), "failed missing_code:");
    }
    {
        engine_stage s(world, [](detail::engine_core& core) {
            core.add_topic("talk");
            adds("lacks", lacks_a_topic)(core);
        });
        world.effects.open_gate();
        s.resume(lacks_a_topic, "a");
        EXPECT_EQ(s.result(lacks_a_topic, "a"), "8");
    }
    EXPECT_EQ(world.effects.count("a/first"), 1u);
}
}
}
