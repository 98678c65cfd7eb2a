// A subscription of which nothing is kept.

#include "feature/subscriber.hpp"

#include "stored_events.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

class SubscriberEphemeral : public ::testing::Test
{
protected:
    static subscription_options ephemeral(delivery_policy retry = {})
    {
        subscription_options options;
        options.retry = std::move(retry);
        options.ephemeral = true;
        return options;
    }

    stored_events in_;
};

TEST_F(SubscriberEphemeral, ItBeginsWithEventsToCome)
{
    in_.publish_many(2);
    driven_subscriber s(in_, handler_setup(ephemeral()));
    EXPECT_EQ(s.run(), "");
    in_.publish();
    EXPECT_EQ(s.run(), "3 ");
}

TEST_F(SubscriberEphemeral, NothingOfItIsWritten)
{
    driven_subscriber s(in_, handler_setup(ephemeral()));
    in_.publish_many(3);
    s.run([](const handed_event& one) { return one.what->number == 2 ? failed() : delivered(); });
    EXPECT_FALSE(s.write());
    EXPECT_FALSE(in_.state("mail"));
    EXPECT_EQ(in_.count(waiting_table()) + in_.count(dead_table()), 0u);
}

TEST_F(SubscriberEphemeral, WhatFailsIsTriedAgainAtOnceAndThenForgotten)
{
    driven_subscriber s(in_, handler_setup(ephemeral({.at_once = 2, .pre_backoff = 5})));
    in_.publish();
    EXPECT_EQ(s.run([](const handed_event&) { return failed(); }), "1 1r 1r ");
    EXPECT_EQ(s.run(), "");
}

TEST_F(SubscriberEphemeral, WhatIsTriedAgainGoesBeforeWhatCameLaterUnderItsKey)
{
    driven_subscriber s(in_, handler_setup(ephemeral({.at_once = 1})));
    in_.publish({.key = "k"});
    in_.publish({.key = "k"});
    bool has_failed = false;
    const auto fails_once = [&](const handed_event&) { return std::exchange(has_failed, true) ? delivered() : failed(); };
    EXPECT_EQ(s.run(fails_once), "1 1r 2 ");
}

TEST_F(SubscriberEphemeral, WhatIsForgottenGivesItsRoomBack)
{
    driven_subscriber s(in_, handler_setup(ephemeral({.at_once = 0, .pre_backoff = 0, .backoff = 0, .post_backoff = 0})));
    in_.publish_many(2'000); // more than are in memory at once
    std::size_t count = 0;
    s.run([&](const handed_event&) { return ++count, failed(); });
    EXPECT_EQ(count, 2'000u);
}
}
}
