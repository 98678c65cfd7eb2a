#include "journal/header.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <algorithm>
#include <array>

namespace everstep::journal
{
namespace
{
void append_fixed(std::string& to, std::int64_t value) { base::append_little(to, static_cast<std::uint64_t>(value)); }

void append_text(std::string& to, std::string_view text)
{
    base::append_varint(to, text.size());
    to.append(text);
}

bool take_text(base::byte_reader& from, std::size_t bytes_max, std::string& to)
{
    std::string_view text;
    if (!from.text(text) || text.size() > bytes_max)
        return false;
    to = std::string(text); // assigning takes three times as long
    return true;
}

/// Cut so that a UTF-8 character is kept whole or not at all.
std::string_view cut(std::string_view text, std::size_t bytes_max) noexcept
{
    if (text.size() <= bytes_max)
        return text;
    std::size_t size = bytes_max;
    while (size != 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U)
        --size;
    return text.substr(0, size);
}

bool is_known(std::uint8_t state, std::uint8_t reason) noexcept
{
    return state >= static_cast<std::uint8_t>(run_state::running) &&
           state <= static_cast<std::uint8_t>(run_state::continued) &&
           reason <= static_cast<std::uint8_t>(park_reason::compensation_failed);
}
}

void encode(record_key at, const run_header& header, std::string& value)
{
    EVERSTEP_ASSERT(header.workflow.size() <= workflow_bytes_max && header.id.size() <= id_bytes_max);
    value.assign(1, static_cast<char>(record_format));
    value += static_cast<char>(header.state);
    value += static_cast<char>(header.reason);
    base::append_little(value, header.version);
    base::append_little(value, header.seed.high);
    base::append_little(value, header.seed.low);
    append_fixed(value, header.started_at);
    append_fixed(value, header.ended_at);
    base::append_little(value, header.reply_seq);
    base::append_little(value, header.end_seq);
    base::append_little(value, header.chain);
    append_text(value, header.workflow);
    append_text(value, header.id);
    append_text(value, cut(header.text, park_text_bytes_max));
    seal(table::run, at, value);
}

std::string encode(record_key at, const run_header& header)
{
    std::string value;
    encode(at, header, value);
    return value;
}

std::optional<run_header> decode_header(record_key at, std::string_view value)
{
    std::string_view body;
    if (check_record(table::run, at, value, body) != record_check::good)
        return std::nullopt;
    base::byte_reader bytes(body);
    run_header header;
    std::uint8_t state{};
    std::uint8_t reason{};
    const bool whole =
        bytes.little(state) && bytes.little(reason) && is_known(state, reason) && bytes.little(header.version) &&
        bytes.little(header.seed.high) && bytes.little(header.seed.low) && bytes.little(header.started_at) &&
        bytes.little(header.ended_at) && bytes.little(header.reply_seq) && bytes.little(header.end_seq) &&
        bytes.little(header.chain) && take_text(bytes, workflow_bytes_max, header.workflow) &&
        take_text(bytes, id_bytes_max, header.id) && take_text(bytes, park_text_bytes_max, header.text) &&
        bytes.empty();
    if (!whole)
        return std::nullopt;
    header.state = static_cast<run_state>(state);
    header.reason = static_cast<park_reason>(reason);
    return header;
}

fixed_value encode(record_key at, const wake_row& row)
{
    fixed_value value;
    value.add(row.end.next_seq);
    value.add(row.end.checksum);
    value.add(row.id_hash);
    value.seal(table::wake, at);
    return value;
}

std::optional<wake_row> decode_wake(record_key at, std::string_view value)
{
    std::string_view body;
    if (check_record(table::wake, at, value, body) != record_check::good)
        return std::nullopt;
    base::byte_reader bytes(body);
    wake_row row;
    if (!bytes.little(row.end.next_seq) || !bytes.little(row.end.checksum) || !bytes.little(row.id_hash) ||
        !bytes.empty())
        return std::nullopt;
    return row;
}

fixed_value encode(record_key at, const meta_record& meta)
{
    EVERSTEP_ASSERT(meta.format != 0);
    fixed_value value;
    value.add(meta.format);
    value.add(meta.epoch);
    value.add(meta.next_run);
    value.add(static_cast<std::uint64_t>(meta.clock));
    value.seal(table::meta, at);
    return value;
}

std::optional<meta_record> decode_meta(record_key at, std::string_view value)
{
    std::string_view body;
    meta_record meta;
    switch (check_record(table::meta, at, value, body))
    {
    case record_check::newer_format:
        // Whoever writes records of a newer format writes a journal of a newer one; which, is not to be read.
        meta.format = std::max<std::uint32_t>(static_cast<unsigned char>(value.front()), journal_format + 1);
        return meta;
    case record_check::damaged:
        return std::nullopt;
    case record_check::good:
        break;
    }
    base::byte_reader bytes(body);
    if (!bytes.little(meta.format) || meta.format == 0)
        return std::nullopt;
    if (meta.format > journal_format)
        return meta;
    if (!bytes.little(meta.epoch) || !bytes.little(meta.next_run) || !bytes.little(meta.clock) || !bytes.empty())
        return std::nullopt;
    return meta;
}

fixed_value encode_id(record_key at, base::run_number run)
{
    fixed_value value;
    value.add(base::to_integer(run));
    value.seal(table::id, at);
    return value;
}

std::optional<base::run_number> decode_id(record_key at, std::string_view value)
{
    std::string_view body;
    if (check_record(table::id, at, value, body) != record_check::good)
        return std::nullopt;
    base::byte_reader bytes(body);
    std::uint64_t run{};
    if (!bytes.little(run) || !bytes.empty())
        return std::nullopt;
    return base::run_number{run};
}

fixed_value encode_next_event(std::uint64_t next)
{
    fixed_value value;
    value.add(next);
    value.seal(table::meta, next_event_key);
    return value;
}

std::optional<std::uint64_t> decode_next_event(std::string_view value)
{
    std::string_view body;
    if (check_record(table::meta, next_event_key, value, body) != record_check::good)
        return std::nullopt;
    base::byte_reader bytes(body);
    std::uint64_t next{};
    if (!bytes.little(next) || !bytes.empty())
        return std::nullopt;
    return next;
}

fixed_value encode_finished(record_key at)
{
    fixed_value value;
    value.seal(table::finished, at);
    return value;
}

bool check_finished(record_key at, std::string_view value)
{
    std::string_view body;
    return check_record(table::finished, at, value, body) == record_check::good && body.empty();
}

std::uint64_t id_hash(std::string_view workflow, std::string_view id) noexcept
{
    // Ids within the limits need no allocation; the engine refuses longer ones, but may ask for their hash first.
    std::array<char, workflow_bytes_max + 1 + id_bytes_max> room;
    if (workflow.size() + 1 + id.size() > room.size())
    {
        std::string both(workflow);
        both.append(1, '\0').append(id);
        return base::hash64(both);
    }
    char* to = std::copy(workflow.begin(), workflow.end(), room.data());
    *to++ = '\0';
    to = std::copy(id.begin(), id.end(), to);
    return base::hash64({room.data(), static_cast<std::size_t>(to - room.data())});
}

std::string_view name_of(park_reason reason) noexcept
{
    switch (reason)
    {
    case park_reason::none: return "none";
    case park_reason::retries_exhausted: return "retries_exhausted";
    case park_reason::divergence: return "divergence";
    case park_reason::crash_loop: return "crash_loop";
    case park_reason::missing_code: return "missing_code";
    case park_reason::corrupt: return "corrupt";
    case park_reason::limits: return "limits";
    case park_reason::paused: return "paused";
    case park_reason::compensation_failed: return "compensation_failed";
    }
    return "unknown";
}
}
