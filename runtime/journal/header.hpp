#pragma once

// What is kept of a run outside its history: its header, its wake row, and the journal's own meta record. Written at start,
// park and end, never per step. Bytes: FORMAT.md.

#include "base/checksum.hpp"
#include "base/ids.hpp"
#include "journal/history.hpp"
#include "journal/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace everstep::journal
{
enum class run_state : std::uint8_t
{
    running = 1, ///< not finished and not parked: has one wake row
    completed = 2,
    failed = 3,
    cancelled = 4,
    parked = 5, ///< kept whole until resumed; has one wake row, messages only
    terminated = 6,
    continued = 7 ///< a run of the same id has taken over
};

constexpr bool has_ended(run_state state) noexcept { return state != run_state::running && state != run_state::parked; }

enum class park_reason : std::uint8_t
{
    none = 0,
    retries_exhausted = 1, ///< a step ran out of attempts or time, and its policy says so; in format 1 a compensation that failed
    divergence = 2,
    crash_loop = 3,
    missing_code = 4,
    corrupt = 5,
    limits = 6,
    paused = 7,             ///< by a person
    compensation_failed = 8 ///< an undo failed for good, or ran out of attempts or time
};

inline constexpr std::size_t workflow_bytes_max = 128;
inline constexpr std::size_t id_bytes_max = 255;
inline constexpr std::size_t park_text_bytes_max = 1000;

/// "retries_exhausted", "divergence", …: for people and programs.
std::string_view name_of(park_reason reason) noexcept;

/// Key (run number, 0) in table run; name, id and text are bounded so that a header fits one record.
struct run_header
{
    run_state state{run_state::running};
    park_reason reason{};
    std::uint32_t version{};   ///< of the workflow's code at start
    base::hash128 seed;        ///< random(), uuid(), tokens
    base::time_us started_at{};
    base::time_us ended_at{};  ///< 0: not ended
    std::uint32_t reply_seq{}; ///< of the reply entry; 0: none known (written at park and end)
    std::uint32_t end_seq{};   ///< of the last entry; 0: not ended
    std::uint64_t chain{};     ///< number of the chain's first run
    std::string workflow;      ///< at most 128 bytes
    std::string id;            ///< at most 255 bytes
    std::string text;          ///< why it was parked; cut at 1,000 bytes
};

/// Every run that is not finished has exactly one wake row, at (due, run number).
inline constexpr base::time_us due_now = 0;
inline constexpr base::time_us due_never = INT64_MAX; ///< messages only
struct wake_row
{
    tail end;                ///< of the history when the row was written: a lost tail is seen
    std::uint64_t id_hash{}; ///< which shard the run belongs to
};

/// Key (0, 0) in table meta; written by every open before anything is answered.
struct meta_record
{
    std::uint32_t format{};      ///< of the whole journal: a newer one is refused with nothing written
    std::uint64_t epoch{};       ///< counts opens
    std::uint64_t next_run{};    ///< no run number at or above it was ever used
    base::time_us clock{};       ///< engine time: never goes back
};
inline constexpr std::uint32_t journal_format = 2;

/// Values carry a format byte and a checksum over key and value. decode: nullopt when damaged or newer.
/// A workflow name or id over its limit is our own mistake here: the engine refuses it from the caller before.
std::string encode(record_key at, const run_header& header);
/// The same, in the place of what `value` holds: it keeps its memory from call to call.
void encode(record_key at, const run_header& header, std::string& value);
fixed_value encode(record_key at, const wake_row& row);
fixed_value encode(record_key at, const meta_record& meta);
fixed_value encode_id(record_key at, base::run_number run);
/// Key (1, 0) in table meta: the number of the next event; in each commit that holds some.
inline constexpr record_key next_event_key{1, 0};
fixed_value encode_next_event(std::uint64_t next);
fixed_value encode_finished(record_key at);
std::optional<run_header> decode_header(record_key at, std::string_view value);
std::optional<wake_row> decode_wake(record_key at, std::string_view value);
/// Also returns records of newer formats, with nothing but `format` filled in, so that they can be refused by name.
std::optional<meta_record> decode_meta(record_key at, std::string_view value);
std::optional<base::run_number> decode_id(record_key at, std::string_view value);
std::optional<std::uint64_t> decode_next_event(std::string_view value);
/// False when damaged or newer; there is nothing else in it.
bool check_finished(record_key at, std::string_view value);

/// hash64 over workflow name, a zero byte, and run id: names the shard and the id row.
std::uint64_t id_hash(std::string_view workflow, std::string_view id) noexcept;

constexpr record_key header_key(base::run_number run) noexcept { return {base::to_integer(run), 0}; }
constexpr record_key wake_key(base::time_us due, base::run_number run) noexcept
{
    return {static_cast<std::uint64_t>(due), base::to_integer(run)};
}
constexpr record_key finished_key(base::time_us when, base::run_number run) noexcept
{
    return {static_cast<std::uint64_t>(when), base::to_integer(run)};
}
constexpr record_key id_key(base::run_number run, std::uint64_t hash) noexcept
{
    return {base::to_integer(run) >> 14, hash};
}
constexpr record_key history_key(base::run_number run, std::uint32_t seq, std::uint32_t chunk = 0) noexcept
{
    return {base::to_integer(run), std::uint64_t{seq} << 16 | chunk};
}
}
