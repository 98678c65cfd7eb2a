#pragma once

// Promises as the engine sees them: an answer is a signal to the run, under a name that only who has the token knows.
//
//     token = base64url(u8 length of workflow, u8 length of run id, workflow, run id, name, secret)
//     secret = hex of XXH3-128(high half of the seed, "promise", name): runs that continue each other share it

#include "base/checksum.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace everstep::core
{
struct promise_target
{
    std::string workflow;
    std::string id;
    std::string name;
    std::string secret; ///< of that name in that run; who decodes it must look
};

/// Names of signals that begin so are the engine's own.
inline constexpr std::string_view own_signals = "everstep.";

std::string promise_secret(const base::hash128& seed, std::string_view name);
std::string promise_signal(std::string_view secret);
std::string encode_token(const promise_target& what);
/// Nothing: it is none of ours.
std::optional<promise_target> decode_token(std::string_view token);
}
