#pragma once

// An event before it is published: what the templates hand to the runtime.

#include <everstep/event.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace everstep::inline v0
{
class transaction;
}

namespace everstep::inline v0::detail
{
class row_source;

struct event_draft
{
    std::string topic;
    publish_options attributes;
    std::string data;
};

/// As transaction::publish, of what is encoded.
void publish_encoded(transaction& tx, event_draft&& what);

/// Throws engine_error (limit).
void check_attributes(const publish_options& attributes);

/// Shows the events of a topic from a number on, until `visit` says false.
void visit_events(row_source& rows, std::string_view topic, std::uint64_t from, const std::function<bool(const event&)>& visit);
}
