#pragma once

// Events as rows: the row's name ends in the event's number, which the committer gives it when it is committed. Bytes: FORMAT.md, "event".

#include "base/ids.hpp"
#include "journal/row.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace everstep::journal
{
/// A view: strings are owned by somebody else (encode: the caller; decode: the row's value).
struct event
{
    base::time_us at{};
    std::string_view topic;
    std::string_view id;
    std::string_view source;
    std::string_view type;
    std::string_view subject;
    std::string_view key;
    std::string_view traceparent;
    std::string_view data;
};

/// Appends.
void encode(const event& e, std::string& to);
/// False: the bytes are no event.
bool decode(std::string_view from, event& to);

/// Counts events over the whole journal, in the order of commits, from 1. 0: it is yet to be given.
using event_number = std::uint64_t;

/// hash64 of the table of events, hash64 of the topic, number: 24 bytes.
std::string event_name(std::string_view topic, event_number number);
inline constexpr std::size_t event_name_bytes = 24;
event_number number_of(std::string_view event_name) noexcept;
/// What the names of all events of a topic begin with: 16 bytes.
std::string topic_prefix(std::string_view topic);

/// Gives an event its number: changes one of its records where it lies, key and checksum. Its records come in the order in which
/// append_row made them; `previous` is 0 for the first, and then what the last call left.
void number_record(event_number number, std::span<char> key, std::span<char> record, std::uint64_t& previous) noexcept;
}
