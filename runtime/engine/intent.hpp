#pragma once

// What a transaction or a run wants of another run: an event of the engine's own topic, in the same commit. The deliverer sees to it, at least
// once, and the run that it is for takes it once. Events for one run are in order.

#include "base/checksum.hpp"
#include "engine/promise_token.hpp"
#include "journal/event.hpp"
#include "replay/token.hpp"

#include <everstep/codec.hpp>
#include <everstep/op_name.hpp>
#include <everstep/signal.hpp>

#include <boost/describe.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace everstep::core
{
/// Names that begin with "everstep." are the engine's own.
inline constexpr const char* intent_topic = "everstep.intents";

enum class intent_kind
{
    start,   ///< bytes = input; message = the token of the promise that its end is to its parent, where it has one
    signal,  ///< bytes = payload
    cancel,  ///< bytes = reason; message = the signal that the child's end is: nobody else is meant
    complete ///< a promise: bytes = answer, message = its token
};
BOOST_DESCRIBE_ENUM(intent_kind, start, signal, cancel, complete)

struct intent
{
    intent_kind what{};
    std::string workflow;
    std::string id;
    std::string bytes;   ///< encoded
    std::string name;    ///< of the signal, as the next two
    std::string type;
    std::string message; ///< of a signal; empty: the event's id
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

std::string key_of(const intent& one);

/// The event that it is, for as long as both live. `id` tells it from all others, however often it comes.
class intent_event
{
public:
    intent_event(const intent& what, std::string id, std::string source);
    journal::event at(base::time_us now) const noexcept;

private:
    const std::string& subject_;
    std::string id_, source_, key_, encoded_;
};

/// Events are in order by it; a key has 255 bytes at most.
inline std::string key_of(const intent& one)
{
    constexpr std::size_t key_bytes_max = 255;
    std::string key = one.workflow + "/" + one.id;
    return key.size() <= key_bytes_max ? key : replay::hex_of(base::hash128_of(key));
}

inline intent_event::intent_event(const intent& what, std::string id, std::string source)
    : subject_(what.workflow), id_(std::move(id)), source_(std::move(source)), key_(key_of(what)), encoded_(encode(what))
{
}

inline journal::event intent_event::at(base::time_us now) const noexcept
{
    return {.at = now, .topic = intent_topic, .id = id_, .source = source_, .type = intent_topic, .subject = subject_, .key = key_,
            .traceparent = {}, .data = encoded_};
}
}
