// What a run writes beside its history (events, signals to other runs, state), and what it knows besides: names and random numbers.

#include "engine/intent.hpp"
#include "engine/promise_token.hpp"
#include "engine/run_driver.hpp"
#include "journal/state.hpp"
#include "replay/token.hpp"

#include <everstep/detail/publish_operation.hpp>
#include <everstep/detail/signal_operation.hpp>

#include <algorithm>

namespace everstep::core
{
using journal::operation_kind;
using journal::park_reason;

/// Parks the run where not. What is recorded needs neither topic nor room any more.
bool run_driver::can_record(const replay::asked& what)
{
    constexpr std::size_t row_bytes_max = 64u << 20; // whatever the options allow
    const bool is_row = what.kind == operation_kind::publish || what.kind == operation_kind::signal || what.kind == operation_kind::child;
    const std::size_t bytes_max = is_row ? std::min(limits_.payload_bytes_max, row_bytes_max) : limits_.payload_bytes_max;
    if (what.payload.size() > bytes_max)
        park(park_reason::limits, "a payload of " + std::to_string(what.payload.size()) + " bytes in " + replay::describe(what, false) +
                                      " is over payload_bytes_max (" + std::to_string(bytes_max) + ")");
    else if (what.kind == operation_kind::publish && limits_.topics && !limits_.topics->contains(what.name))
        park(park_reason::missing_code, "topic '" + std::string(what.name) + "' was not added: call engine::add_topic before open");
    return !stopped_;
}

/// What the other side of a recorded operation is, in the commit of its entry.
void run_driver::write_beside(detail::operation& op, const journal::path& where)
{
    switch (op.traits().what)
    {
    case detail::verb::publish: return publish(static_cast<detail::any_publish&>(op).draft(), where);
    case detail::verb::signal: return send(static_cast<detail::any_signal&>(op), where);
    case detail::verb::child: return start_child(static_cast<detail::any_child&>(op), where);
    default: return;
    }
}

/// In the commit of the entry that says so: there is an event if and only if its run knows of it.
void run_driver::publish(const detail::event_draft& draft, const journal::path& where)
{
    const publish_options& given = draft.attributes;
    const std::string id = given.id.empty() ? replay::token_of(header_.seed, where) : given.id;
    const std::string source = given.source.empty() ? "/" + header_.workflow + "/" + header_.id : given.source;
    recorder_->publish({.at = machine_.now(), .topic = draft.topic, .id = id, .source = source,
                        .type = given.type.empty() ? std::string_view(draft.topic) : given.type, .subject = given.subject, .key = given.key,
                        .traceparent = given.traceparent, .data = draft.data});
}

/// The deliverer takes it to the other run, which knows it by its token.
void run_driver::send(const detail::any_signal& what, const journal::path& where)
{
    const bool is_cancel = what.name().text() == detail::cancel_signal;
    intent wanted{intent_kind::signal, std::string(what.workflow()), std::string(what.id()), std::string(what.encoded()),
                  std::string(what.name().text()), std::string(what.traits().type()), {}};
    if (is_cancel)
    {
        auto order = decode<detail::cancel_order>(what.encoded());
        wanted.what = intent_kind::cancel;
        wanted.bytes = std::move(order.reason);
        wanted.message = std::move(order.signal);
    }
    want(wanted, replay::token_of(header_.seed, where));
}

/// In the commit of the turn: as an event, which the deliverer sees to.
void run_driver::want(const intent& what, std::string id)
{
    recorder_->publish(intent_event(what, std::move(id), "/" + header_.workflow + "/" + header_.id).at(machine_.now()));
}

std::pair<std::string, std::string> run_driver::promise_names(std::string_view name) const
{
    if (name.empty() || name.size() > op_name_bytes_max)
        throw engine_error(errc::limit, "a promise's name has 1 to 128 bytes, this one has " + std::to_string(name.size()));
    if (name.starts_with(own_signals))
        throw engine_error(errc::wrong_use, "promises whose names begin with 'everstep.' are the engine's own: choose another one");
    return names_of_promise(name);
}

/// Its token, and the signal that is its answer.
std::pair<std::string, std::string> run_driver::names_of_promise(std::string_view name) const
{
    const std::string secret = promise_secret(header_.seed, name);
    return {encode_token({header_.workflow, header_.id, std::string(name), secret}), promise_signal(secret)};
}

void run_driver::set_state(std::string_view name, std::string_view encoded)
{
    if (name.empty() || name.size() > op_name_bytes_max)
        throw engine_error(errc::limit, "a state's name has 1 to 128 bytes, this one has " + std::to_string(name.size()));
    if (name.starts_with(journal::own_states))
        throw engine_error(errc::wrong_use, "states whose names begin with 'everstep.' are the engine's own: choose another one");
    const std::size_t bytes_max = std::min(limits_.payload_bytes_max, journal::state_bytes_max);
    if (encoded.size() > bytes_max)
        throw engine_error(errc::limit, "state '" + std::string(name) + "' of " + std::to_string(encoded.size()) + " bytes is over payload_bytes_max (" +
                                            std::to_string(bytes_max) + "): keep it outside and show where it lies");
    show(name, encoded);
}

std::string_view run_driver::workflow_name(void (*function)()) const
{
    const registered_workflow* code = limits_.workflows ? limits_.workflows->find(function) : nullptr;
    if (!code)
        throw engine_error(errc::wrong_use, "this workflow was not added: call engine::add before open");
    return code->name;
}

std::uint64_t run_driver::random() noexcept
{
    // SplitMix64 (Steele, Lea, Flood 2014) from the run's seed: tiny, the same everywhere, not for secrets.
    std::uint64_t z = random_state_ += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}
}
