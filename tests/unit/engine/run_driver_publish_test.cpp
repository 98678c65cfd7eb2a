// A run publishes what it has not published yet, and nothing in replay.

#include "driven_run.hpp"

#include "replay/token.hpp"

#include <everstep/event.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
workflow<int> tells(context& ctx, int n)
{
    co_await ctx.publish("orders", n);
    const publish_options own{.key = {}, .subject = {}, .type = "t", .id = "mine", .source = "/me", .traceparent = {}};
    co_await ctx.publish("orders", n + 1, own);
    co_return co_await ctx.step("charge", [] { return 1; });
}
workflow<int> tells_at_length(context& ctx, int)
{
    co_await ctx.publish("orders", std::string(2'000, 'x'));
    co_return 1;
}

journal::path first_of_run() { return journal::path(0); }

TEST(RunDriverPublish, AnEventHasTheRunsTokenAndNameUnlessItHasItsOwn)
{
    driven_run run(tells, 7);
    EXPECT_EQ(run.begin(), driver_state::waiting);
    const std::string token = replay::token_of({11, 22}, first_of_run());
    EXPECT_EQ(run.published, (std::vector<std::string>{"orders " + token + " //o-1 orders 7", "orders mine /me t 8"}));
    EXPECT_EQ(run.history().size(), 2u);
}

TEST(RunDriverPublish, NothingIsPublishedInReplay)
{
    driven_run first(tells, 7);
    first.begin();
    driven_run again(tells, 7, first.history());
    EXPECT_EQ(again.begin(), driver_state::waiting);
    EXPECT_TRUE(again.published.empty());
    EXPECT_EQ(again.waiting(), first.waiting());
}

TEST(RunDriverPublish, WhatAHalfHistoryLacksIsPublished)
{
    driven_run first(tells, 7);
    first.begin();
    driven_run again(tells, 7, {first.history().front()});
    again.begin();
    EXPECT_EQ(again.published, std::vector<std::string>{"orders mine /me t 8"});
}

TEST(RunDriverPublish, ATopicThatIsNotKnownParksTheRunBeforeAnythingIsRecorded)
{
    const std::set<std::string, std::less<>> topics{"stock"};
    driven_run run(tells, 7);
    run.limits.topics = &topics;
    EXPECT_EQ(run.begin(), driver_state::parked);
    EXPECT_EQ(run.driver().reason(), park_reason::missing_code);
    EXPECT_TRUE(run.published.empty());
    EXPECT_TRUE(run.history().empty());
}

TEST(RunDriverPublish, AnEventOverItsLimitParksTheRun)
{
    driven_run run(tells_at_length, 0);
    EXPECT_EQ(run.begin(), driver_state::parked);
    EXPECT_EQ(run.driver().reason(), park_reason::limits);
    EXPECT_TRUE(run.published.empty());
}

TEST(RunDriverPublish, NoRoomForTheEntryMeansNoEvent)
{
    driven_run run(tells, 7);
    run.entries_max = 1;
    EXPECT_EQ(run.begin(), driver_state::parked);
    EXPECT_EQ(run.published.size(), 1u);
}
}
}
