#include <everstep/async.hpp>
#include <everstep/event.hpp>
#include <everstep/transaction.hpp>

#include "small_shop.hpp"
#include "store_directory.hpp"

#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace everstep::test
{
namespace
{
const table<std::string, int> stock{"stock"};

workflow<void> tells(context& ctx, int n)
{
    const publish_options given{.key = "k", .subject = "s", .type = "t", .id = {}, .source = {}, .traceparent = "p"};
    co_await ctx.publish("orders", n, given);
}
workflow<void> tells_too_much(context& ctx, int)
{
    co_await ctx.publish("orders", std::string(20'000, 'x'));
}

std::vector<event> events(small_shop& shop, const std::string& topic = "orders", std::uint64_t from = 0)
{
    std::vector<event> all;
    shop->read([&](const table_reader& in) { in.events(topic, from, [&](const event& one) { all.push_back(one); }); });
    return all;
}

class Event : public ::testing::Test
{
protected:
    Event() : shop_(":memory:", [](engine_options& o) { o.payload_bytes_max = 10'000; })
    {
        shop_->add_topic("orders").add_topic("stock").add("tells", tells).add("much", tells_too_much);
    }

    small_shop shop_;
};

TEST_F(Event, OfAWorkflowHasTheAttributesOfItsRun)
{
    shop_->open();
    shop_->start(tells, "a", 7).result();
    const std::vector<event> all = events(shop_);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].number, 1u);
    EXPECT_EQ(all[0].as<int>(), 7);
    EXPECT_EQ(all[0].source, "/tells/a");
    EXPECT_EQ(all[0].id.size(), 32u);
    EXPECT_EQ(all[0].key, "k");
    EXPECT_EQ(all[0].subject, "s");
    EXPECT_EQ(all[0].type, "t");
    EXPECT_EQ(all[0].traceparent, "p");
}

TEST_F(Event, FromOutsideHasDefaultsForWhatItWasNotGiven)
{
    shop_->open();
    shop_->publish("orders", std::string("one"));
    shop_->publish("orders", std::string("two"), {.key = {}, .subject = {}, .type = {}, .id = "mine", .source = "/shop", .traceparent = {}});
    const std::vector<event> all = events(shop_);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].source, "/engine");
    EXPECT_EQ(all[0].type, "orders");
    EXPECT_EQ(all[0].id.size(), 32u);
    EXPECT_NE(all[0].time, event::time_point());
    EXPECT_EQ(all[1].id, "mine");
    EXPECT_EQ(all[1].source, "/shop");
    EXPECT_EQ(all[1].number, 2u);
}

TEST_F(Event, IsOneCommitWithTheStateThatItTellsOf)
{
    shop_->open();
    const std::uint64_t commits = shop_->metrics().commits;
    shop_->transact([](transaction& tx) {
        tx.put(stock, "shoe", 3);
        tx.publish("stock", 3, {.key = "shoe"});
    });
    EXPECT_EQ(shop_->metrics().commits, commits + 1);
    shop_->read([](const table_reader& in) {
        EXPECT_EQ(in.get(stock, "shoe"), 3);
        in.events("stock", 0, [](const event& one) { EXPECT_EQ(one.as<int>(), 3); });
    });
}

TEST_F(Event, IsNotSeenByItsOwnTransactionForItHasNoNumberYet)
{
    shop_->open();
    shop_->transact([](transaction& tx) {
        tx.publish("orders", 1);
        tx.events("orders", 0, [](const event&) { ADD_FAILURE() << "an event"; });
    });
    EXPECT_EQ(events(shop_).size(), 1u);
}

TEST_F(Event, NumbersGoOnAfterReopening)
{
    const store_directory home;
    for (std::uint64_t life = 1; life <= 3; ++life)
    {
        small_shop shop(home / "journal");
        shop->add_topic("orders");
        shop->open();
        shop->publish("orders", life);
        EXPECT_EQ(events(shop).back().number, life);
        EXPECT_EQ(events(shop).size(), life);
    }
}

TEST_F(Event, ReadingBeginsAtANumberAndEndsWithFalse)
{
    shop_->open();
    for (int n = 1; n <= 5; ++n)
        shop_->publish("orders", n);
    EXPECT_EQ(events(shop_, "orders", 4).size(), 2u);
    int seen = 0;
    shop_->read([&](const table_reader& in) { in.events("orders", 0, [&](const event&) { return ++seen < 2; }); });
    EXPECT_EQ(seen, 2);
}

TEST_F(Event, OfATopicThatWasNotAddedIsRefused)
{
    shop_->open();
    EXPECT_EQ(why_not([&] { shop_->publish("nobody", 1); }), errc::not_found);
    EXPECT_EQ(why_not([&] { shop_->transact([](transaction& tx) { tx.put(stock, "shoe", 1), tx.publish("nobody", 1); }); }), errc::not_found);
    EXPECT_EQ(shop_->read([](const table_reader& in) { return in.get(stock, "shoe"); }), std::nullopt);
}

TEST_F(Event, OverItsLimitsIsRefused)
{
    shop_->open();
    EXPECT_EQ(why_not([&] { shop_->publish("orders", std::string(20'000, 'x')); }), errc::limit);
    EXPECT_EQ(why_not([&] { shop_->publish("orders", 1, {.key = std::string(256, 'k')}); }), errc::limit);
    shop_->start(tells_too_much, "a", 0);
    EXPECT_EQ(failure_of([&] { shop_->run(tells_too_much, "a").result(); }).substr(0, 53),
              "limits: the run is parked: a payload of 20002 bytes i");
    EXPECT_TRUE(events(shop_).empty());
}

TEST_F(Event, TopicsAreAddedOnceBeforeOpenUnderAName)
{
    EXPECT_EQ(why_not([&] { shop_->add_topic("orders"); }), errc::wrong_use);
    EXPECT_EQ(why_not([&] { shop_->add_topic(""); }), errc::limit);
    EXPECT_EQ(why_not([&] { shop_->add_topic(std::string(129, 'x')); }), errc::limit);
    shop_->open();
    EXPECT_EQ(why_not([&] { shop_->add_topic("late"); }), errc::wrong_use);
}

TEST_F(Event, AsyncFormCompletesWhenItIsDurable)
{
    shop_->open();
    std::future<void> done = shop_->async_publish("orders", 5, {.key = "k"}, boost::asio::use_future);
    done.get();
    EXPECT_EQ(events(shop_).at(0).key, "k");
    std::future<void> refused = shop_->async_publish("nobody", 5, {}, boost::asio::use_future);
    EXPECT_EQ(why_not([&] { refused.get(); }), errc::not_found);
}
}
}
