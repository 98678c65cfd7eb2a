#pragma once

// When a failed attempt is followed by another: pure arithmetic over the policy and what happened.

#include "base/ids.hpp"

#include <everstep/step_options.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace everstep::replay
{
/// How an attempt failed.
struct failure
{
    bool permanent{};
    base::time_us delay{-1}; ///< asked by retry_after; negative: by the policy
    std::string_view code;
    std::string_view text;
};

struct retry_decision
{
    bool again{};
    base::time_us due{};  ///< engine time
    bool parks{};         ///< not again: the run is to be parked instead of told
    bool is_timed_out{};  ///< not again: all that was left of total_timeout is used up
};

/// `attempts` have failed, this one included; the step began at `began`; `chance` decides the jitter. `total_timeout`: of step_options; 0 is none.
retry_decision decide_retry(const retry_policy& policy, const failure& what, std::uint32_t attempts, base::time_us began,
                            base::time_us now, std::uint64_t chance, std::chrono::milliseconds total_timeout = {});

/// When a total_timeout is over of a step that began then. It is not 0.
base::time_us end_of(std::chrono::milliseconds total_timeout, base::time_us began) noexcept;
}
