#include "feature/subscriber.hpp"

#include "stored_events.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
class Subscriber : public ::testing::Test
{
protected:
    ~Subscriber() override { EXPECT_EQ(in_.faults("mail"), ""); }

    driven_subscriber& open(detail::subscription_setup setup = handler_setup(oldest()))
    {
        opened_ = std::make_unique<driven_subscriber>(in_, std::move(setup));
        return *opened_;
    }
    stored_events in_;
    std::unique_ptr<driven_subscriber> opened_;
};

// Where it begins.

TEST_F(Subscriber, ANewOneHasTheEventsThatAreToCome)
{
    in_.publish_many(3);
    driven_subscriber& s = open(handler_setup());
    EXPECT_EQ(s.run(), "");
    in_.publish();
    EXPECT_EQ(s.run(), "4 ");
}

TEST_F(Subscriber, ANewOneFromTheOldestHasAllThatAreThere)
{
    in_.publish_many(3);
    EXPECT_EQ(open().run(), "1 2 3 ");
}

/// Before the engine is open: what is published then is for it, also where it dies.
TEST_F(Subscriber, WhereANewOneBeginsIsToBeWritten)
{
    in_.publish_many(3);
    EXPECT_TRUE(open(handler_setup()).write(false));
    EXPECT_EQ(in_.state("mail").value().head, 4u);
    in_.publish();
    EXPECT_EQ(open(handler_setup()).run(), "4r ");
}

TEST_F(Subscriber, OneThatIsKnownGoesOnWhereItStood)
{
    in_.publish_many(3);
    open().run();
    in_.publish_many(2);
    EXPECT_FALSE(open().write(false));
    EXPECT_EQ(open().run(), "4r 5r ");
}

TEST_F(Subscriber, OneThatWasMovedToAnotherTopicIsRefused)
{
    in_.publish();
    open().run();
    detail::subscription_setup moved = handler_setup();
    moved.topic = "dead";
    try
    {
        open(moved);
        ADD_FAILURE() << "it was opened";
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.why(), errc::wrong_use);
        EXPECT_EQ(e.text(),
                  "subscription 'mail' is one of topic 'orders' in the journal, the code says 'dead': give the new one a new name");
    }
}

TEST_F(Subscriber, EventsOfOtherTopicsAreNotForIt)
{
    in_.publish();
    in_.publish({}, "1", "dead");
    in_.publish();
    EXPECT_EQ(open().run(), "1 3 ");
}

TEST_F(Subscriber, WhatTheFilterDoesNotMatchIsPassedOver)
{
    for (const char* type : {"a", "b", "b", "a", "b"})
        in_.publish({.type = type});
    driven_subscriber& s = open(handler_setup(filtered(filters::equal("type", "a"))));
    EXPECT_EQ(s.run(), "1 4 ");
    EXPECT_EQ(in_.state("mail").value().head, 6u);
}

// Order.

TEST_F(Subscriber, EventsWithoutKeyGoSideBySide)
{
    in_.publish_many(3);
    driven_subscriber& s = open();
    s.feed();
    EXPECT_EQ(s.begin(), "1 2 3 ");
}

TEST_F(Subscriber, EventsOfAKeyGoOneAfterTheOther)
{
    for (const char* key : {"a", "b", "a", "a"})
        in_.publish({.key = key});
    driven_subscriber& s = open(transaction_setup(oldest()));
    s.feed();
    EXPECT_EQ(s.begin(), "1 2 ");
    EXPECT_EQ(s.begin(), "");
    s.deliver(1);
    EXPECT_EQ(s.begin(), "3 ");
    s.deliver(2);
    EXPECT_EQ(s.begin(), "");
    s.deliver(3);
    EXPECT_EQ(s.begin(), "4 ");
}

TEST_F(Subscriber, AHandlerHasSomeOfAKeyAtOnceOneAfterTheOther)
{
    in_.publish_many(events_at_once + 2, "a");
    driven_subscriber& s = open();
    s.feed();
    s.begin();
    ASSERT_EQ(s.out.size(), 1u);
    EXPECT_EQ(s.out.at(1).size(), events_at_once);
    s.deliver(1);
    EXPECT_EQ(s.begin(), "[65 66] ");
}

TEST_F(Subscriber, WithAConcurrencyOf1AllGoInTheOrderOfTheirNumbers)
{
    for (const char* key : {"a", "", "b", "a", ""})
        in_.publish({.key = key});
    driven_subscriber& s = open(handler_setup(concurrently(1)));
    s.feed();
    EXPECT_EQ(s.begin(), "[1 2 3 4 5] ");
    s.end(1, delivered(), 2); // the engine closes
    EXPECT_EQ(s.begin(), "[3 4 5] ");
}

TEST_F(Subscriber, WithAConcurrencyOf1WorkflowsStartInTheOrderOfTheirEvents)
{
    for (const char* key : {"a", "", "a"})
        in_.publish({.key = key});
    EXPECT_EQ(open(workflow_setup(concurrently(1))).run(), "1 2 3 ");
}

TEST_F(Subscriber, WithAConcurrencyOf1TransactionsAreInTheOrderOfTheirEvents)
{
    for (const char* key : {"a", "a", "b"})
        in_.publish({.key = key});
    EXPECT_EQ(open(transaction_setup(concurrently(1))).run(), "1 2 3 ");
}

TEST_F(Subscriber, WhatWasNotTriedGoesAgainInItsOrder)
{
    in_.publish_many(5, "a");
    driven_subscriber& s = open();
    s.feed();
    EXPECT_EQ(s.begin(), "[1 2 3 4 5] ");
    s.end(1, delivered(), 2);
    in_.publish({.key = "a"});
    s.feed();
    EXPECT_EQ(s.begin(), "[3 4 5 6] ");
}

TEST_F(Subscriber, OneThatIsSuspectedHasItsEventsOneByOne)
{
    in_.publish_many(3, "a");
    driven_subscriber s(in_);
    s.of.suspect();
    s.feed();
    EXPECT_EQ(s.begin(), "1 ");
}

// How many at once.

TEST_F(Subscriber, AsManyHandlersBeginAsMayRun)
{
    subscriber of(handler_setup(concurrently(3)));
    EXPECT_TRUE(of.may_begin());
    EXPECT_TRUE(of.may_begin());
    EXPECT_TRUE(of.may_begin());
    EXPECT_FALSE(of.may_begin());
    of.has_ended();
    EXPECT_TRUE(of.may_begin());
    EXPECT_FALSE(of.may_begin());
}

TEST_F(Subscriber, AtFirstAsManyGoAsMayRun)
{
    in_.publish_many(100);
    driven_subscriber& s = open(handler_setup(concurrently(3)));
    s.feed();
    EXPECT_EQ(s.begin(), "1 2 3 ");
    EXPECT_EQ(s.of.running(), 3u);
    s.deliver(2);
    EXPECT_EQ(s.of.running(), 2u);
    EXPECT_EQ(s.begin(), "4 ");
}

TEST_F(Subscriber, WhileNoneIsRefusedMoreGoAtOnce)
{
    in_.publish_many(200);
    driven_subscriber& s = open(handler_setup(concurrently(2)));
    s.feed();
    std::vector<std::size_t> sizes;
    for (int round = 0; round < 4; ++round)
    {
        s.begin();
        sizes.push_back(s.out.size());
        while (!s.out.empty())
            s.deliver(s.out.begin()->first);
    }
    EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 4, 8, 16}));
}

TEST_F(Subscriber, WhereOneIsRefusedAsManyGoAsMayRun)
{
    in_.publish_many(200);
    driven_subscriber& s = open(handler_setup(concurrently(2)));
    s.feed();
    s.begin();
    s.deliver(1);
    s.deliver(2);
    EXPECT_EQ(s.begin(), "3 4 5 6 ");
    for (const event_number one : {6u, 5u}) // the last to come was the first to come back
        s.refuse(one);
    EXPECT_EQ(s.begin(), "");
    s.deliver(3);
    EXPECT_EQ(s.begin(), "5 ");
    s.deliver(4);
    EXPECT_EQ(s.begin().substr(0, 2), "6 ");
}

TEST_F(Subscriber, WhatWasRefusedOfAKeyComesBackInItsOrder)
{
    in_.publish_many(3, "a");
    driven_subscriber& s = open();
    s.feed();
    EXPECT_EQ(s.begin(), "[1 2 3] ");
    s.refuse(1);
    in_.publish({.key = "a"});
    s.feed();
    EXPECT_EQ(s.begin(), "[1 2 3 4] ");
}

TEST_F(Subscriber, QuickHandlersNeverHaveMoreThanIsInMemory)
{
    in_.publish_many(8'000);
    driven_subscriber& s = open(handler_setup(concurrently(2)));
    std::size_t most = 0;
    for (int round = 0; round < 14; ++round)
    {
        s.feed();
        s.begin();
        most = std::max(most, s.out.size());
        while (!s.out.empty())
            s.deliver(s.out.begin()->first);
        s.write();
    }
    EXPECT_EQ(most, 512u);
}

// How much is in memory.

TEST_F(Subscriber, ItWantsNoMoreEventsThanItHasRoomFor)
{
    in_.publish_many(1'000);
    driven_subscriber& s = open();
    s.feed();
    EXPECT_FALSE(s.of.wants_events());
    EXPECT_EQ(s.of.head(), 513u);
    EXPECT_EQ(s.begin().size(), std::string("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 ").size());
    EXPECT_FALSE(s.of.wants_events()); // they are still in memory
    s.deliver(1);
    EXPECT_TRUE(s.of.wants_events());
    s.feed();
    EXPECT_EQ(s.of.head(), 514u);
}

TEST_F(Subscriber, APageThatItHasNoRoomForIsKept)
{
    in_.publish_many(1'000);
    driven_subscriber& s = open(handler_setup(concurrently(600)));
    s.feed();
    s.begin();
    for (event_number n = 1; n <= 10; ++n)
        s.deliver(n);
    in_.store.read([&](const store::snapshot& at) { s.of.take(read_events(at, "orders", 513, in_.next())); });
    ASSERT_NE(s.of.page(), nullptr);
    EXPECT_EQ(s.of.head(), 523u);
    EXPECT_NE(s.run().find(" 522 523 524 525 "), std::string::npos);
}

TEST_F(Subscriber, LargeEventsAreFewerInMemory)
{
    in_.publish_many(30, {}, std::string(1u << 20, 'x'));
    driven_subscriber& s = open();
    s.feed();
    EXPECT_EQ(s.of.head(), 5u);
    s.begin();
    s.deliver(1);
    s.feed();
    EXPECT_EQ(s.of.head(), 6u);
    s.run();
    EXPECT_EQ(in_.state("mail").value().head, 31u);
}

/// A crash would have it flag all of them as redelivered.
TEST_F(Subscriber, ItDoesNotRunAheadOfWhatIsDurable)
{
    in_.publish_many(6'000);
    driven_subscriber& s = open(handler_setup(filtered(filters::exists("subject"))));
    s.feed();
    EXPECT_GE(s.of.head(), 4'096u);
    EXPECT_LT(s.of.head(), 4'500u);
    EXPECT_FALSE(s.of.wants_events());
    EXPECT_TRUE(s.write(false));
    EXPECT_TRUE(s.of.wants_events());
}

// Pausing.

TEST_F(Subscriber, OneThatIsPausedReadsAndBeginsNothing)
{
    in_.publish_many(3);
    driven_subscriber& s = open();
    s.feed();
    in_.transact([](transaction& tx) { tx.put(order_table(), "mail", {.paused = true, .generation = 0, .seek_to = 0, .because = {}}); });
    s.read_order();
    EXPECT_TRUE(s.of.is_paused());
    EXPECT_EQ(s.begin(), "");
    EXPECT_FALSE(s.of.wants_events());
    EXPECT_FALSE(s.of.wants_rows(s.now));
    in_.transact([](transaction& tx) { tx.put(order_table(), "mail", {.paused = false, .generation = 0, .seek_to = 0, .because = {}}); });
    s.read_order();
    EXPECT_EQ(s.run(), "1 2 3 ");
}

TEST_F(Subscriber, OneThatWasPausedIsPausedWhenItIsOpenedAgain)
{
    in_.publish_many(3);
    in_.transact([](transaction& tx) { tx.put(order_table(), "mail", {.paused = true, .generation = 0, .seek_to = 0, .because = {}}); });
    EXPECT_TRUE(open().of.is_paused());
    EXPECT_EQ(opened_->run(), "");
}
}
}
