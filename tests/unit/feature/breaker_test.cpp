#include "feature/breaker.hpp"

#include <gtest/gtest.h>

namespace everstep::core
{
namespace
{
constexpr base::time_us second = 1'000'000;

breaker opened_at(base::time_us now)
{
    breaker b;
    for (std::uint32_t n = 0; n < breaker::failures_max; ++n)
        b.failed(now);
    return b;
}

TEST(Breaker, LetsManyGoWhileFewerThanTheLimitFail)
{
    breaker b;
    for (std::uint32_t n = 1; n < breaker::failures_max; ++n)
        b.failed(0);
    EXPECT_TRUE(b.may_go(0, 100));
    EXPECT_EQ(b.until(0), 0);
}

TEST(Breaker, LetsNoneGoForAWhileAfterTheLimit)
{
    const breaker b = opened_at(100);
    EXPECT_FALSE(b.may_go(100 + breaker::first_us - 1, 0));
    EXPECT_EQ(b.until(100), 100 + breaker::first_us);
}

TEST(Breaker, LetsOneGoWhenItsTimeIsOver)
{
    const breaker b = opened_at(0);
    EXPECT_TRUE(b.may_go(breaker::first_us, 0));
    EXPECT_FALSE(b.may_go(breaker::first_us, 1));
    EXPECT_EQ(b.until(breaker::first_us), 0);
}

TEST(Breaker, ClosesWithTheFirstThatSucceeds)
{
    breaker b = opened_at(0);
    b.succeeded();
    EXPECT_TRUE(b.may_go(1, 100));
}

TEST(Breaker, ASuccessEndsTheRowOfFailures)
{
    breaker b;
    for (std::uint32_t n = 1; n < breaker::failures_max; ++n)
        b.failed(0);
    b.succeeded();
    b.failed(0);
    EXPECT_TRUE(b.may_go(0, 100));
}

TEST(Breaker, RestsTwiceAsLongAfterEachTrialThatFails)
{
    breaker b = opened_at(0);
    b.failed(10 * second);
    EXPECT_EQ(b.until(10 * second), 10 * second + 2 * breaker::first_us);
    b.failed(100 * second);
    EXPECT_EQ(b.until(100 * second), 100 * second + 4 * breaker::first_us);
}

TEST(Breaker, RestsNoLongerThanTheLongest)
{
    breaker b = opened_at(0);
    base::time_us now = 0;
    for (int n = 0; n < 20; ++n)
        b.failed(now += 2 * breaker::longest_us);
    EXPECT_EQ(b.until(now), now + breaker::longest_us);
}

TEST(Breaker, WhatWasUnderWayWhenItOpenedMakesItNoLonger)
{
    breaker b = opened_at(0);
    b.failed(second);
    b.failed(second);
    EXPECT_EQ(b.until(second), breaker::first_us);
}

TEST(Breaker, BeginsAgainWithTheShortestRestAfterASuccess)
{
    breaker b = opened_at(0);
    b.failed(10 * second);
    b.succeeded();
    for (std::uint32_t n = 0; n < breaker::failures_max; ++n)
        b.failed(100 * second);
    EXPECT_EQ(b.until(100 * second), 100 * second + breaker::first_us);
}
}
}
