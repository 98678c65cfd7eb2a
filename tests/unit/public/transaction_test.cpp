#include <everstep/async.hpp>
#include <everstep/saga.hpp>
#include <everstep/transaction.hpp>

#include "small_shop.hpp"
#include "store_directory.hpp"

#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace everstep::test
{
namespace
{
namespace asio = boost::asio;

const table<std::string, int> stock{"stock"};

struct other_error : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

workflow<int> takes(context& ctx, int quantity)
{
    co_return co_await ctx.transact("take", [&](transaction& tx) { return tx.add(stock, "shoe", -quantity); });
}
workflow<int> takes_in_a_step(context& ctx, int quantity)
{
    auto& shop = ctx.use<small_shop>();
    co_return co_await ctx.step("take", [&] { return shop->transact([&](transaction& tx) { return tx.add(stock, "shoe", -quantity); }); });
}
workflow<int> uses_a_service(context& ctx, int)
{
    co_return co_await ctx.transact("use", [](transaction& tx) { return tx.use<int>(); });
}

int left_of(small_shop& shop, const std::string& sku)
{
    return shop->read([&](const table_reader& in) { return in.get(stock, sku).value_or(0); });
}

class Transaction : public ::testing::Test
{
protected:
    Transaction() { shop_->add("takes", takes).add("takes_in_a_step", takes_in_a_step).add("uses", uses_a_service); }

    small_shop shop_;
};

TEST_F(Transaction, FromOutsideReturnsWhatItsBodyReturns)
{
    shop_->open();
    EXPECT_EQ(shop_->transact([](transaction& tx) { return tx.add(stock, "shoe", 5); }), 5);
    const auto kept = shop_->transact([](transaction&) { return std::make_unique<int>(7); });
    EXPECT_EQ(*kept, 7);
    shop_->transact([](transaction& tx) { tx.put(stock, "hat", 2); });
    EXPECT_EQ(left_of(shop_, "shoe"), 5);
    EXPECT_EQ(left_of(shop_, "hat"), 2);
}

TEST_F(Transaction, FromOutsideThrowsWhatItsBodyThrowsAsItIs)
{
    shop_->open();
    EXPECT_THROW(shop_->transact([](transaction& tx) {
        tx.put(stock, "shoe", 5);
        throw other_error("mine");
    }),
                 other_error);
    EXPECT_EQ(left_of(shop_, "shoe"), 0);
}

TEST_F(Transaction, OfAWorkflowAndFromOutsideSeeEachOther)
{
    shop_->open();
    shop_->transact([](transaction& tx) { tx.put(stock, "shoe", 5); });
    EXPECT_EQ(shop_->start(takes, "a", 2).result(), 3);
    EXPECT_EQ(shop_->start(takes, "a", 2).result(), 3); // the same run, taken once
    EXPECT_EQ(shop_->transact([](transaction& tx) { return tx.get(stock, "shoe"); }), 3);
}

TEST_F(Transaction, SurvivesTheEngine)
{
    const store_directory home;
    {
        small_shop shop(home / "journal");
        shop->open();
        shop->transact([](transaction& tx) { tx.put(stock, "shoe", 5); });
    }
    small_shop shop(home / "journal");
    shop->open();
    EXPECT_EQ(left_of(shop, "shoe"), 5);
}

TEST_F(Transaction, FromManyThreadsAreSerial)
{
    shop_->open();
    constexpr int threads = 4, each = 100;
    std::vector<std::thread> all;
    for (int n = 0; n < threads; ++n)
        all.emplace_back([&] {
            for (int i = 0; i < each; ++i)
                shop_->transact([](transaction& tx) { tx.put(stock, "shoe", tx.get(stock, "shoe").value_or(0) + 1); });
        });
    for (std::thread& one : all)
        one.join();
    EXPECT_EQ(left_of(shop_, "shoe"), threads * each);
}

TEST_F(Transaction, MayBeAskedForByAStep)
{
    shop_->provide(shop_);
    shop_->open();
    EXPECT_EQ(shop_->start(takes_in_a_step, "a", 2).result(), -2);
}

TEST_F(Transaction, UsesWhatTheApplicationProvided)
{
    int service = 42;
    shop_->provide(service);
    shop_->open();
    EXPECT_EQ(shop_->transact([](transaction& tx) { return tx.use<int>(); }), 42);
    EXPECT_EQ(shop_->start(uses_a_service, "a", 0).result(), 42);
}

TEST_F(Transaction, ABlockingCallInsideIsRefused)
{
    shop_->open();
    errc in_transaction{}, in_read{};
    shop_->transact([&](transaction&) { in_transaction = why_not([&] { shop_->transact([](transaction&) {}); }); });
    shop_->read([&](const table_reader&) { in_read = why_not([&] { shop_->start(takes, "a", 1); }); });
    EXPECT_EQ(in_transaction, errc::would_deadlock);
    EXPECT_EQ(in_read, errc::would_deadlock);
    EXPECT_EQ(why_not([&] { shop_->start(takes, "a", 1); }), errc{}); // this thread is the engine's no longer
}

TEST_F(Transaction, BeforeOpenAndAfterCloseIsRefused)
{
    const auto transact = [&] { shop_->transact([](transaction&) { ADD_FAILURE() << "it ran"; }); };
    const auto read = [&] { shop_->read([](const table_reader&) { ADD_FAILURE() << "it looked"; }); };
    EXPECT_EQ(why_not(transact), errc::wrong_use);
    EXPECT_EQ(why_not(read), errc::wrong_use);
    shop_->open();
    shop_->close(std::chrono::hours(1));
    EXPECT_EQ(why_not(transact), errc::closed);
    EXPECT_EQ(why_not(read), errc::closed);
}

TEST_F(Transaction, CloseNamesWhoStillRunsOrReads)
{
    shop_->open();
    turnstile door;
    std::thread slow([&] {
        shop_->transact([&](transaction& tx) {
            door.began.open();
            door.may_end.wait();
            tx.put(stock, "shoe", 1);
        });
    });
    door.began.wait();
    EXPECT_EQ(shop_->close(std::chrono::milliseconds(0)), std::vector<std::string>{"a transaction from outside"});
    door.may_end.open();
    EXPECT_TRUE(shop_->close(std::chrono::hours(1)).empty());
    slow.join(); // its end was told
}

TEST_F(Transaction, CloseWaitsForReaders)
{
    shop_->open();
    turnstile door;
    std::thread reads([&] {
        EXPECT_EQ(shop_->read([&](const table_reader& in) {
            door.began.open();
            door.may_end.wait();
            return in.get(stock, "shoe").value_or(7);
        }),
                  7);
    });
    door.began.wait();
    EXPECT_EQ(shop_->close(std::chrono::milliseconds(0)), std::vector<std::string>{"a reader of tables"});
    door.may_end.open();
    EXPECT_TRUE(shop_->close(std::chrono::hours(1)).empty());
    reads.join();
}

TEST_F(Transaction, ReadsAreOfOneSnapshot)
{
    shop_->open();
    shop_->transact([](transaction& tx) { tx.put(stock, "a", 1), tx.put(stock, "b", 1); });
    shop_->read([&](const table_reader& in) {
        EXPECT_EQ(in.get(stock, "a"), 1);
        std::thread([&] { shop_->transact([](transaction& tx) { tx.put(stock, "a", 2), tx.put(stock, "b", 2); }); }).join();
        EXPECT_EQ(in.get(stock, "b"), 1);
    });
    EXPECT_EQ(left_of(shop_, "b"), 2);
}

TEST_F(Transaction, AsyncFormsCompleteWithTheirValueOrFailure)
{
    shop_->open();
    std::future<int> sum = shop_->async_transact([](transaction& tx) { return tx.add(stock, "shoe", 5); }, asio::use_future);
    EXPECT_EQ(sum.get(), 5);
    std::future<void> done = shop_->async_transact([](transaction& tx) { tx.put(stock, "hat", 1); }, asio::use_future);
    done.get();
    EXPECT_EQ(left_of(shop_, "hat"), 1);
    std::future<int> fails = shop_->async_transact([](transaction&) -> int { throw other_error("mine"); }, asio::use_future);
    EXPECT_THROW(fails.get(), other_error);
    shop_->close(std::chrono::hours(1));
    std::future<int> late = shop_->async_transact([](transaction&) { return 1; }, asio::use_future);
    EXPECT_EQ(why_not([&] { late.get(); }), errc::closed);
}

TEST_F(Transaction, OfAMessageRunsOnceAndAnswersEachCallerTheSame)
{
    shop_->open();
    const auto pay = [&](const std::string& payload) {
        return shop_->once("key-1", [](transaction& tx) { return tx.add(stock, "payments"); }, {.payload = payload});
    };
    EXPECT_EQ(pay("10"), 1);
    EXPECT_EQ(pay("10"), 1);
    EXPECT_EQ(left_of(shop_, "payments"), 1);
    EXPECT_EQ(why_not([&] { pay("11"); }), errc::conflict);
    std::vector<std::thread> all;
    for (int n = 0; n < 4; ++n)
        all.emplace_back([&] { EXPECT_EQ(shop_->once("key-2", [](transaction& tx) { return tx.add(stock, "payments"); }), 2); });
    for (std::thread& one : all)
        one.join();
}

TEST_F(Transaction, AreCounted)
{
    shop_->open();
    shop_->transact([](transaction& tx) { tx.put(stock, "shoe", 5); });
    shop_->transact([](transaction& tx) { tx.get(stock, "shoe"); });
    shop_->start(takes, "a", 2).result();
    EXPECT_EQ(shop_->metrics().transactions, 2u);
}
}
}
