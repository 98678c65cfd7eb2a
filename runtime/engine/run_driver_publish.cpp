// What a run writes beside its history: events, and signals to other runs.

#include "engine/intent.hpp"
#include "engine/promise_token.hpp"
#include "engine/run_driver.hpp"
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
    const bool is_row = what.kind == operation_kind::publish || what.kind == operation_kind::signal;
    const std::size_t bytes_max = is_row ? std::min(limits_.payload_bytes_max, row_bytes_max) : limits_.payload_bytes_max;
    if (what.payload.size() > bytes_max)
        park(park_reason::limits, "a payload of " + std::to_string(what.payload.size()) + " bytes in " + replay::describe(what, false) +
                                      " is over payload_bytes_max (" + std::to_string(bytes_max) + ")");
    else if (what.kind == operation_kind::publish && limits_.topics && !limits_.topics->contains(what.name))
        park(park_reason::missing_code, "topic '" + std::string(what.name) + "' was not added: call engine::add_topic before open");
    return !stopped_;
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
    const intent wanted{intent_kind::signal, std::string(what.workflow()), std::string(what.id()), std::string(what.encoded()),
                        std::string(what.name().text()), std::string(what.traits().type()), {}};
    const std::string source = "/" + header_.workflow + "/" + header_.id;
    const std::string key = key_of(wanted), data = encode(wanted), id = replay::token_of(header_.seed, where);
    recorder_->publish({.at = machine_.now(), .topic = intent_topic, .id = id, .source = source, .type = intent_topic, .subject = wanted.name,
                        .key = key, .traceparent = {}, .data = data});
}

std::pair<std::string, std::string> run_driver::promise_names(std::string_view name) const
{
    if (name.empty() || name.size() > op_name_bytes_max)
        throw engine_error(errc::limit, "a promise's name has 1 to 128 bytes, this one has " + std::to_string(name.size()));
    const std::string secret = promise_secret(header_.seed, name);
    return {encode_token({header_.workflow, header_.id, std::string(name), secret}), promise_signal(secret)};
}

std::string_view run_driver::workflow_name(void (*function)()) const
{
    const registered_workflow* code = limits_.workflows ? limits_.workflows->find(function) : nullptr;
    if (!code)
        throw engine_error(errc::wrong_use, "this workflow was not added: call engine::add before open");
    return code->name;
}
}
