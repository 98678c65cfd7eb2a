#include "replay/retry.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <limits>

namespace
{
using namespace std::chrono_literals;
using namespace everstep::replay;
using everstep::retry_policy;
using everstep::base::time_us;

constexpr std::uint64_t middle = 1ULL << 63; ///< the chance that changes no delay
constexpr std::uint64_t least = 0;
constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
constexpr time_us began = 1'700'000'000'000'000;
constexpr time_us ms = 1'000;
constexpr time_us refused = -1;

constexpr retry_policy plain{.jitter = 0};

constexpr failure after(time_us delay) { return {false, delay, {}, {}}; }
constexpr failure permanent(time_us delay = -1) { return {true, delay, {}, {}}; }

/// The delay until the next attempt, or `refused`.
time_us delay_of(const retry_policy& policy, std::uint32_t attempts, std::uint64_t chance = middle, const failure& what = {})
{
    const retry_decision decided = decide_retry(policy, what, attempts, began, began, chance);
    return decided.again ? decided.due - began : refused;
}

TEST(Retry, EachDelayIsTheFactorTimesTheOneBefore)
{
    const std::array<time_us, 5> delays{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1'600 * ms};
    for (std::uint32_t attempts = 1; attempts <= delays.size(); ++attempts)
        EXPECT_EQ(delay_of(plain, attempts), delays[attempts - 1]) << attempts;
}

TEST(Retry, FactorNeedNotBeWhole)
{
    const retry_policy policy{.first = 1'000ms, .factor = 1.5, .jitter = 0};
    EXPECT_EQ(delay_of(policy, 3), 2'250 * ms);
}

TEST(Retry, FactorOfOneKeepsTheDelay)
{
    const retry_policy policy{.factor = 1, .jitter = 0};
    EXPECT_EQ(delay_of(policy, 9), 100 * ms);
}

TEST(Retry, FactorBelowOneIsOne)
{
    for (const double factor : {0.5, 0.0, -3.0, -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
        EXPECT_EQ(delay_of({.factor = factor, .jitter = 0}, 5), 100 * ms) << factor;
}

TEST(Retry, NoDelayIsLongerThanTheLongest)
{
    EXPECT_EQ(delay_of({.longest = 300ms, .jitter = 0}, 2), 200 * ms);
    EXPECT_EQ(delay_of({.longest = 300ms, .jitter = 0}, 3), 300 * ms);
    EXPECT_EQ(delay_of({.first = 900ms, .longest = 300ms, .jitter = 0}, 1), 300 * ms);
}

TEST(Retry, JitterMovesTheDelayByUpToItsShareEitherWay)
{
    const retry_policy policy{.first = 1'000ms, .jitter = 0.1};
    EXPECT_EQ(delay_of(policy, 1, least), 900 * ms);
    EXPECT_EQ(delay_of(policy, 1, middle), 1'000 * ms);
    EXPECT_NEAR(static_cast<double>(delay_of(policy, 1, most)), 1'100.0 * ms, 1);
    for (std::uint64_t chance = 1; chance != 0; chance <<= 1)
    {
        EXPECT_GE(delay_of(policy, 1, chance), 900 * ms);
        EXPECT_LE(delay_of(policy, 1, chance), 1'100 * ms);
    }
}

TEST(Retry, JitterRisesWithTheChance)
{
    const retry_policy policy{.first = 1'000ms, .jitter = 0.5};
    EXPECT_EQ(delay_of(policy, 1, middle / 2), 750 * ms);
    EXPECT_EQ(delay_of(policy, 1, middle + middle / 2), 1'250 * ms);
}

TEST(Retry, JitterNeverGoesBeyondTheLongest)
{
    const retry_policy policy{.first = 1'000ms, .longest = 1'000ms, .jitter = 0.5};
    EXPECT_EQ(delay_of(policy, 1, most), 1'000 * ms);
    EXPECT_EQ(delay_of(policy, 1, least), 500 * ms);
}

TEST(Retry, JitterIsTakenForAShareBetweenNoneAndAll)
{
    EXPECT_EQ(delay_of({.jitter = 7}, 1, least), 0);
    EXPECT_EQ(delay_of({.jitter = -7}, 1, least), 100 * ms);
    EXPECT_EQ(delay_of({.jitter = std::numeric_limits<double>::quiet_NaN()}, 1, least), 100 * ms);
}

TEST(Retry, LastAttemptIsTheLast)
{
    const retry_policy policy{.jitter = 0, .attempts = 3};
    EXPECT_NE(delay_of(policy, 2), refused);
    EXPECT_EQ(delay_of(policy, 3), refused);
    EXPECT_EQ(delay_of(policy, 4), refused);
}

TEST(Retry, OneAttemptIsNoRetry) { EXPECT_EQ(delay_of({.attempts = 1}, 1), refused); }

TEST(Retry, NoAttemptsIsWithoutLimit)
{
    EXPECT_EQ(delay_of({.jitter = 0, .attempts = 0}, 4'000'000'000U), 60'000 * ms);
    EXPECT_EQ(delay_of({.jitter = 0, .attempts = 0}, std::numeric_limits<std::uint32_t>::max()), 60'000 * ms);
}

TEST(Retry, PermanentFailureIsNotTriedAgain)
{
    EXPECT_EQ(delay_of(plain, 1, middle, permanent()), refused);
    EXPECT_EQ(delay_of(plain, 1, middle, permanent(5)), refused);
}

TEST(Retry, DelayAskedByTheBodyWinsOverThePolicy)
{
    EXPECT_EQ(delay_of(plain, 1, most, after(7)), 7);
    EXPECT_EQ(delay_of(plain, 1, most, after(0)), 0);
    EXPECT_EQ(delay_of({.longest = 1ms}, 1, most, after(5'000 * ms)), 5'000 * ms);
}

TEST(Retry, DelayAskedByTheBodyGivesNoMoreAttempts)
{
    EXPECT_EQ(delay_of({.attempts = 3}, 3, middle, after(7)), refused);
}

TEST(Retry, NoAttemptBeginsLaterThanTheTotalAfterTheStepBegan)
{
    const retry_policy policy{.jitter = 0, .total = 1'000ms};
    const auto decide = [&](time_us now) { return decide_retry(policy, {}, 1, began, now, middle); };
    EXPECT_TRUE(decide(began + 900 * ms).again);
    EXPECT_EQ(decide(began + 900 * ms).due, began + 1'000 * ms);
    EXPECT_FALSE(decide(began + 900 * ms + 1).again);
}

TEST(Retry, DelayAskedByTheBodyIsBoundByTheTotal)
{
    EXPECT_EQ(delay_of({.total = 1'000ms}, 1, middle, after(1'000 * ms)), 1'000 * ms);
    EXPECT_EQ(delay_of({.total = 1'000ms}, 1, middle, after(1'000 * ms + 1)), refused);
}

TEST(Retry, NoTotalIsWithoutLimit)
{
    EXPECT_TRUE(decide_retry(plain, {}, 1, 0, began, middle).again);
    EXPECT_TRUE(decide_retry({.total = -5ms}, {}, 1, 0, began, middle).again);
}

TEST(Retry, DueIsCountedFromNowNotFromTheBegin)
{
    EXPECT_EQ(decide_retry(plain, {}, 1, began, began + 5'000 * ms, middle).due, began + 5'100 * ms);
}

TEST(Retry, PredicateDecidesByCodeAndText)
{
    constexpr retry_policy policy{
        .jitter = 0, .again = [](std::string_view code, std::string_view text) { return code == "busy" && text == "try later"; }};
    EXPECT_EQ(delay_of(policy, 1, middle, {false, -1, "busy", "try later"}), 100 * ms);
    EXPECT_EQ(delay_of(policy, 1, middle, {false, -1, "busy", "go away"}), refused);
    EXPECT_EQ(delay_of(policy, 1, middle, {false, -1, "declined", "try later"}), refused);
    EXPECT_EQ(delay_of(policy, 1, middle, {false, 5, "declined", "try later"}), refused);
}

TEST(Retry, PredicateIsNotAskedWhereThereIsNoChoice)
{
    constexpr retry_policy policy{.attempts = 2, .again = [](std::string_view, std::string_view) -> bool { throw "asked"; }};
    EXPECT_EQ(delay_of(policy, 2), refused);
    EXPECT_EQ(delay_of(policy, 1, middle, permanent()), refused);
}

TEST(Retry, ZeroFirstDelayIsAtOnceForEver)
{
    for (const std::uint32_t attempts : {1U, 2U, 1'024U, 5'000U, 4'000'000'000U})
    {
        EXPECT_EQ(delay_of({.first = 0ms, .attempts = 0}, attempts, most), 0) << attempts;
        EXPECT_EQ(delay_of({.first = 0ms, .factor = 1e300, .attempts = 0}, attempts, most), 0) << attempts;
    }
}

TEST(Retry, ZeroLongestDelayIsAtOnce) { EXPECT_EQ(delay_of({.longest = 0ms, .jitter = 1}, 5, most), 0); }

TEST(Retry, NegativeDelaysAreZero)
{
    EXPECT_EQ(delay_of({.first = -5ms, .attempts = 0}, 2'000), 0);
    EXPECT_EQ(delay_of({.longest = -5ms}, 2), 0);
}

TEST(Retry, GreatFactorsEndInTheLongestDelay)
{
    EXPECT_EQ(delay_of({.factor = 1e300, .jitter = 0, .attempts = 0}, 2), 60'000 * ms);
    EXPECT_EQ(delay_of({.factor = 1e300, .jitter = 0, .attempts = 0}, 3), 60'000 * ms);
    EXPECT_EQ(delay_of({.factor = 1e300, .jitter = 0, .attempts = 0}, 4'000'000'000U), 60'000 * ms);
    EXPECT_EQ(delay_of({.factor = std::numeric_limits<double>::infinity(), .jitter = 0}, 2), 60'000 * ms);
}

TEST(Retry, LongestDurationsDoNotOverflow)
{
    constexpr auto longest = std::chrono::milliseconds::max();
    const retry_policy policy{.first = longest, .longest = longest, .jitter = 1, .attempts = 0, .total = longest};
    for (const std::uint64_t chance : {least, middle, most})
        EXPECT_GE(delay_of(policy, 4'000'000'000U, chance), 0);
    const failure asked_for_ever = after(std::numeric_limits<time_us>::max());
    EXPECT_GT(delay_of({.total = longest}, 1, middle, asked_for_ever), 0);
    EXPECT_EQ(delay_of({.total = 1ms}, 1, middle, asked_for_ever), refused);
    EXPECT_EQ(delay_of({.first = std::chrono::milliseconds::min(), .longest = std::chrono::milliseconds::min()}, 2), 0);
}

constexpr retry_policy parking{.jitter = 0, .attempts = 3, .total = 1'000ms, .when_exhausted = everstep::exhausted::park_run};

TEST(Retry, ExhaustedAttemptsParkWhereThePolicySaysSo)
{
    const retry_decision decided = decide_retry(parking, {}, 3, began, began, middle);
    EXPECT_FALSE(decided.again);
    EXPECT_TRUE(decided.parks);
}

TEST(Retry, ExhaustedAttemptsAreToldWhereThePolicySaysNothing)
{
    EXPECT_FALSE(decide_retry({.attempts = 3}, {}, 3, began, began, middle).parks);
}

TEST(Retry, ExhaustedTotalParks)
{
    EXPECT_TRUE(decide_retry(parking, {}, 1, began, began + 950 * ms, middle).parks);
    EXPECT_FALSE(decide_retry(parking, {}, 1, began, began + 900 * ms, middle).parks);
}

TEST(Retry, WhatWillNeverWorkDoesNotPark)
{
    EXPECT_FALSE(decide_retry(parking, permanent(), 3, began, began, middle).parks);
    retry_policy choosy = parking;
    choosy.again = [](std::string_view code, std::string_view) { return code != "declined"; };
    EXPECT_FALSE(decide_retry(choosy, {false, -1, "declined", {}}, 3, began, began, middle).parks);
    EXPECT_TRUE(decide_retry(choosy, {false, -1, "busy", {}}, 3, began, began, middle).parks);
}

TEST(Retry, NoAttemptBeginsWhenTheTotalTimeOutIsOver)
{
    const auto decide = [&](time_us now) { return decide_retry(plain, {}, 1, began, now, middle, 1'000ms); };
    EXPECT_TRUE(decide(began + 900 * ms - 1).again);
    EXPECT_FALSE(decide(began + 900 * ms - 1).is_timed_out);
    EXPECT_FALSE(decide(began + 900 * ms).again);
    EXPECT_TRUE(decide(began + 900 * ms).is_timed_out);
}

TEST(Retry, TotalTimeOutParksWhereThePolicySaysSo)
{
    const retry_decision decided = decide_retry(parking, {}, 1, began, began + 500 * ms, middle, 500ms);
    EXPECT_TRUE(decided.is_timed_out);
    EXPECT_TRUE(decided.parks);
}

TEST(Retry, LongestTotalTimeOutDoesNotOverflow)
{
    EXPECT_TRUE(decide_retry(plain, {}, 1, began, began, middle, std::chrono::milliseconds::max()).again);
    EXPECT_GT(end_of(std::chrono::milliseconds::max(), began), began);
}
}
