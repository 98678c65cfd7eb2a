#pragma once

// One record of a run's history. Bytes: FORMAT.md, "entry". Which fields a kind carries is one table in entry.cpp.

#include "base/ids.hpp"
#include "journal/path.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace everstep::journal
{
enum class entry_kind : std::uint8_t
{
    started = 1,      ///< seq 0: payload = input, at
    step_done = 2,    ///< where, operation, name, type, args, place of source, attempts, payload = result
    step_failed = 3,  ///< as step_done, with code and text instead of payload: no more attempts
    step_retry = 4,   ///< an attempt failed and another will follow: where, name, attempts so far, due, code, text, payload = progress
    step_dropped = 5, ///< cancelled with no attempt running: where, name, attempts
    timer_set = 6,    ///< where, due, clock, payload empty; source
    timer_fired = 7,  ///< where
    replied = 8,      ///< where, type, payload = reply; source
    cancel_asked = 9, ///< text = the caller's reason
    completed = 10,   ///< type, payload = result
    failed = 11,      ///< code, text: an error left the body (after compensation)
    cancelled = 12,   ///< text = reason: the run ended because it was cancelled
    resumed = 13,     ///< a person resumed a parked run; text = who or why
    published = 14,   ///< where, name = topic, type, payload = data; source. The event is a row of the same commit
    signalled = 15,   ///< name, type, code = the message's id, payload: whenever it comes, whether the code waits for it or not
    sent = 16,        ///< where, name, type, text = the other run, payload; source. The intent is a row of the same commit
    started_as_child = 17, ///< seq 0, as started; name = the parent's workflow, text = its id, code = the token of the promise that the end is
    child_started = 18,    ///< where, name = workflow, type, code = close policy, text = id, payload = input; source. The intent is a row of the same commit
    children_cancelled = 19, ///< code = "wait": also those that are waited for; text = reason: of those that are open. The intents are rows of the same commit
    child_adopted = 20,    ///< of the run that this one continues: name = workflow, type = its promise's signal, code = close policy, text = id
    ids_adopted = 21,      ///< likewise: payload = ids of messages that have come, each behind its length (varint)
    paused = 22,           ///< text = who and why: the header of the same commit says so
    terminated = 23,       ///< text = who and why: the run has ended, without its code
    resolved = 24,         ///< where, code (empty: by a value), text = who and why, payload: a person has ended an attempted operation
    continued = 25,        ///< type, payload = input of the next run, which is in the same commit: the run has ended
    forked = 26,           ///< code = the run that the entries before it were copied from, text = who and why
    answered = 27          ///< where, type, code = id of the update, payload; source
};
inline constexpr entry_kind last_entry_kind = entry_kind::answered;

/// Of messages that came to runs of a chain, the newest: they are known to the next.
inline constexpr std::size_t adopted_ids_max = 10'000;

/// Whether a history begins with it.
constexpr bool is_start(entry_kind kind) noexcept { return kind == entry_kind::started || kind == entry_kind::started_as_child; }
/// Whether a history ends with it.
constexpr bool is_end(entry_kind kind) noexcept
{
    return kind == entry_kind::completed || kind == entry_kind::failed || kind == entry_kind::cancelled || kind == entry_kind::terminated ||
           kind == entry_kind::continued;
}

/// What the code asked for, where an entry belongs to an operation. On disk: numbers are never reused.
enum class operation_kind : std::uint8_t
{
    none = 0,
    step = 1,
    undo = 2,
    timer = 3,
    reply = 4,
    forever = 5, ///< waits until cancelled; writes nothing of its own
    transaction = 6,
    publish = 7,
    receive = 8, ///< waits for a signal; writes nothing of its own
    signal = 9,  ///< to another run
    child = 10,  ///< starts another run
    answer = 11  ///< to an update
};

enum class timer_clock : std::uint8_t
{
    engine = 0, ///< sleep_for
    wall = 1    ///< sleep_until
};

/// A view: every string points into bytes owned by somebody else (encode: the caller; decode: the assembled record).
struct entry
{
    entry_kind kind{};
    operation_kind operation{};
    timer_clock clock{};
    path where{};
    base::time_us at{};   ///< engine time when it was made
    base::time_us due{};  ///< timer_set: on `clock`; step_retry: engine time
    std::uint32_t attempts{};
    std::uint32_t line{};
    std::string_view file{}; ///< base name of the source file
    std::string_view name{};
    std::string_view type{}; ///< result type, by the codec's portable names
    std::string_view code{};
    std::string_view text{};
    std::string_view payload{};
    std::string_view args{}; ///< of a step, where it was given some
};

/// Timers that the engine sets behind the start of a run, at paths that no code comes to: when its code may begin, until when it may go on.
inline constexpr std::uint32_t start_timer_path = 0xFFFFFFFF;
inline constexpr std::uint32_t deadline_timer_path = 0xFFFFFFFE;
inline bool is_own_timer(const entry& e) noexcept
{
    return e.kind == entry_kind::timer_set && e.where.numbers().size() == 1 && e.where.numbers().front() >= deadline_timer_path;
}

inline entry own_timer(std::uint32_t path, base::time_us at, base::time_us due) noexcept
{
    entry e;
    e.kind = entry_kind::timer_set;
    e.operation = operation_kind::timer;
    e.where.push(path);
    e.at = at;
    e.due = due;
    return e;
}

/// "step", "undo", "timer", … for texts.
std::string_view name_of(operation_kind kind) noexcept;
std::string_view name_of(entry_kind kind) noexcept;

/// Appends the bytes of an entry, without format byte and checksum. Fields that its kind does not carry are left out.
void encode(const entry& e, std::string& to);

/// False: the bytes are no entry of this format (bounds, kinds and lengths are all checked). Strings view `from`.
/// `operation` is filled in for every kind that belongs to one.
bool decode(std::string_view from, entry& to);
}
