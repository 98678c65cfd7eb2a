#include "feature/delivery_schedule.hpp"

#include <everstep/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace everstep::inline v0
{
namespace
{
using namespace std::chrono_literals;

/// A policy whose only attempts are the first and those of its list, also where that is empty.
delivery_policy listed(std::vector<std::chrono::milliseconds> delays)
{
    return {.at_once = 0, .pre_backoff = 0, .backoff = 0, .post_backoff = 0, .delays = std::move(delays)};
}
}

delivery_policy delivery_policy::sns_managed_endpoint()
{
    return {.at_once = 3, .pre_backoff = 2, .shortest = 1s, .backoff = 10, .longest = 20s, .post_backoff = 100'000};
}

delivery_policy delivery_policy::sns_customer_endpoint()
{
    return {.at_once = 0, .pre_backoff = 2, .shortest = 10s, .backoff = 10, .longest = 600s, .post_backoff = 38};
}

delivery_policy delivery_policy::standard_webhooks()
{
    // Its table begins with "immediately", at 00:00:00: that is the first attempt, not a retry.
    return listed({5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h});
}

delivery_policy delivery_policy::best_effort(std::uint32_t attempts)
{
    constexpr std::array<std::chrono::milliseconds, 6> first{1s, 5s, 15s, 1min, 5min, 15min};
    if (attempts == 0)
        throw engine_error(errc::wrong_use, "a best-effort policy of 0 attempts delivers nothing: give it at least 1");
    if (attempts - 1 > delays_max)
        throw engine_error(errc::limit, "a best-effort policy has at most " + std::to_string(delays_max + 1) + " attempts, " +
                                            std::to_string(attempts) + " are asked for: give phases instead");
    std::vector<std::chrono::milliseconds> delays(attempts - 1, 1h);
    std::copy_n(first.begin(), std::min(first.size(), delays.size()), delays.begin());
    return listed(std::move(delays));
}
}

namespace everstep::core
{
namespace
{
using std::chrono::microseconds;
using std::chrono::milliseconds;

/// No delay is longer, whatever the policy says: a time plus two of them still fits (73,000 years). As the retries of steps have it.
constexpr milliseconds delay_max{std::numeric_limits<std::int64_t>::max() / 4 / 1000};

constexpr microseconds bounded(milliseconds duration) noexcept { return std::clamp(duration, milliseconds{0}, delay_max); }

/// How much of the way from the shortest to the longest is behind, at `place` of 0 to `last`.
double share_of_way(backoff_curve curve, double place, double last) noexcept
{
    switch (curve)
    {
    case backoff_curve::arithmetic: return place / last * ((place + 1) / (last + 1));
    // (2^place - 1) / (2^last - 1), by powers that never grow beyond 1.
    case backoff_curve::exponential: return (std::exp2(place - last) - std::exp2(-last)) / (1 - std::exp2(-last));
    case backoff_curve::geometric:
    case backoff_curve::linear: break;
    }
    return place / last;
}

/// `place`: among the retries of the backoff phase, from 0.
microseconds on_curve(const delivery_policy& policy, std::uint32_t place) noexcept
{
    const microseconds longest = bounded(policy.longest);
    const microseconds shortest = std::min(bounded(policy.shortest), longest);
    const std::uint32_t last = policy.backoff - 1;
    if (place == 0) // the ends are exact, and there is no division by 0 below
        return shortest;
    if (place == last)
        return longest;
    const double from = static_cast<double>(shortest.count());
    const double to = static_cast<double>(longest.count());
    const double share = share_of_way(policy.curve, place, last);
    // Both powers apart: from 0 there is no factor.
    const double delay =
        policy.curve == backoff_curve::geometric ? std::pow(from, 1 - share) * std::pow(to, share) : from + (to - from) * share;
    return std::clamp(microseconds{std::llround(delay)}, shortest, longest); // what was rounded stays between the ends
}

/// The delay before jitter.
std::optional<microseconds> plain_delay(const delivery_policy& policy, std::uint32_t failures) noexcept
{
    std::uint32_t retry = failures - 1;
    if (!policy.delays.empty())
        return retry < policy.delays.size() ? std::optional{bounded(policy.delays[retry])} : std::nullopt;
    if (retry < policy.at_once)
        return microseconds{0};
    retry -= policy.at_once;
    if (retry < policy.pre_backoff)
        return std::min(bounded(policy.shortest), bounded(policy.longest));
    retry -= policy.pre_backoff;
    if (retry < policy.backoff)
        return on_curve(policy, retry);
    retry -= policy.backoff;
    if (retry < policy.post_backoff)
        return bounded(policy.longest);
    return std::nullopt;
}

/// The longest delay is changed both ways too: were it the limit, half of all deliveries would come at the same time after all.
microseconds changed(microseconds delay, double jitter, double random) noexcept
{
    const double share = jitter > 0 ? std::min(jitter, 1.0) : 0; // also where it is no number
    const double way = std::isnan(random) ? 0 : 2 * std::clamp(random, 0.0, 1.0) - 1;
    // Added, so that what changes nothing leaves it exact.
    delay += microseconds{std::llround(static_cast<double>(delay.count()) * share * way)};
    return std::clamp<microseconds>(delay, microseconds{0}, delay_max);
}

std::string text_of(milliseconds duration) { return std::to_string(duration.count()) + " ms"; }

[[noreturn]] void refuse(const std::string& text) { throw engine_error(errc::wrong_use, "a delivery policy's " + text); }

void check_duration(const std::string& name, milliseconds duration)
{
    if (duration < milliseconds{0})
        refuse(name + " is " + text_of(duration) + ": it is 0 or more");
}

void check_phases(const delivery_policy& policy)
{
    check_duration("shortest delay", policy.shortest);
    check_duration("longest delay", policy.longest);
    if (policy.shortest > policy.longest)
        refuse("shortest delay (" + text_of(policy.shortest) + ") is above its longest (" + text_of(policy.longest) +
               "): set both, or turn them round");
    if (policy.curve > backoff_curve::exponential)
        refuse("curve is none of backoff_curve");
    if (policy.curve == backoff_curve::geometric && policy.shortest == milliseconds{0})
        refuse("geometric curve cannot rise from 0 ms by any factor: let the shortest delay be 1 ms or more, or take another curve");
}

void check_size(const delivery_policy& policy)
{
    if (policy.delays.size() > delivery_policy::delays_max)
        throw engine_error(errc::limit, "a delivery policy has at most " + std::to_string(delivery_policy::delays_max) +
                                            " delays, this one has " + std::to_string(policy.delays.size()) + ": use the phases");
    const std::uint64_t retries = attempts_of(policy) - 1;
    if (retries > delivery_policy::retries_max)
        throw engine_error(errc::limit, "a delivery policy has at most " + std::to_string(delivery_policy::retries_max) +
                                            " retries, this one has " + std::to_string(retries) + ": make its phases smaller");
}
}

void check(const delivery_policy& policy)
{
    check_phases(policy);
    check_size(policy);
    for (std::size_t i = 0; i < policy.delays.size(); ++i)
        check_duration("delay number " + std::to_string(i + 1), policy.delays[i]);
    check_duration("total", policy.total);
    if (!(policy.jitter >= 0 && policy.jitter <= 1)) // also where it is no number
        refuse("jitter is " + std::to_string(policy.jitter) + ": it is a share, from 0 to 1");
}

std::uint64_t attempts_of(const delivery_policy& policy) noexcept
{
    if (!policy.delays.empty())
        return std::uint64_t{1} + policy.delays.size();
    return std::uint64_t{1} + policy.at_once + policy.pre_backoff + policy.backoff + policy.post_backoff;
}

std::optional<microseconds> delay_after(const delivery_policy& policy, std::uint32_t failures, double random) noexcept
{
    if (failures == 0)
        return microseconds{0};
    const std::optional<microseconds> delay = plain_delay(policy, failures);
    return delay ? std::optional{changed(*delay, policy.jitter, random)} : std::nullopt;
}

bool is_in_time(const delivery_policy& policy, microseconds since_first, microseconds delay) noexcept
{
    if (policy.total <= milliseconds{0})
        return true;
    // A clock that was set back has not reached the first attempt again: no time has passed.
    const microseconds wait = std::clamp<microseconds>(delay, microseconds{0}, delay_max);
    return std::max(since_first, microseconds{0}) <= bounded(policy.total) - wait;
}

std::optional<microseconds> delay_after(const delivery_policy& policy, std::uint32_t failures, double random,
                                        microseconds since_first) noexcept
{
    const std::optional<microseconds> delay = delay_after(policy, failures, random);
    return delay && is_in_time(policy, since_first, *delay) ? delay : std::nullopt;
}
}
