#include "journal/event.hpp"

#include "base/bytes.hpp"
#include "base/checksum.hpp"

namespace everstep::journal
{
namespace
{
constexpr std::string_view events_table = "everstep.events";
constexpr std::size_t prefix_bytes = 16;

void append_text(std::string& to, std::string_view text)
{
    base::append_varint(to, text.size());
    to.append(text);
}
}

void encode(const event& e, std::string& to)
{
    base::append_little(to, static_cast<std::uint64_t>(e.at));
    for (const std::string_view text : {e.topic, e.id, e.source, e.type, e.subject, e.key, e.traceparent})
        append_text(to, text);
    to.append(e.data);
}

bool decode(std::string_view from, event& to)
{
    base::byte_reader bytes(from);
    if (!bytes.little(to.at))
        return false;
    for (std::string_view* text : {&to.topic, &to.id, &to.source, &to.type, &to.subject, &to.key, &to.traceparent})
        if (!bytes.text(*text))
            return false;
    to.data = bytes.rest();
    return true;
}

std::string topic_prefix(std::string_view topic)
{
    std::string name(prefix_bytes, '\0');
    base::store_big(name.data(), base::hash64(events_table));
    base::store_big(name.data() + 8, base::hash64(topic));
    return name;
}

std::string event_name(std::string_view topic, event_number number)
{
    std::string name = topic_prefix(topic);
    name.resize(event_name_bytes);
    base::store_big(name.data() + prefix_bytes, number);
    return name;
}

event_number number_of(std::string_view event_name) noexcept
{
    return base::load_big<event_number>(event_name.data() + prefix_bytes);
}

void number_record(event_number number, std::span<char> key, std::span<char> record, std::uint64_t& previous) noexcept
{
    base::store_big(key.data() + prefix_bytes, number);
    const std::size_t covered = record.size() - checksum_bytes;
    previous = row_checksum({key.data(), key.size()}, previous, {record.data(), covered});
    base::store_little(record.data() + covered, previous);
}
}
