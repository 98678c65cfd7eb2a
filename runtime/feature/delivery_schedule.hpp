#pragma once

// When a failed delivery is followed by another attempt: pure arithmetic over the policy. Time and chance come in as numbers.
//
// Every function but `check` is total: a policy that `check` refuses has some delay within bounds too.

#include <everstep/delivery_policy.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace everstep::core
{
/// Throws engine_error, wrong_use or limit, which names the member and what it may be.
void check(const delivery_policy& policy);

/// In all, the first included, were each to fail. The total is not looked at.
std::uint64_t attempts_of(const delivery_policy& policy) noexcept;

/// How long to wait after `failures` attempts have failed; nothing: there is no other attempt. After none of them: 0, the first attempt is
/// at once. `random` decides the jitter: 0 is the earliest, 0.5 (and what is no number) changes nothing, 1 is the latest.
std::optional<std::chrono::microseconds> delay_after(const delivery_policy& policy, std::uint32_t failures, double random) noexcept;

/// Whether an attempt `delay` from now is within the total; `since_first`: from the begin of the first attempt to now. For delays that
/// somebody else asked for, such as the receiver.
bool is_in_time(const delivery_policy& policy, std::chrono::microseconds since_first, std::chrono::microseconds delay) noexcept;

/// Both: nothing where no attempt is left, or the next would begin too late.
std::optional<std::chrono::microseconds> delay_after(const delivery_policy& policy, std::uint32_t failures, double random,
                                                     std::chrono::microseconds since_first) noexcept;
}
