// Seeks while events are with the handler, wait in rows, or were had by transactions.

#include "stored_events.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

constexpr base::time_us second = 1'000'000;

class SubscriberSeek : public ::testing::Test
{
protected:
    ~SubscriberSeek() override { EXPECT_EQ(in_.faults("mail"), ""); }

    /// The one before has died.
    driven_subscriber& open(detail::subscription_setup setup)
    {
        const base::time_us now = opened_ ? opened_->now : second;
        opened_ = std::make_unique<driven_subscriber>(in_, std::move(setup));
        opened_->now = now;
        return *opened_;
    }
    void seek(event_number to, std::uint64_t generation = 1)
    {
        in_.transact([&](transaction& tx) {
            tx.put(order_table(), "mail", {.paused = false, .generation = generation, .seek_to = to, .because = {}});
        });
        opened_->read_order();
    }
    /// A transaction of the handler has had it.
    void take(event_number number, std::uint64_t generation)
    {
        in_.transact([&](transaction& tx) { tx.put(taken_table(), {"mail", number}, generation); });
    }
    /// One event of this key is with the handler, a seek goes back to it, and it fails. How it goes on.
    std::string seek_and_fail(detail::subscription_setup setup, const std::string& key)
    {
        driven_subscriber& s = open(std::move(setup));
        in_.publish({.key = key});
        s.feed();
        s.begin();
        seek(1);
        s.feed();
        s.end(1, failed());
        std::string went = s.run();
        s.now += second;
        went += s.run();
        return went;
    }

    stored_events in_;
    std::unique_ptr<driven_subscriber> opened_;
};

// One that fails after the seek, and was read again.

TEST_F(SubscriberSeek, OneOfAKeyThatFailsMeanwhileGoesOn)
{
    const std::string went = seek_and_fail(handler_setup(retried(tries({1s, 1s}))), "a");
    EXPECT_NE(went, "");
    EXPECT_EQ(in_.count(waiting_table()), 0u);
}

TEST_F(SubscriberSeek, OneOfAKeyThatFailsMeanwhileKeepsItsAttempts)
{
    driven_subscriber& s = open(handler_setup(retried(tries({1s, 1s}))));
    in_.publish({.key = "a"});
    s.feed();
    s.begin();
    seek(1);
    s.feed();
    s.end(1, failed());
    s.write();
    EXPECT_EQ(in_.waiting("mail", 1).value().failures, 1u);
    EXPECT_EQ(in_.waiting("mail", 1).value().due, s.now + second);
}

TEST_F(SubscriberSeek, ATransactionThatFailsMeanwhileIsExactlyOnce)
{
    EXPECT_EQ(seek_and_fail(transaction_setup(retried(tries({1s, 1s}))), "a"), "1r ");
}

TEST_F(SubscriberSeek, ATransactionWithoutKeyThatFailsMeanwhileIsExactlyOnce)
{
    EXPECT_EQ(seek_and_fail(transaction_setup(retried(tries({1s, 1s}))), ""), "1r ");
}

// Rows.

TEST_F(SubscriberSeek, WhatWaitsBehindAnotherGoesOnWaitingThere)
{
    driven_subscriber& s = open(handler_setup(retried(tries({1s, 1s}))));
    for (int n = 0; n < 3; ++n)
        in_.publish({.key = "a"});
    s.run([](const handed_event&) { return failed(); });
    seek(1);
    EXPECT_EQ(s.run(), "");
    s.now += second;
    EXPECT_EQ(s.run(), "1r 2 3 ");
    EXPECT_EQ(in_.count(waiting_table()), 0u);
}

TEST_F(SubscriberSeek, WhatWaitsIsGivenOnceAfterAReloadToo)
{
    for (const char* key : {"a", "a", ""})
        in_.publish({.key = key});
    open(handler_setup(retried(tries({1s, 1s})))).run([](const handed_event& one) { return one.what->key == "a" ? failed() : delivered(); });
    seek(1);
    opened_->write();
    driven_subscriber& again = open(handler_setup(retried(tries({1s, 1s}))));
    EXPECT_EQ(again.run(), "3r ");
    again.now += second;
    EXPECT_EQ(again.run(), "1r 2r ");
}

TEST_F(SubscriberSeek, ADeadLetterComesAgainAndIsDeadOnce)
{
    driven_subscriber& s = open(handler_setup(retried(tries())));
    in_.publish({.key = "a"});
    s.run([](const handed_event&) { return failed(); });
    ASSERT_TRUE(in_.dead("mail", 1));
    seek(1);
    EXPECT_EQ(s.run([](const handed_event&) { return failed("again"); }), "1r ");
    EXPECT_EQ(in_.count(dead_table()), 1u);
    EXPECT_EQ(in_.dead("mail", 1).value().code, "again");
}

TEST_F(SubscriberSeek, SeeksThatFollowEachOtherEndAtTheLast)
{
    driven_subscriber& s = open(handler_setup(oldest()));
    in_.publish_many(5);
    s.run();
    seek(2, 1);
    seek(4, 2);
    EXPECT_EQ(s.run(), "4r 5r ");
    seek(5, 3);
    seek(3, 4);
    EXPECT_EQ(s.run(), "3r 4r 5r ");
}

// What transactions have had.

/// The end of the first comes to be written after the second was had: it must not forget that one.
TEST_F(SubscriberSeek, WhatATransactionHasHadSinceIsKnownAfterADeath)
{
    driven_subscriber& s = open(transaction_setup(oldest()));
    in_.publish();
    s.feed();
    s.begin();
    s.write();
    take(1, s.given(1).generation);
    s.deliver(1);
    seek(1);
    s.feed();
    ASSERT_EQ(s.begin(), "1 ");
    take(1, s.given(1).generation); // the transactor runs it before what is written here
    s.write(false);
    EXPECT_EQ(open(transaction_setup(oldest())).run(), "");
}

TEST_F(SubscriberSeek, WhatATransactionHadBeforeComesOnceMore)
{
    driven_subscriber& s = open(transaction_setup(oldest()));
    in_.publish();
    s.feed();
    s.begin();
    take(1, s.given(1).generation);
    s.deliver(1);
    s.write();
    seek(1);
    s.feed();
    ASSERT_EQ(s.begin(), "1 ");
    s.write();
    EXPECT_EQ(open(transaction_setup(oldest())).run(), "1r ");
}
}
}
