#pragma once

// When a failed attempt is followed by another: pure arithmetic over the policy and what happened.

#include "base/ids.hpp"

#include <everstep/step_options.hpp>

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
    base::time_us due{}; ///< engine time
};

/// `attempts` have failed, this one included; the step began at `began`; `chance` decides the jitter.
retry_decision decide_retry(const retry_policy& policy, const failure& what, std::uint32_t attempts, base::time_us began,
                            base::time_us now, std::uint64_t chance);
}
