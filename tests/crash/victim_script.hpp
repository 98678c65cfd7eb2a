#pragma once

// What the victim's workflows do, in words that the check of its journal understands: all of them are straight lines, so every
// operation of a run has one position, and whatever happens, time goes from low positions to high ones.

#include <boost/describe.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::test
{
struct victim_order
{
    std::uint32_t number{};
    std::uint64_t salt{};
};
BOOST_DESCRIBE_STRUCT(victim_order, (), (number, salt))

/// What every step results in. An undo gets the recorded result and nothing else: the run and the undo's position are in it.
struct traced
{
    std::uint32_t run{};
    std::uint32_t undo_position{}; ///< 0: there is no undo
    std::uint64_t value{};         ///< different for every execution
    std::int64_t wall_us{};
};
BOOST_DESCRIBE_STRUCT(traced, (), (run, undo_position, value, wall_us))

enum class line_kind : std::uint8_t
{
    step,
    undo,
    timer,
    reply
};

struct script_line
{
    line_kind what{};
    std::string_view name{};            ///< of a step, or of the step that is undone
    std::uint32_t attempts{1};          ///< that end in an answer, at most
    std::int64_t milliseconds{};        ///< of a timer
    bool by_wall{};                     ///< sleep_until, counted from the wall_us of the step before
};

enum class ending : std::uint8_t
{
    completes,
    fails,
    cancelled,
    waits,    ///< without end
    any       ///< completed or cancelled: a race
};

struct victim_script
{
    std::string_view workflow;
    std::vector<script_line> lines; ///< position 1 first
    ending end;
};

inline constexpr std::uint32_t victim_kinds = 8;
inline constexpr std::string_view saga_failure = "no_truck";

inline std::uint32_t kind_of(std::uint32_t run) { return run % victim_kinds; }
inline bool has_reply(std::uint32_t run) { return kind_of(run) == 1 || kind_of(run) == 4; }
/// Of the runs that wait without end, every second is cancelled; of the racing ones, all.
inline bool is_cancelled(std::uint32_t run) { return (kind_of(run) == 4 && run / victim_kinds % 2 == 0) || kind_of(run) == 7; }
inline bool waits_for_ever(std::uint32_t run) { return kind_of(run) == 4 && !is_cancelled(run); }

inline std::string id_of(std::uint32_t run) { return "o-" + std::to_string(run); }
inline victim_order input_of(std::uint32_t run) { return {run, (run + 1) * 0x9E3779B97F4A7C15u}; }
/// How a workflow adds one recorded result to what it replies and results in.
inline std::uint64_t folded(std::uint64_t sum, std::uint64_t value) { return sum * 31 + value; }

inline std::uint64_t hash_of(std::string_view text)
{
    std::uint64_t hash = 14695981039346656037u;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return hash;
}

inline victim_script script_of(std::uint32_t run)
{
    using enum line_kind;
    switch (kind_of(run))
    {
    case 0: return {"places", {{step, "pool"}, {step, "shard"}, {step, "fiber"}, {step, "awaitable"}}, ending::completes};
    case 1:
        return {"order",
                {{step, "charge"}, {reply}, {timer, {}, 1, 3}, {step, "reserve"}, {timer, {}, 1, 2, true}, {step, "ship"}},
                ending::completes};
    case 2:
        return {"truck",
                {{step, "charge"}, {step, "reserve"}, {step, "pack"}, {step, "load"}, {undo, "pack"}, {undo, "reserve"}, {undo, "charge"}},
                ending::fails};
    case 3: return {"flaky", {{step, "flaky", 3}, {step, "steady"}}, ending::completes};
    case 4:
        return {"hold", {{step, "hold"}, {reply}, {undo, "hold"}}, is_cancelled(run) ? ending::cancelled : ending::waits};
    case 5: return {"parts", {{step, "left"}, {timer, {}, 1, 1}, {step, "right"}, {timer, {}, 1, 1}, {step, "join"}}, ending::completes};
    case 6: return {"detour", {{step, "first"}, {step, "doomed", 2}, {undo, "first"}, {step, "after"}}, ending::completes};
    default:
        return {"race", {{step, "slow"}, {timer, {}, 1, 1}, {step, "rest"}, {undo, "rest"}, {undo, "slow"}}, ending::any};
    }
}
}
