#include "engine/transactor.hpp"

#include "engine/stored_rows.hpp"
#include "fake_host.hpp"

#include <everstep/context.hpp>
#include <everstep/transaction.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using test::fake_host;
using test::fate;

const table<std::string, int> stock{"stock"};

workflow<int> counts(context& ctx, int times)
{
    int last = 0;
    for (int n = 0; n < times; ++n)
        last = co_await ctx.transact("count", [](transaction& tx) { return tx.add(stock, "counted"); });
    co_return last;
}

/// A transaction from outside that keeps how it ended: "ok", or the code of what was thrown.
class outside : public detail::outside_transaction
{
public:
    struct end
    {
        std::promise<std::string> told;
        std::future<std::string> text = told.get_future();
        bool has_come() const { return text.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
    };

    outside(std::function<void(transaction&)> body, std::shared_ptr<end> to) : body_(std::move(body)), end_(std::move(to)) {}
    void run(transaction& tx) override { body_(tx); }
    void ended(std::exception_ptr failure) noexcept override
    {
        try
        {
            if (failure)
                std::rethrow_exception(failure);
            end_->told.set_value("ok");
        }
        catch (const error& e)
        {
            end_->told.set_value(e.code());
        }
        catch (const std::exception& e)
        {
            end_->told.set_value(e.what());
        }
    }

private:
    std::function<void(transaction&)> body_;
    std::shared_ptr<end> end_;
};

class Transactor : public ::testing::Test
{
protected:
    std::shared_ptr<outside::end> run(std::function<void(transaction&)> body, admission when_full = admission::wait)
    {
        auto end = std::make_shared<outside::end>();
        host_.the_transactor().submit(std::make_unique<outside>(std::move(body), end), when_full);
        return end;
    }
    std::string ran(std::function<void(transaction&)> body) { return run(std::move(body))->text.get(); }
    int stored(const std::string& sku)
    {
        int value = -1;
        host_.journal().read([&](const store::snapshot& now) {
            snapshot_rows rows(now);
            const table_reader reader(rows);
            value = reader.get(stock, sku).value_or(-1);
        });
        return value;
    }

    fake_host host_;
};

TEST_F(Transactor, ATransactionIsToldWhenItIsDurable)
{
    host_.start();
    EXPECT_EQ(ran([](transaction& tx) { tx.put(stock, "shoe", 3); }), "ok");
    EXPECT_EQ(stored("shoe"), 3);
}

TEST_F(Transactor, NobodyIsToldBeforeTheCommit)
{
    host_.start();
    host_.hold_commits();
    const auto first = run([](transaction& tx) { tx.put(stock, "shoe", 3); });
    host_.await_commit();
    const auto second = run([](transaction& tx) { tx.add(stock, "shoe"); });
    const auto reads = run([](transaction& tx) { EXPECT_EQ(tx.get(stock, "shoe"), 4); });
    const auto throws = run([](transaction& tx) {
        if (tx.get(stock, "shoe") == 4)
            throw permanent_error("full", "there are four");
    });
    host_.let_one_commit();
    EXPECT_EQ(first->text.get(), "ok");
    host_.await_commit();
    EXPECT_FALSE(second->has_come());
    EXPECT_FALSE(reads->has_come()); // it has seen what is not durable
    EXPECT_FALSE(throws->has_come());
    host_.let_commits();
    EXPECT_EQ(second->text.get(), "ok");
    EXPECT_EQ(reads->text.get(), "ok");
    EXPECT_EQ(throws->text.get(), "full");
}

TEST_F(Transactor, OneThatSawDurableRowsOnlyNeedsNoCommit)
{
    host_.start();
    EXPECT_EQ(ran([](transaction& tx) { tx.put(stock, "shoe", 3); }), "ok");
    host_.hold_commits();
    EXPECT_EQ(ran([](transaction& tx) { EXPECT_EQ(tx.get(stock, "shoe"), 3); }), "ok");
    host_.let_commits();
}

TEST_F(Transactor, WhatABodyThrowsLeavesNothing)
{
    host_.start();
    EXPECT_EQ(ran([](transaction& tx) {
                  tx.put(stock, "shoe", 3);
                  throw std::runtime_error("no");
              }),
              "no");
    EXPECT_EQ(ran([](transaction& tx) { EXPECT_FALSE(tx.contains(stock, "shoe")); }), "ok");
}

TEST_F(Transactor, ATransactionOverItsLimitLeavesNothingAndSaysSo)
{
    host_.options.turn_bytes_max = 10'000;
    const table<int, std::string> notes{"notes"};
    host_.start();
    EXPECT_EQ(ran([&](transaction& tx) {
                  tx.put(stock, "shoe", 1);
                  tx.put(notes, 1, std::string(12'000, 'x'));
              }),
              "limit");
    EXPECT_EQ(ran([](transaction& tx) { EXPECT_FALSE(tx.contains(stock, "shoe")); }), "ok");
}

TEST_F(Transactor, AnUnknownCommitIsToldAsSuchToAllThatDependOnIt)
{
    host_.start();
    host_.hold_commits();
    const auto writes = run([](transaction& tx) { tx.put(stock, "shoe", 3); });
    host_.await_commit();
    const auto reads = run([](transaction& tx) { tx.get(stock, "shoe"); });
    host_.decide(fate::unknown_present);
    host_.let_commits();
    EXPECT_EQ(writes->text.get(), "unknown");
    EXPECT_EQ(reads->text.get(), "unknown");
    EXPECT_EQ(ran([](transaction&) { ADD_FAILURE() << "it ran"; }), "unknown");
}

TEST_F(Transactor, ACommitThatFailsWhileTheEngineClosesIsToldToo)
{
    host_.start();
    host_.hold_commits();
    const auto writes = run([](transaction& tx) { tx.put(stock, "shoe", 3); });
    host_.await_commit();
    const auto waits = run([](transaction& tx) { tx.put(stock, "hat", 3); });
    host_.the_transactor().put_closing();
    EXPECT_EQ(run([](transaction&) { ADD_FAILURE() << "it ran"; })->text.get(), "closed");
    host_.decide(fate::unknown_absent);
    host_.let_commits();
    EXPECT_EQ(writes->text.get(), "unknown");
    const std::string second = waits->text.get(); // it may have begun before the engine closed
    EXPECT_TRUE(second == "unknown" || second == "closed") << second;
}

TEST_F(Transactor, ANearlyFullJournalTakesWhatErasesAndNothingThatGrows)
{
    host_.start();
    EXPECT_EQ(ran([](transaction& tx) { tx.put(stock, "shoe", 3); }), "ok");
    host_.nearly_full = true;
    EXPECT_EQ(ran([](transaction& tx) { tx.put(stock, "hat", 3); }), "overloaded");
    EXPECT_EQ(ran([](transaction& tx) { tx.erase(stock, "shoe"); }), "ok");
    EXPECT_EQ(stored("shoe"), -1);
    EXPECT_EQ(stored("hat"), -1);
}

TEST_F(Transactor, OneThatDoesNotWaitIsRefusedWhileCommitsFindNoRoomAndOthersWait)
{
    host_.start();
    host_.decide(fate::full);
    const auto first = run([](transaction& tx) { tx.put(stock, "shoe", 3); });
    host_.await_full(true);
    EXPECT_EQ(run([](transaction&) { ADD_FAILURE() << "it ran"; }, admission::refuse)->text.get(), "overloaded");
    const auto waits = run([](transaction& tx) { tx.add(stock, "shoe"); });
    host_.decide(fate::durable);
    EXPECT_EQ(first->text.get(), "ok");
    EXPECT_EQ(waits->text.get(), "ok");
    EXPECT_EQ(stored("shoe"), 4);
}

TEST_F(Transactor, ClosingDoesNotWaitForRoom)
{
    host_.start();
    host_.decide(fate::full);
    const auto writes = run([](transaction& tx) { tx.put(stock, "shoe", 3); });
    host_.await_full(true);
    host_.close();
    EXPECT_EQ(writes->text.get(), "unknown");
    host_.decide(fate::durable);
}

/// The disk need not wait for the next body, although who is told does.
TEST_F(Transactor, WhatASlowBodyWroteIsCommittedWhileTheNextOneRuns)
{
    host_.start();
    host_.hold_commits();
    std::promise<void> begun;
    std::promise<void> go;
    const auto slow = run([&](transaction& tx) {
        tx.put(stock, "slow", 1);
        host_.clock().advance_by(5'000);
    });
    const auto next = run([&](transaction&) {
        begun.set_value();
        go.get_future().wait();
    });
    begun.get_future().wait();
    host_.await_commit();
    go.set_value();
    host_.let_commits();
    EXPECT_EQ(slow->text.get(), "ok");
    EXPECT_EQ(next->text.get(), "ok");
}

TEST_F(Transactor, AJournalThatCannotBeReadIsToldToTheCaller)
{
    host_.start();
    host_.readable = false;
    EXPECT_EQ(ran([](transaction& tx) { tx.get(stock, "shoe"); }), "io");
    EXPECT_EQ(ran([](transaction& tx) {
                  try
                  {
                      tx.get(stock, "shoe");
                  }
                  catch (const engine_error&)
                  {
                  }
                  tx.put(stock, "shoe", 0); // what it has not read it must not decide by
              }),
              "io");
    host_.readable = true;
    EXPECT_EQ(stored("shoe"), -1);
}

TEST_F(Transactor, ClosingRefusesWhatHasNotBegunAndTellsTheRest)
{
    host_.start();
    std::promise<void> begun, go;
    const auto runs = run([&](transaction& tx) {
        begun.set_value();
        go.get_future().wait();
        tx.put(stock, "shoe", 3);
    });
    begun.get_future().wait();
    const auto waits = run([](transaction&) { ADD_FAILURE() << "it ran"; });
    EXPECT_EQ(host_.the_transactor().running(), "a transaction from outside");
    EXPECT_FALSE(host_.the_transactor().is_quiet());
    host_.the_transactor().put_closing();
    go.set_value();
    EXPECT_EQ(runs->text.get(), "ok");
    EXPECT_EQ(waits->text.get(), "closed");
    host_.close();
    EXPECT_TRUE(host_.the_transactor().is_quiet());
    EXPECT_EQ(host_.the_transactor().running(), "");
}

TEST_F(Transactor, StoppingTellsWhoeverWasNotTold)
{
    host_.start();
    host_.hold_commits();
    const auto first = run([](transaction& tx) { tx.put(stock, "shoe", 3); });
    host_.await_commit();
    const auto second = run([](transaction& tx) { tx.put(stock, "hat", 3); });
    host_.the_transactor().stop();
    EXPECT_EQ(first->text.get(), "unknown"); // it is being committed
    const std::string text = second->text.get();
    EXPECT_TRUE(text == "unknown" || text == "closed") << text; // it may not have begun
    host_.let_commits();
}

TEST_F(Transactor, ASlowBodyIsNamedByWhoBringsTheNext)
{
    host_.start();
    std::promise<void> begun, go;
    const auto slow = run([&](transaction&) {
        begun.set_value();
        go.get_future().wait();
    });
    begun.get_future().wait();
    const auto in_time = run([](transaction&) {});
    EXPECT_EQ(host_.lines_with("runs for over a second"), 0u);
    host_.clock().advance_by(2'000'000);
    const auto late = run([](transaction&) {});
    const auto later = run([](transaction&) {});
    EXPECT_EQ(host_.lines_with("a transaction from outside is a transaction that runs for over a second: all others wait for it"), 1u);
    go.set_value();
    EXPECT_EQ(slow->text.get(), "ok");
    EXPECT_EQ(later->text.get(), "ok");
}

/// However long the bodies from outside take, and however many there are.
TEST_F(Transactor, CallersFromOutsideDoNotKeepWorkflowsOut)
{
    host_.add("counts", counts);
    host_.start();
    std::atomic<bool> done{};
    std::function<void()> again = [&] {
        run([&](transaction&) {
            host_.clock().advance_by(5'000);
            if (!done)
                again();
        });
    };
    again();
    again();
    host_.start(counts, "a", 3);
    EXPECT_EQ(host_.result(counts, "a")->text(), "3");
    done = true;
    EXPECT_EQ(ran([](transaction&) {}), "ok");
    EXPECT_EQ(ran([](transaction&) {}), "ok");
}

TEST_F(Transactor, RowsOfManyTransactionsInFlightAddUp)
{
    host_.start();
    constexpr int many = 2'000;
    std::vector<std::shared_ptr<outside::end>> all;
    for (int n = 0; n < many; ++n)
        all.push_back(run([](transaction& tx) { tx.add(stock, "counter"); }));
    for (const auto& one : all)
        EXPECT_EQ(one->text.get(), "ok");
    EXPECT_EQ(stored("counter"), many);
}
}
}
