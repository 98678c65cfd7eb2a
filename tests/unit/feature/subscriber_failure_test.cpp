// What a subscriber makes of handlers that fail: another attempt, or a dead letter.

#include "stored_events.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
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

class SubscriberFailure : public ::testing::Test
{
protected:
    ~SubscriberFailure() override { EXPECT_EQ(in_.faults("mail"), ""); }

    driven_subscriber& open(detail::subscription_setup setup)
    {
        opened_ = std::make_unique<driven_subscriber>(in_, std::move(setup));
        return *opened_;
    }

    stored_events in_;
    std::unique_ptr<driven_subscriber> opened_;
};

TEST_F(SubscriberFailure, OneThatFailsIsTriedAgainWhenItIsDue)
{
    in_.publish();
    driven_subscriber& s = open(handler_setup(retried(tries({2s}))));
    s.feed();
    s.begin();
    EXPECT_FALSE(s.end(1, failed()));
    s.write();
    EXPECT_EQ(s.of.next_due(), s.now + 2 * second);
    EXPECT_EQ(s.run(), "");
    s.now += 2 * second - 1;
    EXPECT_EQ(s.run(), "");
    s.now += 1;
    EXPECT_EQ(s.run(), "1r ");
    EXPECT_EQ(in_.count(waiting_table()), 0u);
}

TEST_F(SubscriberFailure, AttemptsAreCountedAndTheFirstFailureIsKept)
{
    in_.publish();
    driven_subscriber& s = open(handler_setup(retried(tries({1s, 1s, 1s}))));
    const base::time_us first = s.now;
    for (std::uint32_t n = 1; n <= 3; ++n, s.now += second)
    {
        s.run([&](const handed_event& one) {
            EXPECT_EQ(one.failures, n - 1);
            return failed("broken " + std::to_string(n));
        });
        EXPECT_EQ(in_.waiting("mail", 1).value().failures, n);
        EXPECT_EQ(in_.waiting("mail", 1).value().first_tried, first);
        EXPECT_EQ(in_.waiting("mail", 1).value().code, "broken " + std::to_string(n));
    }
}

TEST_F(SubscriberFailure, OneThatRunsOutOfAttemptsIsADeadLetter)
{
    in_.publish({.key = "k"}, "{\"a\":1}");
    driven_subscriber& s = open(handler_setup(retried(tries({1s, 1s}))));
    const base::time_us first = s.now;
    for (int n = 0; n < 3; ++n, s.now += second)
        s.run([&](const handed_event&) { return failed("broken " + std::to_string(n)); });
    EXPECT_EQ(s.run(), "");
    const dead_letter dead = in_.dead("mail", 1).value();
    EXPECT_EQ(dead.what.data, "{\"a\":1}");
    EXPECT_EQ(dead.subscription, "mail");
    EXPECT_EQ(dead.attempts, 3u);
    EXPECT_EQ(dead.first_tried.time_since_epoch().count(), first);
    EXPECT_EQ(dead.died.time_since_epoch().count(), first + 2 * second);
    EXPECT_EQ(dead.code, "broken 2");
    EXPECT_EQ(dead.text, "it is");
    EXPECT_EQ(in_.count(waiting_table()), 0u);
}

TEST_F(SubscriberFailure, OneWithoutOtherAttemptsIsDeadAtOnce)
{
    in_.publish();
    driven_subscriber& s = open(handler_setup(retried(tries())));
    s.feed();
    s.begin();
    EXPECT_TRUE(s.end(1, failed()));
    s.write();
    const dead_letter dead = in_.dead("mail", 1).value();
    EXPECT_EQ(dead.attempts, 1u);
    EXPECT_EQ(dead.first_tried, dead.died);
}

TEST_F(SubscriberFailure, OneThatIsRefusedForGoodIsDeadAtOnce)
{
    in_.publish();
    driven_subscriber& s = open(handler_setup(retried(tries({1s, 1s}))));
    s.feed();
    s.begin();
    EXPECT_TRUE(s.end(1, refused_for_good()));
    s.write();
    EXPECT_EQ(in_.dead("mail", 1).value().code, "no");
}

TEST_F(SubscriberFailure, WhoAsksToComeAgainLaterChoosesTheDelay)
{
    in_.publish();
    driven_subscriber& s = open(handler_setup(retried(tries({1s}))));
    s.feed();
    s.begin();
    EXPECT_FALSE(s.end(1, later(77s)));
    s.write();
    EXPECT_EQ(s.of.next_due(), s.now + 77 * second);
    s.now += 77 * second;
    EXPECT_EQ(s.run([](const handed_event&) { return later(1s); }), "1r ");
    EXPECT_EQ(in_.dead("mail", 1).value().attempts, 2u) << "it counts as an attempt";
}

TEST_F(SubscriberFailure, WhoAsksToComeAgainTooLateIsDead)
{
    in_.publish();
    delivery_policy policy = tries({1s, 1s});
    policy.total = 10s;
    driven_subscriber& s = open(handler_setup(retried(policy)));
    s.feed();
    s.begin();
    EXPECT_TRUE(s.end(1, later(11s)));
}

TEST_F(SubscriberFailure, NoAttemptBeginsLaterThanThePolicysTotal)
{
    in_.publish();
    delivery_policy policy = tries({6s, 6s, 6s});
    policy.total = 10s;
    driven_subscriber& s = open(handler_setup(retried(policy)));
    EXPECT_EQ(s.run([](const handed_event&) { return failed(); }), "1 ");
    s.now += 6 * second;
    EXPECT_EQ(s.run([](const handed_event&) { return failed(); }), "1r ");
    EXPECT_EQ(in_.dead("mail", 1).value().attempts, 2u);
}

TEST_F(SubscriberFailure, ADelayWithoutEndIsNoTimeInThePast)
{
    in_.publish();
    driven_subscriber& s = open(handler_setup(retried(tries({std::chrono::milliseconds::max()}))));
    s.feed();
    s.begin();
    s.end(1, later(std::chrono::milliseconds::max()));
    s.write();
    EXPECT_GT(s.of.next_due(), s.now);
    EXPECT_LT(in_.waiting("mail", 1).value().due, never_due);
}

TEST_F(SubscriberFailure, WhatWasNeverBegunStaysOpen)
{
    in_.publish_many(2);
    driven_subscriber& s = open(handler_setup(oldest()));
    s.feed();
    s.begin();
    s.end(1, never_begun());
    s.deliver(2);
    s.write();
    EXPECT_EQ(in_.state("mail").value().open, std::vector<event_number>{1});
    EXPECT_EQ(in_.count(waiting_table()), 0u);
}

/// It went to the handler with the one that failed, and was not tried.
TEST_F(SubscriberFailure, TheTotalOfOneThatStoodBehindBeginsWithItsOwnFirstAttempt)
{
    delivery_policy policy = tries({8s, 8s});
    policy.total = 10s;
    driven_subscriber& s = open(handler_setup(retried(policy)));
    in_.publish_many(2, "a");
    EXPECT_EQ(s.run([](const handed_event&) { return failed(); }), "1 ");
    s.now += 8 * second;
    EXPECT_EQ(s.run([](const handed_event& one) { return one.what->number == 2 ? failed() : delivered(); }), "1r 2 ");
    EXPECT_FALSE(in_.dead("mail", 2));
    s.now += 8 * second;
    EXPECT_EQ(s.run(), "2r ");
}

TEST_F(SubscriberFailure, TheTotalOfOneThatWasRefusedBeginsWithItsFirstAttempt)
{
    delivery_policy policy = tries({8s, 8s});
    policy.total = 10s;
    driven_subscriber& s = open(handler_setup(retried(policy)));
    in_.publish();
    s.feed();
    s.begin();
    s.refuse(1);
    s.now += 9 * second;
    s.begin();
    EXPECT_FALSE(s.end(1, failed()));
}
}
}
