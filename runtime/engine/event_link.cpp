// Events as the public side names them: everstep/event.hpp.

#include "journal/event.hpp"

#include <everstep/detail/event_draft.hpp>
#include <everstep/detail/row_link.hpp>
#include <everstep/error.hpp>
#include <everstep/transaction.hpp>

#include <chrono>
#include <utility>
#include <vector>

namespace everstep::inline v0::detail
{
namespace
{
constexpr std::size_t attribute_bytes_max = 255;

/// Rows of one topic: what a source of rows needs to know of them.
table_identity identify_topic(std::string_view topic)
{
    return {"everstep.events", journal::topic_prefix(topic), {}, {}, {}};
}

event event_of(const found_row& row)
{
    journal::event stored;
    if (!journal::decode(row.value, stored))
        throw engine_error(errc::damaged, "event " + std::to_string(journal::number_of(row.name)) + " cannot be read: restore a backup");
    return {.number = journal::number_of(row.name),
            .topic = std::string(stored.topic),
            .id = std::string(stored.id),
            .source = std::string(stored.source),
            .type = std::string(stored.type),
            .subject = std::string(stored.subject),
            .key = std::string(stored.key),
            .traceparent = std::string(stored.traceparent),
            .time = event::time_point(std::chrono::microseconds(stored.at)),
            .data = std::string(stored.data)};
}
}

void check_attributes(const publish_options& attributes)
{
    const std::pair<const char*, const std::string*> all[] = {{"key", &attributes.key},       {"subject", &attributes.subject},
                                                             {"type", &attributes.type},     {"id", &attributes.id},
                                                             {"source", &attributes.source}, {"traceparent", &attributes.traceparent}};
    for (const auto& [name, value] : all)
        if (value->size() > attribute_bytes_max)
            throw engine_error(errc::limit, "an event's " + std::string(name) + " has at most 255 bytes, this one has " +
                                                std::to_string(value->size()));
}

void publish_encoded(transaction& tx, event_draft&& what) { tx.rows_.publish(std::move(what)); }

void visit_events(row_source& rows, std::string_view topic, std::uint64_t from, const std::function<bool(const event&)>& visit)
{
    const table_identity of = identify_topic(topic);
    const std::string end = name_after(of.prefix);
    std::vector<found_row> page;
    for (std::string next = journal::event_name(topic, from);; next = name_behind(page.back().name))
    {
        page.clear();
        rows.page(of, next, end, page);
        if (page.empty())
            return;
        for (const found_row& row : page)
        {
            const event one = event_of(row);
            if (one.topic == topic && !visit(one)) // another topic may have the same hash
                return;
        }
    }
}
}
