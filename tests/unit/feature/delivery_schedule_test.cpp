#include "feature/delivery_schedule.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr double least = 0;
constexpr double middle = 0.5; ///< the chance that changes no delay
constexpr double most = 1;
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double endless = std::numeric_limits<double>::infinity();
constexpr std::uint32_t count_max = std::numeric_limits<std::uint32_t>::max();
constexpr microseconds given_up{-1};
/// A quarter of what 64 bits hold, in whole milliseconds.
constexpr microseconds delay_max{2'305'843'009'213'693'000};

microseconds delay_of(const delivery_policy& policy, std::uint32_t failures, double random = middle)
{
    return delay_after(policy, failures, random).value_or(given_up);
}

/// The delays of all retries, until it is given up.
std::vector<microseconds> delays_of(const delivery_policy& policy)
{
    std::vector<microseconds> all;
    for (std::uint32_t failures = 1; all.size() < 200'000 && delay_after(policy, failures, middle); ++failures)
        all.push_back(delay_of(policy, failures));
    return all;
}

/// Of all of them, in days.
double days_of(const std::vector<microseconds>& delays)
{
    return static_cast<double>(std::accumulate(delays.begin(), delays.end(), microseconds{0}).count()) / 86'400e6;
}

/// Nothing but a backoff phase.
delivery_policy rising(std::uint32_t retries, backoff_curve curve, milliseconds from, milliseconds to)
{
    return {.at_once = 0, .pre_backoff = 0, .shortest = from, .backoff = retries, .curve = curve, .longest = to, .post_backoff = 0};
}

constexpr std::array curves{backoff_curve::linear, backoff_curve::arithmetic, backoff_curve::geometric, backoff_curve::exponential};

/// Small phases, each with a delay of its own.
delivery_policy four_phases()
{
    return {.at_once = 2, .pre_backoff = 3, .shortest = 1s, .backoff = 3, .curve = backoff_curve::linear, .longest = 5s, .post_backoff = 2};
}

TEST(DeliverySchedule, LinearRisesByTheSameAmount)
{
    const std::vector<microseconds> delays{5'000'000us,   33'333'333us,  61'666'667us,  90'000'000us,  118'333'333us,
                                           146'666'667us, 175'000'000us, 203'333'333us, 231'666'667us, 260'000'000us};
    EXPECT_EQ(delays_of(rising(10, backoff_curve::linear, 5s, 260s)), delays);
}

TEST(DeliverySchedule, ArithmeticRisesByAmountsThatGrowByTheSame)
{
    const std::vector<microseconds> delays{5'000'000us,  10'666'667us,  22'000'000us,  39'000'000us,  61'666'667us,
                                           90'000'000us, 124'000'000us, 163'666'667us, 209'000'000us, 260'000'000us};
    EXPECT_EQ(delays_of(rising(10, backoff_curve::arithmetic, 5s, 260s)), delays);
    EXPECT_EQ(delays_of(rising(5, backoff_curve::arithmetic, 10s, 110s)), (std::vector<microseconds>{10s, 20s, 40s, 70s, 110s}));
}

TEST(DeliverySchedule, GeometricRisesByTheSameFactor)
{
    const std::vector<microseconds> delays{5'000'000us,  7'755'986us,  12'031'065us,  18'662'556us,  28'949'306us,
                                           44'906'085us, 69'658'198us, 108'053'608us, 167'612'464us, 260'000'000us};
    EXPECT_EQ(delays_of(rising(10, backoff_curve::geometric, 5s, 260s)), delays);
    EXPECT_EQ(delays_of(rising(6, backoff_curve::geometric, 1s, 32s)), (std::vector<microseconds>{1s, 2s, 4s, 8s, 16s, 32s}));
}

TEST(DeliverySchedule, ExponentialRisesByAmountsThatDouble)
{
    const std::vector<microseconds> delays{5'000'000us,  5'499'022us,  6'497'065us,  8'493'151us,   12'485'323us,
                                           20'469'667us, 36'438'356us, 68'375'734us, 132'250'489us, 260'000'000us};
    EXPECT_EQ(delays_of(rising(10, backoff_curve::exponential, 5s, 260s)), delays);
    EXPECT_EQ(delays_of(rising(5, backoff_curve::exponential, 10s, 25s)), (std::vector<microseconds>{10s, 11s, 13s, 17s, 25s}));
}

TEST(DeliverySchedule, EveryCurveBeginsAtTheShortestEndsAtTheLongestAndNeverFalls)
{
    for (const backoff_curve curve : curves)
        for (const std::uint32_t retries : {2U, 3U, 7U, 100U, 5'000U})
        {
            const std::vector<microseconds> delays = delays_of(rising(retries, curve, 7ms, 3'600'001ms));
            ASSERT_EQ(delays.size(), retries);
            EXPECT_EQ(delays.front(), 7ms);
            EXPECT_EQ(delays.back(), 3'600'001ms);
            EXPECT_TRUE(std::is_sorted(delays.begin(), delays.end())) << static_cast<int>(curve) << " " << retries;
        }
}

TEST(DeliverySchedule, OneRetryOfACurveHasTheShortestDelay)
{
    for (const backoff_curve curve : curves)
        EXPECT_EQ(delays_of(rising(1, curve, 2s, 9s)), std::vector<microseconds>{2s});
}

TEST(DeliverySchedule, CurvesMayRiseFromZero)
{
    EXPECT_EQ(delays_of(rising(3, backoff_curve::linear, 0ms, 4s)), (std::vector<microseconds>{0s, 2s, 4s}));
    EXPECT_EQ(delays_of(rising(3, backoff_curve::arithmetic, 0ms, 3s)), (std::vector<microseconds>{0s, 1s, 3s}));
    EXPECT_EQ(delays_of(rising(3, backoff_curve::exponential, 0ms, 3s)), (std::vector<microseconds>{0s, 1s, 3s}));
}

TEST(DeliverySchedule, PhasesFollowEachOther)
{
    const std::vector<microseconds> delays{0s, 0s, 1s, 1s, 1s, 1s, 3s, 5s, 5s, 5s};
    EXPECT_EQ(delays_of(four_phases()), delays);
}

TEST(DeliverySchedule, APhaseOfNoRetriesIsLeftOut)
{
    delivery_policy policy = four_phases();
    policy.pre_backoff = 0;
    EXPECT_EQ(delays_of(policy), (std::vector<microseconds>{0s, 0s, 1s, 3s, 5s, 5s, 5s}));
    policy.backoff = 0;
    EXPECT_EQ(delays_of(policy), (std::vector<microseconds>{0s, 0s, 5s, 5s}));
    policy.at_once = 0;
    EXPECT_EQ(delays_of(policy), (std::vector<microseconds>{5s, 5s}));
    policy.post_backoff = 0;
    EXPECT_EQ(delays_of(policy), std::vector<microseconds>{});
}

TEST(DeliverySchedule, TheFirstAttemptIsAtOnce)
{
    EXPECT_EQ(delay_of(rising(3, backoff_curve::linear, 2s, 4s), 0, most), 0s);
    EXPECT_EQ(delay_of({.delays = {7s}}, 0, most), 0s);
}

TEST(DeliverySchedule, AfterTheLastAttemptItIsGivenUpForGood)
{
    for (const std::uint32_t failures : {11U, 12U, 100'000U, count_max})
        EXPECT_EQ(delay_of(four_phases(), failures), given_up) << failures;
}

TEST(DeliverySchedule, AttemptsAreTheFirstAndOneForEachDelay)
{
    for (const delivery_policy& policy : {four_phases(), delivery_policy{.delays = {1s, 2s}}, delivery_policy::best_effort(1)})
        EXPECT_EQ(attempts_of(policy), delays_of(policy).size() + 1);
    EXPECT_EQ(attempts_of(four_phases()), 11U);
}

TEST(DeliverySchedule, DefaultsAreThoseOfAnEndpointThatAwsManages)
{
    EXPECT_EQ(delays_of({}), delays_of(delivery_policy::sns_managed_endpoint()));
    EXPECT_EQ(delivery_policy{}.jitter, 0.1);
    EXPECT_EQ(delivery_policy{}.total, 0s);
}

TEST(DeliverySchedule, AnEndpointThatAwsManagesIsTriedFor23Days)
{
    const std::vector<microseconds> delays = delays_of(delivery_policy::sns_managed_endpoint());
    ASSERT_EQ(delays.size(), 100'015U);
    EXPECT_EQ((std::vector(delays.begin(), delays.begin() + 6)), (std::vector<microseconds>{0s, 0s, 0s, 1s, 1s, 1s}));
    EXPECT_EQ(delays[14], 20s);
    EXPECT_EQ(delays[100'014], 20s);
    EXPECT_NEAR(days_of(delays), 23.148723, 1e-6);
}

TEST(DeliverySchedule, AnEndpointOfACustomerIsTriedForMoreThan6Hours)
{
    const std::vector<microseconds> delays = delays_of(delivery_policy::sns_customer_endpoint());
    ASSERT_EQ(delays.size(), 50U);
    EXPECT_EQ((std::vector(delays.begin(), delays.begin() + 3)), (std::vector<microseconds>{10s, 10s, 10s}));
    EXPECT_EQ(delays[11], 600s);
    EXPECT_EQ(delays[49], 600s);
    EXPECT_NEAR(days_of(delays) * 24, 6.691558, 1e-6);
}

TEST(DeliverySchedule, StandardWebhooksComeAtTheTimesOfItsTable)
{
    const delivery_policy policy = delivery_policy::standard_webhooks();
    const std::vector<microseconds> since_start{0s, 5s, 5min + 5s, 35min + 5s, 155min + 5s, 455min + 5s,
                                                1'055min + 5s, 1'895min + 5s, 3'095min + 5s, 4'535min + 5s};
    EXPECT_EQ(attempts_of(policy), since_start.size());
    microseconds now{0};
    for (std::uint32_t failures = 0; failures < since_start.size(); ++failures)
    {
        now += delay_of(policy, failures);
        EXPECT_EQ(now, since_start[failures]) << failures;
    }
    EXPECT_EQ(delay_of(policy, 10), given_up);
}

TEST(DeliverySchedule, BestEffortIsFiftyAttemptsOverTwoDays)
{
    std::vector<microseconds> delays{1s, 5s, 15s, 1min, 5min, 15min};
    delays.resize(49, 1h);
    EXPECT_EQ(delays_of(delivery_policy::best_effort()), delays);
    EXPECT_EQ(attempts_of(delivery_policy::best_effort()), 50U);
}

TEST(DeliverySchedule, BestEffortHasTheAttemptsThatItIsGiven)
{
    EXPECT_EQ(delays_of(delivery_policy::best_effort(1)), std::vector<microseconds>{});
    EXPECT_EQ(delays_of(delivery_policy::best_effort(2)), std::vector<microseconds>{1s});
    EXPECT_EQ(delays_of(delivery_policy::best_effort(7)), (std::vector<microseconds>{1s, 5s, 15s, 1min, 5min, 15min}));
    EXPECT_EQ(attempts_of(delivery_policy::best_effort(10'001)), 10'001U);
}

TEST(DeliverySchedule, EveryPresetIsAccepted)
{
    for (const delivery_policy& policy :
         {delivery_policy{}, delivery_policy::sns_managed_endpoint(), delivery_policy::sns_customer_endpoint(),
          delivery_policy::standard_webhooks(), delivery_policy::best_effort(1), delivery_policy::best_effort(10'001)})
        EXPECT_NO_THROW(check(policy));
}

TEST(DeliverySchedule, AListStandsForThePhases)
{
    const delivery_policy policy{.delays = {3s, 0s, 1s}};
    EXPECT_EQ(delays_of(policy), (std::vector<microseconds>{3s, 0s, 1s}));
    EXPECT_EQ(attempts_of(policy), 4U);
}

TEST(DeliverySchedule, JitterMovesADelayByUpToItsShareEitherWay)
{
    delivery_policy policy = rising(2, backoff_curve::linear, 1'024ms, 10s);
    policy.jitter = 0.25;
    for (std::int64_t part = 0; part <= 64; ++part)
        EXPECT_EQ(delay_of(policy, 1, static_cast<double>(part) / 64), 768ms + part * 8ms) << part;
}

TEST(DeliverySchedule, JitterGoesBeyondTheLongestDelayToo)
{
    const delivery_policy policy{.at_once = 0, .pre_backoff = 0, .backoff = 0, .longest = 10s, .post_backoff = 1, .jitter = 0.1};
    EXPECT_EQ(delay_of(policy, 1, least), 9s);
    EXPECT_EQ(delay_of(policy, 1, most), 11s);
}

TEST(DeliverySchedule, JitterLeavesWhatIsAtOnceAtOnce)
{
    EXPECT_EQ(delay_of({.jitter = 1}, 1, least), 0s);
    EXPECT_EQ(delay_of({.jitter = 1}, 1, most), 0s);
}

TEST(DeliverySchedule, JitterIsTakenForAShareBetweenNoneAndAll)
{
    const auto moved = [](double jitter, double random) { return delay_of({.jitter = jitter, .delays = {1s}}, 1, random); };
    EXPECT_EQ(moved(7, least), 0s);
    EXPECT_EQ(moved(endless, most), 2s);
    EXPECT_EQ(moved(-7, least), 1s);
    EXPECT_EQ(moved(no_number, most), 1s);
}

TEST(DeliverySchedule, ChanceIsTakenForANumberFromZeroToOne)
{
    const auto moved = [](double random) { return delay_of({.jitter = 0.5, .delays = {1s}}, 1, random); };
    EXPECT_EQ(moved(-3), 500ms);
    EXPECT_EQ(moved(-endless), 500ms);
    EXPECT_EQ(moved(3), 1'500ms);
    EXPECT_EQ(moved(endless), 1'500ms);
    EXPECT_EQ(moved(no_number), 1s);
}

TEST(DeliverySchedule, NoAttemptBeginsLaterThanTheTotal)
{
    const delivery_policy policy{.jitter = 0, .total = 10s, .delays = {4s, 4s}};
    EXPECT_EQ(delay_after(policy, 1, middle, 6s), 4s);
    EXPECT_EQ(delay_after(policy, 1, middle, 6s + 1us), std::nullopt);
    EXPECT_EQ(delay_after(policy, 3, middle, 0s), std::nullopt);
}

TEST(DeliverySchedule, TheTotalCountsTheDelayAfterJitter)
{
    const delivery_policy policy{.jitter = 0.5, .total = 10s, .delays = {4s}};
    EXPECT_EQ(delay_after(policy, 1, least, 8s), 2s);
    EXPECT_EQ(delay_after(policy, 1, most, 8s), std::nullopt);
}

TEST(DeliverySchedule, ATotalOfZeroIsNoLimit)
{
    EXPECT_EQ(delay_after({.delays = {4s}}, 1, middle, microseconds::max()), 4s);
    EXPECT_TRUE(is_in_time({}, microseconds::max(), microseconds::max()));
    EXPECT_TRUE(is_in_time({.total = -1ms}, microseconds::max(), microseconds::max()));
}

TEST(DeliverySchedule, ADelayThatWasAskedForIsHeldAgainstTheTotal)
{
    const delivery_policy policy{.total = 10s};
    EXPECT_TRUE(is_in_time(policy, 3s, 7s));
    EXPECT_FALSE(is_in_time(policy, 3s, 7s + 1us));
    EXPECT_TRUE(is_in_time(policy, 10s, -7s));
    EXPECT_FALSE(is_in_time(policy, 10s + 1us, -7s));
}

TEST(DeliverySchedule, AClockThatWasSetBackTakesNoTimeFromTheTotal)
{
    const delivery_policy policy{.total = 10s};
    EXPECT_TRUE(is_in_time(policy, -1h, 10s));
    EXPECT_FALSE(is_in_time(policy, -1h, 11s));
    EXPECT_FALSE(is_in_time(policy, microseconds::min(), microseconds::max()));
}

TEST(DeliverySchedule, NoTotalOverflows)
{
    EXPECT_FALSE(is_in_time({.total = 1ms}, microseconds::max(), microseconds::max()));
    EXPECT_FALSE(is_in_time({.total = milliseconds::max()}, microseconds::max(), 0s));
    EXPECT_FALSE(is_in_time({.total = milliseconds::max()}, 1us, microseconds::max()));
    EXPECT_TRUE(is_in_time({.total = milliseconds::max()}, 0s, microseconds::max()));
    EXPECT_TRUE(is_in_time({.total = milliseconds::max()}, delay_max, 0s));
}

TEST(DeliverySchedule, DelaysOfYearsAreExact)
{
    const milliseconds century = 24h * 36'525;
    EXPECT_EQ(delays_of({.delays = {century + 1ms}}), std::vector<microseconds>{century + 1ms});
    EXPECT_EQ(delays_of(rising(3, backoff_curve::linear, century, 3 * century)),
              (std::vector<microseconds>{century, 2 * century, 3 * century}));
    constexpr milliseconds no_double = 1'152'921'504'606'847ms; // in microseconds
    EXPECT_EQ(delays_of(rising(2, backoff_curve::linear, 0s, no_double)), (std::vector<microseconds>{0s, no_double}));
}

TEST(DeliverySchedule, NoDelayOverflows)
{
    for (const backoff_curve curve : curves)
    {
        delivery_policy policy = rising(3, curve, milliseconds::max(), milliseconds::max());
        policy.jitter = 1;
        for (const std::uint32_t failures : {1U, 2U, 3U})
        {
            EXPECT_EQ(delay_of(policy, failures, middle), delay_max);
            EXPECT_EQ(delay_of(policy, failures, most), delay_max);
            EXPECT_LT(delay_of(policy, failures, least), 1ms);
            EXPECT_GE(delay_of(policy, failures, least), 0ms);
        }
    }
    EXPECT_EQ(delay_of({.jitter = 1, .delays = {milliseconds::max()}}, 1, most), delay_max);
}

TEST(DeliverySchedule, DelaysBelowZeroAreNone)
{
    EXPECT_EQ(delays_of({.delays = {milliseconds::min() + 1ms, -1ms}}), (std::vector<microseconds>{0s, 0s}));
    EXPECT_EQ(delays_of(rising(2, backoff_curve::geometric, milliseconds::min(), -1ms)), (std::vector<microseconds>{0s, 0s}));
}

TEST(DeliverySchedule, AShortestDelayAboveTheLongestIsTheLongest)
{
    delivery_policy policy = rising(2, backoff_curve::linear, 9s, 4s);
    policy.pre_backoff = 1;
    EXPECT_EQ(delays_of(policy), std::vector<microseconds>(3, 4s));
}

TEST(DeliverySchedule, CurvesThatCannotBeStayBetweenTheirEnds)
{
    EXPECT_EQ(delays_of(rising(3, backoff_curve::geometric, 0s, 4s)), (std::vector<microseconds>{0s, 0s, 4s}));
    EXPECT_EQ(delays_of(rising(3, backoff_curve{200}, 2s, 4s)), (std::vector<microseconds>{2s, 3s, 4s}));
}

TEST(DeliverySchedule, NoCountOverflows)
{
    const delivery_policy all{.at_once = count_max, .pre_backoff = count_max, .backoff = count_max, .post_backoff = count_max};
    EXPECT_EQ(attempts_of(all), 4 * std::uint64_t{count_max} + 1);
    EXPECT_EQ(delay_of(all, count_max), 0s);
    for (const backoff_curve curve : curves)
    {
        const delivery_policy longer = rising(count_max, curve, 1s, 1h);
        EXPECT_EQ(delay_of(longer, 1), 1s);
        EXPECT_GE(delay_of(longer, count_max - 1), 20min);
        EXPECT_LE(delay_of(longer, count_max - 1), 1h);
        EXPECT_EQ(delay_of(longer, count_max), 1h);
    }
    EXPECT_EQ(delay_of({.at_once = 1, .pre_backoff = count_max}, count_max), 1s);
    EXPECT_EQ(delay_of({.at_once = 1, .pre_backoff = 1, .backoff = 1, .post_backoff = count_max}, count_max), 20s);
}

TEST(DeliverySchedule, ALongExponentialBackoffHalvesTowardsItsBegin)
{
    const delivery_policy policy = rising(count_max, backoff_curve::exponential, 0s, 1'024s);
    EXPECT_EQ(delay_of(policy, count_max - 1), 512s);
    EXPECT_EQ(delay_of(policy, count_max - 10), 1s);
    EXPECT_EQ(delay_of(policy, count_max / 2), 0s);
}

/// What is said to it: "accepted", or the word for programs and the text.
template <class Call>
std::string answer_to(Call&& call)
{
    try
    {
        call();
        return "accepted";
    }
    catch (const engine_error& e)
    {
        return e.what();
    }
}

std::string verdict(const delivery_policy& policy) { return answer_to([&] { check(policy); }); }

testing::AssertionResult begins(const std::string& text, const std::string& begin)
{
    return text.starts_with(begin) ? testing::AssertionSuccess() : testing::AssertionFailure() << text;
}

const std::string misfit = "wrong_use: a delivery policy's ";
const std::string too_much = "limit: a delivery policy has at most ";

TEST(DeliverySchedule, NegativeDelaysAreRefused)
{
    EXPECT_TRUE(begins(verdict({.shortest = -1ms}), misfit + "shortest delay is -1 ms"));
    EXPECT_TRUE(begins(verdict({.shortest = -2ms, .longest = -1ms}), misfit + "shortest delay is -2 ms"));
    EXPECT_TRUE(begins(verdict({.longest = -1ms}), misfit + "longest delay is -1 ms"));
    EXPECT_EQ(verdict({.shortest = 0ms, .longest = 0ms}), "accepted");
}

TEST(DeliverySchedule, ANegativeDelayInTheListIsRefusedWithItsPlace)
{
    EXPECT_TRUE(begins(verdict({.delays = {0s, 1s, -1ms}}), misfit + "delay number 3 is -1 ms"));
    EXPECT_EQ(verdict({.delays = {0s, 1s}}), "accepted");
}

TEST(DeliverySchedule, ANegativeTotalIsRefused)
{
    EXPECT_TRUE(begins(verdict({.total = -1ms}), misfit + "total is -1 ms"));
    EXPECT_EQ(verdict({.total = milliseconds::max()}), "accepted");
}

TEST(DeliverySchedule, AShortestDelayAboveTheLongestIsRefusedWithBoth)
{
    EXPECT_TRUE(begins(verdict({.shortest = 20'001ms}), misfit + "shortest delay (20001 ms) is above its longest (20000 ms)"));
    EXPECT_EQ(verdict({.shortest = 20s}), "accepted");
}

TEST(DeliverySchedule, JitterThatIsNoShareIsRefused)
{
    for (const double jitter : {-0.001, 1.001, endless, -endless, no_number})
        EXPECT_TRUE(begins(verdict({.jitter = jitter}), misfit + "jitter")) << jitter;
    EXPECT_EQ(verdict({.jitter = 0}), "accepted");
    EXPECT_EQ(verdict({.jitter = 1}), "accepted");
}

TEST(DeliverySchedule, AGeometricCurveFromZeroIsRefused)
{
    EXPECT_TRUE(begins(verdict({.shortest = 0s, .curve = backoff_curve::geometric}), misfit + "geometric"));
    EXPECT_EQ(verdict({.shortest = 1ms, .curve = backoff_curve::geometric}), "accepted");
    EXPECT_EQ(verdict({.shortest = 0s, .curve = backoff_curve::exponential}), "accepted");
}

TEST(DeliverySchedule, ACurveThatIsNoneIsRefused)
{
    EXPECT_TRUE(begins(verdict({.curve = backoff_curve{4}}), misfit + "curve"));
    for (const backoff_curve curve : curves)
        EXPECT_EQ(verdict({.curve = curve}), "accepted");
}

TEST(DeliverySchedule, AListBeyondItsLimitIsRefused)
{
    EXPECT_TRUE(begins(verdict({.delays = std::vector<milliseconds>(10'001, 1s)}), too_much + "10000 delays, this one has 10001"));
    EXPECT_EQ(verdict({.delays = std::vector<milliseconds>(10'000, 1s)}), "accepted");
}

TEST(DeliverySchedule, MoreRetriesThanAreCountedAreRefused)
{
    const delivery_policy most_of_all{.at_once = 1, .pre_backoff = 2, .backoff = 3, .post_backoff = count_max - 7};
    EXPECT_EQ(verdict(most_of_all), "accepted");
    EXPECT_EQ(attempts_of(most_of_all), count_max);
    delivery_policy policy = most_of_all;
    ++policy.backoff;
    EXPECT_TRUE(begins(verdict(policy), too_much + "4294967294 retries, this one has 4294967295"));
    const delivery_policy all{.at_once = count_max, .pre_backoff = count_max, .backoff = count_max, .post_backoff = count_max};
    EXPECT_TRUE(begins(verdict(all), too_much + "4294967294 retries, this one has 17179869180"));
}

TEST(DeliverySchedule, BestEffortOfNoAttemptsIsRefused)
{
    EXPECT_TRUE(begins(answer_to([] { delivery_policy::best_effort(0); }), "wrong_use: "));
}

TEST(DeliverySchedule, BestEffortBeyondTheLimitOfAListIsRefused)
{
    for (const std::uint32_t attempts : {10'002U, count_max})
        EXPECT_TRUE(begins(answer_to([&] { delivery_policy::best_effort(attempts); }),
                           "limit: a best-effort policy has at most 10001 attempts, " + std::to_string(attempts) + " are asked for"));
}
}
}
