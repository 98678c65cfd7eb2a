#pragma once

#include <atomic>
#include <cstdint>

namespace everstep::core
{
/// What metrics() shows, as it is counted: relaxed, from any thread, ahead of the disk.
struct counters
{
    using count = std::atomic<std::uint64_t>;
    count runs_started{}, runs_completed{}, runs_failed{}, runs_cancelled{}, runs_parked{}, runs_without_code{}, runs_deleted{};
    count runs_terminated{}, runs_continued{};
    count runs_recovered{}, runs_evicted{}, runs_resident{}, starts_waiting{};
    count steps_recorded{}, transactions{}, attempts_failed{}, attempts_timed_out{}, bodies_running{}, bodies_ignoring_stop{}, turns_blocked{};
    count entries_written{}, entries_replayed{}, timers_fired{}, signals{}, signals_unread{};
    count deliveries{}, deliveries_failed{}, dead_letters{}, events_deleted{};
};

inline void count_up(counters::count& to, std::uint64_t n = 1) noexcept { to.fetch_add(n, std::memory_order_relaxed); }
inline void count_down(counters::count& from, std::uint64_t n = 1) noexcept { from.fetch_sub(n, std::memory_order_relaxed); }
}
