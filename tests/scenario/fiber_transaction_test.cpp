// The scenarios of transaction_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"
#include "engine/stored_rows.hpp"
#include "scenario_deed.hpp"

#include <everstep/fiber_workflow.hpp>
#include <everstep/transaction.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

struct sale
{
    std::string order;
    int quantity{};
};
BOOST_DESCRIBE_STRUCT(sale, (), (order, quantity))

const table<std::string, int> stock{"stock"};
const table<std::pair<std::string, std::string>, sale> sales{"sales"};
const table<std::string, std::string> notes{"notes"};

/// Everything in the tables, as text: what a crash must not change.
std::string tables_of(engine_stage& s)
{
    std::string text;
    s.core().read_tables([&](detail::row_source& rows) {
        const table_reader reader(rows);
        reader.all(stock, [&](const std::string& sku, int left) { text += sku + " " + std::to_string(left) + "; "; });
        reader.all(sales, [&](const auto& key, const sale& one) {
            text += key.first + "/" + key.second + " " + one.order + " " + std::to_string(one.quantity) + "; ";
        });
        reader.all(notes, [&](const std::string& key, const std::string& note) {
            text += key + " " + (note.size() > 40 ? std::to_string(note.size()) + " bytes" : note) + "; ";
        });
    });
    return text;
}

int take(transaction& tx, const std::string& sku, int quantity)
{
    const int left = tx.get(stock, sku).value_or(10) - quantity;
    if (left < 0)
        throw permanent_error("no_stock", sku + " is sold out");
    tx.put(stock, sku, left);
    return left;
}

int sells(fiber_context& ctx, int quantity)
{
    const std::string order(ctx.run_id());
    const int left = ctx.transact("take", [&](transaction& tx) { return take(tx, "shoe", quantity); });
    ctx.step("pack", leave{ctx, "pack"});
    ctx.transact("sell", [&](transaction& tx) { tx.put(sales, {"shoe", order}, {order, quantity}); });
    return left;
}

TEST(FiberTransactionScenario, RowsAreThereExactlyOnceWithTheEntry)
{
    const auto left = all_ways({adds("sell", sells), [](engine_stage& s) {
                                    s.start(sells, "a", 3);
                                    EXPECT_EQ(s.result(sells, "a"), "7");
                                    s.start(sells, "b", 2);
                                    EXPECT_EQ(s.result(sells, "b"), "5");
                                    EXPECT_EQ(tables_of(s), "shoe 5; shoe/a a 3; shoe/b b 2; ");
                                }});
    EXPECT_EQ(left.at("sell/a").brief(), "started, step_done transaction take, step_done pack, step_done transaction sell, completed");
}

std::string sells_too_much(fiber_context& ctx, int)
{
    std::string seen;
    try
    {
        ctx.transact("take", [&](transaction& tx) {
            tx.put(notes, "half", std::string("written before the throw"));
            return take(tx, "hat", 11);
        });
    }
    catch (const step_failed& e)
    {
        seen = e.code() + " " + e.step() + " " + std::to_string(e.attempts());
    }
    ctx.transact("note", [&](transaction& tx) { tx.put(notes, "seen", seen); });
    return seen;
}

TEST(FiberTransactionScenario, WhatABodyThrowsLeavesNothingAndIsTheAnswerAtOnce)
{
    const auto left = all_ways({adds("much", sells_too_much), [](engine_stage& s) {
                                    s.start(sells_too_much, "a", 0);
                                    EXPECT_EQ(s.result(sells_too_much, "a"), "\"no_stock take 1\"");
                                    EXPECT_EQ(tables_of(s), "seen no_stock take 1; ");
                                }});
    EXPECT_EQ(left.at("much/a").brief(), "started, step_failed transaction take, step_done transaction note, completed");
}

constexpr auto give_back = [](transaction& tx, const sale& s) { tx.add(stock, s.order, s.quantity); };

void gives_back(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.transact(
        "take",
        [&](transaction& tx) {
            take(tx, "coat", 4);
            return sale{"coat", 4};
        },
        give_back);
    undo.step("charge", leave{ctx, "charge"}, undo_deed);
    undo.transact("void", [&](transaction& tx) { tx.put(notes, "void", std::string("done")); },
                           [](transaction& tx) { tx.put(notes, "void", std::string("undone")); });
    throw permanent_error("lost", "the parcel is lost");
}

TEST(FiberTransactionScenario, UndoOfATransactionIsOneAndRunsExactlyOnce)
{
    const auto left = all_ways({adds("back", gives_back), [](engine_stage& s) {
                                    s.start(gives_back, "a", 0);
                                    EXPECT_EQ(s.result(gives_back, "a"), "failed lost: the parcel is lost");
                                    EXPECT_EQ(tables_of(s), "coat 10; void undone; ");
                                }});
    EXPECT_EQ(left.at("back/a").brief(), "started, step_done transaction take, step_done charge, step_done transaction void, "
                                         "step_done undo void, step_done undo charge, step_done undo take, failed");
}

void mixes_undos(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.step("charge", leave{ctx, "charge"}, [](transaction& tx, const deed& d) { tx.put(notes, d.what, std::string("refunded")); });
    undo.transact("take", [](transaction& tx) { return deed{"a", std::to_string(take(tx, "scarf", 1))}; },
                           [](attempt& a, services& use, const deed& d) { use.get<engine_effects>().add(a, d.run, "undo take"); });
    throw permanent_error("lost", "the parcel is lost");
}

TEST(FiberTransactionScenario, AStepMayBeUndoneByATransactionAndATransactionByAStep)
{
    const auto left = all_ways({adds("mixed", mixes_undos), [](engine_stage& s) {
                                    s.start(mixes_undos, "a", 0);
                                    EXPECT_EQ(s.result(mixes_undos, "a"), "failed lost: the parcel is lost");
                                    EXPECT_EQ(tables_of(s), "scarf 9; charge refunded; ");
                                }});
    EXPECT_EQ(left.at("mixed/a").brief(),
              "started, step_done charge, step_done transaction take, step_done undo take, step_done undo charge, failed");
}

void tries_again(fiber_context& ctx, int)
{
    constexpr retry_policy thrice{.first = 10s, .attempts = 3};
    ctx.transact("again", thrice, [](transaction& tx) {
        tx.add(stock, "attempts");
        throw std::runtime_error("not ready");
    });
}

TEST(FiberTransactionScenario, APolicyTriesItAgain)
{
    const auto left = all_ways({adds("again", tries_again), [](engine_stage& s) {
                                    s.start(tries_again, "a", 0);
                                    EXPECT_EQ(s.result(tries_again, "a"), "failed std::runtime_error: not ready");
                                    EXPECT_EQ(tables_of(s), "");
                                }});
    EXPECT_EQ(left.at("again/a").brief(),
              "started, step_retry transaction again, step_retry transaction again, step_failed transaction again, failed");
}

void grows_and_shrinks(fiber_context& ctx, int)
{
    ctx.transact("long", [&](transaction& tx) { tx.put(notes, "one", std::string(9'000, 'x')); });
    ctx.transact("longer", [&](transaction& tx) {
        tx.put(notes, "two", tx.get(notes, "one").value() + "y");
        tx.put(notes, "one", std::string("short"));
    });
    ctx.transact("gone", [&](transaction& tx) {
        EXPECT_TRUE(tx.erase(notes, "two"));
        EXPECT_FALSE(tx.erase(notes, "nobody"));
        tx.put(notes, "three", std::string(5'000, 'z'));
    });
}

/// Records that a longer value left behind, or one of them without its fellows, would be damage to whoever reads next.
TEST(FiberTransactionScenario, LongRowsAreWholeHoweverTheyGrowAndShrink)
{
    all_ways({adds("long", grows_and_shrinks), [](engine_stage& s) {
                  s.start(grows_and_shrinks, "a", 0);
                  EXPECT_EQ(s.result(grows_and_shrinks, "a"), "null");
                  EXPECT_EQ(tables_of(s), "one short; three 5000 bytes; ");
              }});
}

void counts(fiber_context& ctx, int times)
{
    for (int n = 0; n < times; ++n)
        ctx.transact("count", [](transaction& tx) { tx.add(stock, "counter"); });
}

TEST(FiberTransactionScenario, ACounterCountsEachTransactionOnce)
{
    all_ways({adds("count", counts), [](engine_stage& s) {
                  s.start(counts, "a", 3);
                  s.start(counts, "b", 3);
                  s.result(counts, "a");
                  s.result(counts, "b");
                  EXPECT_EQ(tables_of(s), "counter 6; ");
              }});
}

int takes_messages(fiber_context& ctx, int times)
{
    int last = 0;
    for (int n = 0; n < times; ++n)
        last = ctx.transact("take", [](transaction& tx) {
            return tx.once("message", [](transaction& inner) { return inner.add(stock, "taken"); }, {.payload = "p", .window = 100h});
        });
    return last;
}

TEST(FiberTransactionScenario, AMessageThatComesAgainIsTakenOnce)
{
    all_ways({adds("message", takes_messages), [](engine_stage& s) {
                  s.start(takes_messages, "a", 3);
                  EXPECT_EQ(s.result(takes_messages, "a"), "1");
                  EXPECT_EQ(tables_of(s), "taken 1; ");
              }});
}

void is_cancelled(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    undo.transact("take", [](transaction& tx) { return sale{"glove", take(tx, "glove", 1)}; },
                           [](transaction& tx, const sale&) { tx.add(stock, "glove", 1); });
    ctx.sleep_for(1h);
    ctx.transact("never", [](transaction& tx) { tx.put(notes, "never", std::string("ran")); });
}

TEST(FiberTransactionScenario, ACancelledRunUndoesItsTransactions)
{
    const auto left = all_ways({adds("cancel", is_cancelled), [](engine_stage& s) {
                                    s.start(is_cancelled, "a", 0);
                                    s.until_has("cancel/a", "timer_set");
                                    s.cancel_once(is_cancelled, "cancel/a", "changed my mind");
                                    EXPECT_EQ(s.result(is_cancelled, "a"), "failed cancelled: changed my mind");
                                    EXPECT_EQ(tables_of(s), "glove 10; ");
                                }});
    EXPECT_EQ(left.at("cancel/a").brief(),
              "started, step_done transaction take, timer_set, cancel_asked, step_done undo take, cancelled");
}
}
}
