// Branches of one run: whenever the process dies, each goes on where it stood, and what they end in together is the same.

#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/branches.hpp>
#include <everstep/saga.hpp>
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

workflow<std::string> packs(context& ctx, std::string what)
{
    co_await ctx.step("pack " + what, in_order, leave{ctx, "pack"});
    co_await ctx.sleep_for(1h);
    co_await ctx.step("label " + what, in_order, leave{ctx, "label"});
    co_return what;
}

workflow<std::string> parcels(context& ctx, int)
{
    const auto [one, two] = co_await all(packs(ctx, "one"), packs(ctx, "two"));
    co_await ctx.step("send", in_order, leave{ctx, "send"});
    co_return one + " and " + two;
}

TEST(BranchesScenario, AllGoOnWhereTheyStood)
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

workflow<std::vector<int>> prices(context& ctx, int)
{
    const std::vector<int> items{1, 2, 3, 4, 5};
    const auto price = [&](const int& item) {
        return ctx.step("price", in_order, [&ctx, item](attempt& a) {
            did(a, ctx.run_id(), "price " + std::to_string(item));
            return item * 10;
        });
    };
    co_return co_await all(items, 2, price);
}

TEST(BranchesScenario, ARangeHasAllItsResults)
{
    const auto left = all_ways({adds("prices", prices), [](engine_stage& s) {
                                    s.effects().are_side_by_side = true;
                                    s.start(prices, "a", 0);
                                    EXPECT_EQ(s.result(prices, "a"), "[10,20,30,40,50]");
                                }});
    EXPECT_EQ(left.at("prices/a").count("step_done price"), 5u);
}

workflow<std::string> late(context& ctx, int)
{
    try
    {
        co_await with_timeout(1h, ctx.sleep_for(2h));
        co_return "in time";
    }
    catch (const timed_out& e)
    {
        co_return e.text();
    }
}

TEST(BranchesScenario, ATimeoutEndsTheWaitWhoeverDies)
{
    const auto left = all_ways({adds("late", late), [](engine_stage& s) {
                                    s.start(late, "a", 0);
                                    EXPECT_EQ(s.result(late, "a"), "\"no result within 3600000 ms\"");
                                }});
    EXPECT_EQ(left.at("late/a").brief(), "started, timer_set, timer_set, timer_fired, completed");
}

workflow<std::string> trip(context& ctx, int)
{
    saga undo{ctx};
    const auto fails = [&](attempt& a) -> int {
        did(a, ctx.run_id(), "pay");
        throw permanent_error{"declined", "no funds"};
    };
    co_await all(undo.step("flight", in_order, leave{ctx, "flight"}, undo_deed), undo.step("hotel", in_order, leave{ctx, "hotel"}, undo_deed),
                 ctx.step("pay", in_order, fails));
    co_return "booked";
}

TEST(BranchesScenario, WhatBranchesDidIsUndoneInReverseOrder)
{
    const auto left = all_ways({adds("trip", trip), [](engine_stage& s) {
                                    s.effects().are_side_by_side = true;
                                    s.start(trip, "a", 0);
                                    EXPECT_EQ(s.result(trip, "a"), "failed declined: no funds");
                                }});
    EXPECT_EQ(left.at("trip/a").brief(), "started, step_done flight, step_done hotel, step_failed pay, step_done undo hotel, "
                                         "step_done undo flight, failed");
}

workflow<std::string> impatient(context& ctx, int)
{
    const auto waits = [&](attempt& a) {
        did(a, ctx.run_id(), "slow");
        a.use<engine_effects>().wait_for_stop(a);
        return 1;
    };
    const auto won = co_await any(ctx.step("slow", waits), ctx.sleep_for(1h));
    co_return std::to_string(won.index);
}

TEST(BranchesScenario, ALosersBodyIsAskedToStopAndItsResultIsRecorded)
{
    const auto left = crashed_ways({adds("impatient", impatient), [](engine_stage& s) {
                                        s.start(impatient, "a", 0);
                                        s.until_began("impatient/a", "slow");
                                        EXPECT_EQ(s.result(impatient, "a"), "\"1\"");
                                    }});
    EXPECT_EQ(left.at("impatient/a").brief(), "started, timer_set, timer_fired, step_done slow, completed");
}

const table<std::string, int> stock{"stock"};

workflow<int> takes(context& ctx, int)
{
    const auto one = [](transaction& tx) { return tx.add(stock, "left", 1); };
    const auto [a, b] = co_await all(ctx.transact("first", one), ctx.transact("second", one));
    co_return 10 * a + b;
}

TEST(BranchesScenario, TransactionsOfBranchesGoOneAfterTheOther)
{
    const auto left = all_ways({adds("takes", takes), [](engine_stage& s) {
                                    s.start(takes, "a", 0);
                                    EXPECT_EQ(s.result(takes, "a"), "12");
                                }});
    EXPECT_EQ(left.at("takes/a").brief(), "started, step_done transaction first, step_done transaction second, completed");
}

workflow<void> cancelled_parcels(context& ctx, int)
{
    saga undo{ctx};
    co_await all(undo.step("pack", in_order, leave{ctx, "pack"}, undo_deed), ctx.sleep_for(24h), ctx.wait_forever());
}

TEST(BranchesScenario, CancelEndsEveryBranch)
{
    const auto left = all_ways({adds("parcels", cancelled_parcels), [](engine_stage& s) {
                                    s.start(cancelled_parcels, "a", 0);
                                    s.until_has("parcels/a", "step_done pack");
                                    s.cancel_once(cancelled_parcels, "parcels/a", "changed my mind");
                                    EXPECT_EQ(s.result(cancelled_parcels, "a"), "failed cancelled: changed my mind");
                                }});
    EXPECT_EQ(left.at("parcels/a").brief(), "started, timer_set, step_done pack, cancel_asked, step_done undo pack, cancelled");
}

workflow<int> says_too_much(context& ctx, int)
{
    co_await ctx.sleep_for(1h);
    const std::string text(2'000, 'x');
    co_await ctx.publish("talk", text);
    co_return 0;
}
workflow<int> parks(context& ctx, int)
{
    const auto waits = [&](attempt& a) {
        did(a, ctx.run_id(), "slow");
        a.use<engine_effects>().wait_for_stop(a);
        return 7;
    };
    const auto [a, b] = co_await all(ctx.step("slow", waits), says_too_much(ctx, 0));
    co_return a + b;
}

TEST(BranchesScenario, ARunIsParkedWhenTheBodiesOfItsOtherBranchesHaveEndedAndTheyRunAgain)
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

workflow<int> tells_after_a_step(context& ctx, int)
{
    co_await ctx.step("first", in_order, leave{ctx, "first"});
    co_await ctx.publish("talk", 1);
    co_return 1;
}
workflow<int> lacks_a_topic(context& ctx, int)
{
    const auto waits = [&](attempt& a) {
        did(a, ctx.run_id(), "slow");
        a.use<engine_effects>().wait_for_stop(a);
        return 7;
    };
    const auto [a, b] = co_await all(ctx.step("slow", waits), tells_after_a_step(ctx, 0));
    co_return a + b;
}

TEST(BranchesScenario, ATurnThatWasCutGoesOnWhereItWasWhenTheRunIsResumed)
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
