#include "engine_journal.hpp"
#include "fake_host.hpp"

#include <everstep/context.hpp>
#include <everstep/transaction.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace everstep::core
{
namespace
{
using test::fake_host;
using namespace std::chrono_literals;

const table<std::string, int> counters{"counters"};

workflow<int> transacts(context& ctx, int times)
{
    int last = 0;
    for (int n = 0; n < times; ++n)
        last = co_await ctx.transact("count", [](transaction& tx) { return tx.add(counters, "all"); });
    co_await ctx.sleep_for(1h);
    co_return last;
}

class ShardTransactions : public ::testing::Test
{
protected:
    void begin()
    {
        host_.add("transacts", transacts);
        host_.start();
    }
    std::string history(const std::string& id) { return test::read_journal(host_.journal()).at("transacts/" + id).brief(); }

    fake_host host_;
};

TEST_F(ShardTransactions, ARunGoesOnWhenItsTransactionIsDurableAndNotBefore)
{
    begin();
    host_.hold_commits();
    const auto started = host_.start(transacts, "a", 1);
    host_.await_commit();
    host_.let_one_commit();
    EXPECT_EQ(started->text(), "ok");
    host_.await_commit(); // the transaction's
    EXPECT_EQ(history("a"), "started");
    host_.let_one_commit();
    host_.await_commit(); // the sleep's
    EXPECT_EQ(history("a"), "started, step_done transaction count");
    host_.let_commits();
}

TEST_F(ShardTransactions, ACancelWaitsUntilTheHistoryIsTheShardsAgain)
{
    begin();
    host_.hold_commits();
    host_.start(transacts, "a", 1);
    host_.await_commit();
    host_.let_one_commit();
    host_.await_commit(); // the transaction's
    const auto cancelled = host_.ask(detail::request_kind::cancel, transacts, "a", "changed my mind");
    host_.settle(transacts);
    EXPECT_FALSE(cancelled->has_come());
    host_.let_commits();
    EXPECT_EQ(cancelled->text(), "ok");
    EXPECT_EQ(host_.result(transacts, "a")->text(), "failed cancelled: changed my mind");
    EXPECT_EQ(history("a"), "started, step_done transaction count, timer_set, cancel_asked, cancelled");
}

TEST_F(ShardTransactions, ACancelIsHeardBetweenTwoTransactions)
{
    begin();
    host_.hold_commits();
    host_.start(transacts, "a", 1'000'000);
    host_.await_commit();
    host_.let_one_commit();
    host_.await_commit(); // the first transaction's
    const auto cancelled = host_.ask(detail::request_kind::cancel, transacts, "a", "enough");
    host_.settle(transacts);
    host_.let_commits();
    EXPECT_EQ(host_.result(transacts, "a")->text(), "failed cancelled: enough");
    EXPECT_LE(test::read_journal(host_.journal()).at("transacts/a").count("step_done transaction count"), 2u);
}

TEST_F(ShardTransactions, ClosingRefusesACancelThatWaits)
{
    begin();
    host_.hold_commits();
    host_.start(transacts, "a", 1);
    host_.await_commit();
    host_.let_one_commit();
    host_.await_commit();
    const auto cancelled = host_.ask(detail::request_kind::cancel, transacts, "a");
    host_.settle(transacts);
    host_.the_shard().put_closing();
    EXPECT_EQ(cancelled->text(), "refused closed");
    host_.let_commits();
}

TEST_F(ShardTransactions, AHistoryAtItsLimitParksTheRunBeforeTheBodyRuns)
{
    host_.options.history_entries_max = 3;
    begin();
    host_.start(transacts, "a", 5);
    EXPECT_EQ(host_.result(transacts, "a")->text(),
              "failed limits: the run is parked: its history is at its limit: history_entries_max or history_bytes_max");
    EXPECT_EQ(history("a"), "started, step_done transaction count, step_done transaction count");
}

workflow<int> looks(context& ctx, int)
{
    const int seen = co_await ctx.transact("look", [](transaction& tx) {
        try
        {
            tx.get(counters, "all");
        }
        catch (const engine_error&)
        {
        }
        return 3;
    });
    co_return seen;
}

TEST_F(ShardTransactions, ATransactionThatIsTriedAgainHasOneResult)
{
    host_.add("looks", looks);
    begin();
    host_.hold_commits();
    const auto started = host_.start(looks, "a", 0);
    host_.await_commit();
    host_.readable = false;
    host_.let_commits();
    host_.await_log("transactions wait, and are tried again in a second");
    host_.readable = true;
    EXPECT_EQ(started->text(), "ok");
    host_.clock().advance_by(1'000'000);
    EXPECT_EQ(host_.result(looks, "a")->text(), "3");
}

TEST_F(ShardTransactions, ABodyThatKilledItsProcessTooOftenParksItsRun)
{
    host_.deaths_of_each = host_.options.crash_loop_deaths;
    begin();
    host_.start(transacts, "a", 1);
    const std::string text = host_.result(transacts, "a")->text();
    EXPECT_EQ(text.find("failed crash_loop: the run is parked: the process died 3 times in transaction 'count' "), 0u) << text;
}

workflow<std::string> says_too_much(context& ctx, int size)
{
    co_return co_await ctx.transact("say", [&](transaction& tx) {
        tx.add(counters, "said");
        return std::string(static_cast<std::size_t>(size), 'x');
    });
}

TEST_F(ShardTransactions, AResultOverItsLimitFailsTheTransactionWithItsRows)
{
    host_.options.payload_bytes_max = 100;
    host_.add("says", says_too_much);
    begin();
    host_.start(says_too_much, "a", 200);
    EXPECT_EQ(host_.result(says_too_much, "a")->text().find("failed limit: the result has 202 bytes, the limit is 100"), 0u);
    std::size_t rows = 0;
    host_.journal().read([&](const store::snapshot& now) { now.scan_rows("", [&](auto, auto) { return ++rows, true; }); });
    EXPECT_EQ(rows, 0u);
}

fake_host* slow_host = nullptr;
workflow<int> is_slow(context& ctx, int)
{
    co_await ctx.transact("slow", [](transaction&) { slow_host->clock().advance_by(3'000'000); });
    co_await ctx.sleep_for(1s);
    co_return 1;
}

TEST_F(ShardTransactions, DelaysAfterATransactionCountFromItsEnd)
{
    slow_host = &host_;
    host_.add("slow", is_slow);
    begin();
    const base::time_us begin_at = host_.clock().now();
    host_.start(is_slow, "a", 0);
    EXPECT_EQ(host_.clock().await_alarm(), begin_at + 4'000'000);
    host_.clock().advance_by(1'000'000);
    EXPECT_EQ(host_.result(is_slow, "a")->text(), "1");
    EXPECT_GE(test::read_journal(host_.journal()).at("slow/a").entries.at(1).at, begin_at + 3'000'000);
}

/// The transactor's entry chains to the cancel before it: alone, it would be a gap in the history.
TEST_F(ShardTransactions, ATransactionWaitsUntilACancelBeforeItIsDurable)
{
    begin();
    host_.hold_commits();
    host_.start(transacts, "a", 1'000'000);
    host_.await_commit();
    host_.let_one_commit();
    host_.await_commit(); // the first transaction's
    const auto cancelled = host_.ask(detail::request_kind::cancel, transacts, "a", "enough");
    host_.settle(transacts);
    host_.let_one_commit();
    host_.await_commit(); // the cancel's
    EXPECT_EQ(history("a"), "started, step_done transaction count");
    host_.let_one_commit();
    EXPECT_EQ(cancelled->text(), "ok");
    host_.await_commit(); // the second transaction's
    EXPECT_EQ(history("a"), "started, step_done transaction count, cancel_asked");
    host_.let_commits();
    EXPECT_EQ(host_.result(transacts, "a")->text(), "failed cancelled: enough");
}

TEST_F(ShardTransactions, AnUnreadableJournalIsTriedAgainInASecond)
{
    begin();
    host_.hold_commits();
    const auto started = host_.start(transacts, "a", 1);
    host_.await_commit();
    host_.readable = false;
    host_.let_commits();
    host_.await_log("transactions wait, and are tried again in a second");
    host_.readable = true;
    EXPECT_EQ(started->text(), "ok");
    host_.clock().advance_by(1'000'000);
    host_.clock().advance_to(host_.clock().await_alarm()); // its sleep
    EXPECT_EQ(host_.result(transacts, "a")->text(), "1");
}
}
}
