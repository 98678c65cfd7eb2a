#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace everstep::inline v0
{
enum class severity : std::uint8_t
{
    note,
    warning,
    error
};

struct log_line
{
    severity level{};
    std::string_view text;     ///< one line
    std::string_view workflow; ///< empty where it concerns no run
    std::string_view run;
};

struct engine_options
{
    /// Directory of the journal; made if absent, mode 0700. ":memory:" keeps it in memory, for tests: gone with the engine.
    std::string journal{};

    // What changes behaviour.

    /// Receives log lines. Any thread of the engine; must not block or call the engine. Empty: warnings and errors to stderr.
    std::function<void(const log_line&)> log{};
    /// Process deaths with one and the same step in flight that park its run; 0 never parks.
    std::uint32_t crash_loop_deaths{3};
    /// A body that goes on for this long after its stop was requested is named in the log.
    std::chrono::milliseconds stop_grace{10'000};
    std::size_t payload_bytes_max{1 << 20};         ///< of one input, result or reply
    std::uint32_t history_entries_max{50'000};      ///< a run beyond it is parked (limits); logged at a fifth
    std::size_t history_bytes_max{50u << 20};
    std::size_t turn_bytes_max{16u << 20};          ///< written by a run between two waits; beyond it is parked
    /// A run that ended longer ago than this, by engine time, is deleted, whole; the default keeps all of them for ever. Until then its id
    /// stands for it: a start with it finds the old run. After that the id is free, a start with it begins a new run, and handles throw
    /// not_found; so let it be longer than anybody may come again with the same id, or ask for the result. Runs that wait or are parked
    /// are never deleted. It happens soon after the time has come while the engine works, and within a minute when it is idle.
    std::chrono::milliseconds keep_finished{std::chrono::milliseconds::max()};

    // What changes speed and size.

    std::uint32_t shards{0};                        ///< threads that run workflow code; 0: processors less one, at least one
    std::uint32_t pool_threads_max{256};            ///< for bodies that may block
    std::uint32_t fiber_threads{2};
    std::uint32_t resident_runs_max{20'000};        ///< frames in memory; waiting runs beyond it are evicted, starts wait for one
    std::size_t resident_bytes_max{1u << 30};       ///< histories of resident runs; as above
    std::chrono::milliseconds resident_wait_max{10'000}; ///< a run that waits longer than this is evicted at once
    std::size_t queue_bytes_max{64u << 20};         ///< not yet committed; beyond it admission waits
    std::uint64_t map_bytes{0};                     ///< of the journal file at most; 0: 1 TiB (sparse), or what the limits allow
};
}
