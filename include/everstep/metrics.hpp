#pragma once

// Counters since open(), and a few levels of now. They run ahead of the disk: never take them for truth about a run.

#include <cstdint>

namespace everstep::inline v0
{
struct metrics
{
    std::uint64_t runs_started{};
    std::uint64_t runs_completed{};
    std::uint64_t runs_failed{};
    std::uint64_t runs_cancelled{};
    std::uint64_t runs_terminated{};
    std::uint64_t runs_continued{};      ///< as new
    std::uint64_t runs_parked{};         ///< or paused
    std::uint64_t runs_without_code{};   ///< unfinished runs of workflows that were not added; they wait
    std::uint64_t runs_deleted{};        ///< because engine_options::keep_finished had passed; counted when that was durable
    std::uint64_t runs_recovered{};      ///< replayed because open() or a wake found them due
    std::uint64_t runs_evicted{};
    std::uint64_t runs_resident{};       ///< now: with a frame in memory
    std::uint64_t starts_waiting{};      ///< now: for admission
    std::uint64_t steps_recorded{};
    std::uint64_t transactions{};        ///< that wrote something or were recorded, of workflows and from outside
    std::uint64_t attempts_failed{};
    std::uint64_t attempts_timed_out{};
    std::uint64_t bodies_running{};      ///< now
    std::uint64_t bodies_ignoring_stop{}; ///< asked to stop longer ago than stop_grace; counted once each
    std::uint64_t turns_blocked{};       ///< workflow code that did not come to its next wait for over a second
    std::uint64_t entries_written{};
    std::uint64_t entries_replayed{};
    std::uint64_t commits{};
    std::uint64_t commits_delayed_full{}; ///< tried again because the disk or the map was full
    std::uint64_t timers_fired{};
    std::uint64_t signals{};              ///< that came to runs
    std::uint64_t signals_unread{};       ///< of them, those that their runs have not received when they ended
    std::uint64_t deliveries{};          ///< of events to subscriptions: handlers that returned, runs that started
    std::uint64_t deliveries_failed{};   ///< attempts
    std::uint64_t dead_letters{};        ///< deliveries that were given up
    std::uint64_t events_deleted{};      ///< because their topic keeps them no longer
    std::uint64_t clock_jumps{};         ///< of the wall clock, over 60 s
    std::uint64_t pool_threads{};        ///< now
    std::uint64_t journal_bytes{};       ///< now: of the file, in use
    std::uint64_t oldest_reader_lag{};   ///< now: commits since the oldest look at the journal began; while one lasts, the file only grows
};
}
