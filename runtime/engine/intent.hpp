#pragma once

// What a transaction or a run wants of another run: an event of the engine's own topic, in the same commit. The deliverer sees to it, at least
// once, and the run that it is for takes it once. Events for one run are in order.

#include "base/checksum.hpp"
#include "engine/promise_token.hpp"
#include "replay/token.hpp"

#include <everstep/op_name.hpp>
#include <everstep/signal.hpp>

#include <boost/describe.hpp>

#include <cstddef>
#include <string>

namespace everstep::core
{
/// Names that begin with "everstep." are the engine's own.
inline constexpr const char* intent_topic = "everstep.intents";

enum class intent_kind
{
    start, ///< bytes = input
    signal ///< bytes = payload
};
BOOST_DESCRIBE_ENUM(intent_kind, start, signal)

struct intent
{
    intent_kind what{};
    std::string workflow;
    std::string id;
    std::string bytes;   ///< encoded
    std::string name;    ///< of the signal, as the next two
    std::string type;
    std::string message; ///< empty: the event's id
};
BOOST_DESCRIBE_STRUCT(intent, (), (what, workflow, id, bytes, name, type, message))

/// Why a signal cannot be taken; empty: it can.
inline std::string limit_of(const detail::signal_message& what, std::size_t payload_bytes_max)
{
    constexpr std::size_t id_bytes_max = 255;
    if (what.name.starts_with(own_signals))
        return "signals whose names begin with 'everstep.' are the engine's own: choose another one";
    if (what.name.empty() || what.name.size() > op_name_bytes_max)
        return "a signal's name has 1 to 128 bytes, this one has " + std::to_string(what.name.size());
    if (what.id.size() > id_bytes_max)
        return "a message id has at most 255 bytes, this one has " + std::to_string(what.id.size());
    if (what.payload.size() > payload_bytes_max)
        return "a signal of " + std::to_string(what.payload.size()) + " bytes is over payload_bytes_max (" + std::to_string(payload_bytes_max) +
               "): keep it outside and send a reference";
    return {};
}

/// Events are in order by it; a key has 255 bytes at most.
inline std::string key_of(const intent& one)
{
    constexpr std::size_t key_bytes_max = 255;
    std::string key = one.workflow + "/" + one.id;
    return key.size() <= key_bytes_max ? key : replay::hex_of(base::hash128_of(key));
}
}
