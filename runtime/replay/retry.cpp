#include "replay/retry.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace everstep::replay
{
namespace
{
/// No delay is longer, whatever the policy says: a time plus two of them, in microseconds, still fits (73,000 years).
constexpr base::time_us delay_max = std::numeric_limits<base::time_us>::max() / 4 / 1000 * 1000;

constexpr base::time_us us_of(std::chrono::milliseconds duration) noexcept
{
    return std::clamp<base::time_us>(duration.count(), 0, delay_max / 1000) * 1000;
}

base::time_us backoff(const retry_policy& policy, std::uint32_t attempts, std::uint64_t chance)
{
    const base::time_us first = us_of(policy.first);
    if (first == 0) // at once; and no zero times infinity below
        return 0;
    const base::time_us longest = us_of(policy.longest);
    const double factor = policy.factor > 1 ? policy.factor : 1; // also where it is no number
    const double share = policy.jitter > 0 ? std::min(policy.jitter, 1.0) : 0;
    double delay = static_cast<double>(first) * std::pow(factor, attempts - 1.0);
    delay = std::min(delay, static_cast<double>(longest)); // also where pow gave infinity
    const double unit = static_cast<double>(chance >> 11) * 0x1.0p-53; // [0, 1)
    delay *= 1 + share * (2 * unit - 1);
    return std::min(static_cast<base::time_us>(delay), longest);
}

bool may_be_tried_again(const retry_policy& policy, const failure& what)
{
    return !policy.again || policy.again(what.code, what.text);
}

retry_decision ended(const retry_policy& policy, bool is_timed_out)
{
    return {.again = false, .due = 0, .parks = policy.when_exhausted == exhausted::park_run, .is_timed_out = is_timed_out};
}
}

base::time_us end_of(std::chrono::milliseconds total_timeout, base::time_us began) noexcept { return began + us_of(total_timeout); }

retry_decision decide_retry(const retry_policy& policy, const failure& what, std::uint32_t attempts, base::time_us began,
                            base::time_us now, std::uint64_t chance, std::chrono::milliseconds total_timeout)
{
    if (what.permanent)
        return {};
    const bool is_last = policy.attempts != 0 && attempts >= policy.attempts;
    if (is_last && policy.when_exhausted == exhausted::throw_it)
        return {}; // whatever the predicate would say
    if (!may_be_tried_again(policy, what))
        return {};
    const base::time_us due = now + (what.delay >= 0 ? std::min(what.delay, delay_max) : backoff(policy, attempts, chance));
    if (total_timeout.count() > 0 && due >= end_of(total_timeout, began))
        return ended(policy, true);
    if (is_last || (policy.total.count() > 0 && due > began + us_of(policy.total)))
        return ended(policy, false);
    return {.again = true, .due = due};
}
}
