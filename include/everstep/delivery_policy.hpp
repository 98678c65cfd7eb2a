#pragma once

// When the delivery of an event that failed is tried again, and when it is given up.
//
//     delivery_policy carrier{.at_once = 0, .pre_backoff = 2, .shortest = 1s, .backoff = 8, .longest = 60s, .post_backoff = 0};
//     delivery_policy partner{.jitter = 0.2, .total = 72h, .delays = {1s, 1min, 1h, 24h}};
//     delivery_policy hook = delivery_policy::standard_webhooks();
//
// The retries go through the four phases of an Amazon SNS delivery policy, in the order of the members: `at_once` without delay,
// `pre_backoff` with the shortest delay, `backoff` from the shortest to the longest along a curve, `post_backoff` with the longest. Then
// the delivery is given up. The first attempt comes before all of them. A phase of 0 retries is left out. Where `delays` is not empty it
// stands for all four. A delay is from the failure of an attempt to the begin of the next.
// Source: docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html. There the members are numNoDelayRetries, numMinDelayRetries,
// minDelayTarget (1 s or more), what remains of numRetries (0 to 100), backoffFunction, maxDelayTarget (up to 1 h), numMaxDelayRetries, and
// an HTTP endpoint's total is at most 1 h; the ranges here are wider. What its table calls attempts are the retries.
//
// Threads: a value. Lifetime: it owns its list. Not as a braced temporary beside co_await: it is no trivial type.
// Crash: a value of the code, which no journal holds: what it is after a restart counts for deliveries that were begun before too.
// Errors: where it is given to the engine, engine_error: wrong_use (a negative duration, shortest above longest, a geometric curve from 0,
// jitter outside 0 to 1), limit (over delays_max delays, over retries_max retries).

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace everstep::inline v0
{
/// How the delay rises in the backoff phase. The first is the shortest and the last the longest, whatever the curve; one alone is the
/// shortest. SNS shows its curves only in a picture, so what lies between is ours; from 5 s to 260 s in 10 retries, to a tenth:
enum class backoff_curve : std::uint8_t
{
    linear,     ///< the same amount more each time: 5, 33.3, 61.7, 90, 118.3, 146.7, 175, 203.3, 231.7, 260
    arithmetic, ///< amounts that grow by the same, as 1, 2, 3…: 5, 10.7, 22, 39, 61.7, 90, 124, 163.7, 209, 260
    geometric,  ///< the same factor each time (elsewhere often called exponential): 5, 7.8, 12, 18.7, 29, 44.9, 69.7, 108.1, 167.6, 260
    exponential ///< amounts that double, as 1, 2, 4…: 5, 5.5, 6.5, 8.5, 12.5, 20.5, 36.4, 68.4, 132.3, 260
};

/// The defaults are those of SNS for endpoints that AWS manages.
struct delivery_policy
{
    static constexpr std::size_t delays_max = 10'000;
    /// So that a 32-bit number counts the attempts.
    static constexpr std::uint32_t retries_max = std::numeric_limits<std::uint32_t>::max() - 1;

    std::uint32_t at_once{3};                            ///< retries without delay
    std::uint32_t pre_backoff{2};                        ///< retries with the shortest delay
    std::chrono::milliseconds shortest{1'000};           ///< from 0, and not above longest; of a geometric curve from 1 ms
    std::uint32_t backoff{10};                           ///< retries whose delay rises
    backoff_curve curve{backoff_curve::exponential};     ///< how it does
    std::chrono::milliseconds longest{20'000};           ///< before jitter
    std::uint32_t post_backoff{100'000};                 ///< retries with the longest delay
    double jitter{0.1};                                  ///< each delay is changed by up to this share of it, either way; 0 to 1
    std::chrono::milliseconds total{0};                  ///< no attempt begins later than this after the first began; 0 is no limit
    std::vector<std::chrono::milliseconds> delays{};     ///< one for each retry, each from 0; not empty: instead of the phases

    /// SNS for its own kind (SQS, Lambda, Firehose): 3 at once, 2 after 1 s, 10 from 1 s to 20 s, 100,000 after 20 s: 23 days.
    static delivery_policy sns_managed_endpoint();

    /// SNS for mail, text messages and mobile push: 2 after 10 s, 10 from 10 s to 600 s, 38 after 600 s: more than 6 hours.
    static delivery_policy sns_customer_endpoint();

    /// The example of Standard Webhooks 1.0.0 ("Deliverability and reliability"): 10 attempts, the first at once, the others after 5 s,
    /// 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h: more than 3 days.
    static delivery_policy standard_webhooks();

    /// Tell a partner until it says yes: after 1 s, 5 s, 15 s, 1 min, 5 min, 15 min, then every hour. `attempts` in all, with the first:
    /// 1 to delays_max + 1, else engine_error (wrong_use, limit). 50 take 43 hours.
    static delivery_policy best_effort(std::uint32_t attempts = 50);
};
}
