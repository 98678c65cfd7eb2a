#pragma once

// How a step is run and tried again.
//
//     constexpr step_options carrier{.retry = {.first = 1s, .attempts = 50}, .timeout = 5s};
//     co_await ctx.step("ship", carrier, [&] { return carrier.collect(o); });
//
//     constexpr step_options import_options{.retry = {.when_exhausted = exhausted::park_run}, .total_timeout = 6h, .heartbeat_timeout = 30s};
//     co_await ctx.step("import", import_options, [&](attempt& a) { … a.heartbeat(row); … });    // everstep/attempt.hpp
//
// Time-outs ask the body to stop (attempt::stop) and wait for it: what it returns counts, however late; what it throws is taken for `timed_out`,
// unless it is a permanent_error. They are without effect on a running body whose place is shard: the thread that would look at the clock runs it.
//
// Crash: the state of retrying (attempts so far, when the next is due, the last progress) is journaled with every failed attempt. An attempt that
// a crash cut off counts in no limit of attempts; the engine's own crash-loop guard watches those. Limits of the whole step count
// from when the code asked for it, by engine time, through crashes and evictions.
// Errors: step_failed, timed_out at the await; or the run is parked, see `exhausted`.

#include <chrono>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace everstep::inline v0
{
/// Where a body runs. See step_options::place.
enum class step_place : std::uint8_t
{
    pool,  ///< a thread of the elastic pool: the body may block
    shard, ///< on the run's own shard thread: for bodies that never wait; least overhead
    fiber  ///< a fiber: for bodies that wait through Asio with everstep::fiber_yield
};

/// What becomes of a step that has run out of attempts or of time. (What will never work is thrown in any case: a permanent_error, a failure
/// that `again` says no to, the failure of a cancelled body.)
enum class exhausted : std::uint8_t
{
    throw_it, ///< step_failed, or timed_out, at the await
    /// The run is parked with the reason retries_exhausted; its status names the step, the attempts and the last error. Resuming it
    /// gives the step a fresh set of attempts, and time.
    park_run
};

struct retry_policy
{
    std::chrono::milliseconds first{100};      ///< delay after the first failed attempt; 0 is at once
    double factor{2};                          ///< each delay is this times the one before; at least 1
    std::chrono::milliseconds longest{60'000}; ///< no delay is longer
    double jitter{0.1};                        ///< each delay is changed by up to this share of it, either way; 0 to 1
    std::uint32_t attempts{10};                ///< in all; 0 is without limit; 1 is no retry
    std::chrono::milliseconds total{0};        ///< no attempt begins later than this after the step began; 0 is no limit
    /// Asked after a failed attempt that may be tried again: false makes the failure final. Null is yes to all.
    bool (*again)(std::string_view code, std::string_view text){nullptr};
    exhausted when_exhausted{exhausted::throw_it};
};

struct step_options
{
    retry_policy retry{};
    /// Of one attempt, from its begin. 0 is none.
    std::chrono::milliseconds timeout{0};
    /// Of the step, over all attempts and the delays between them: ends the attempt that runs then; what cannot be tried again before
    /// it is over has timed out at once. 0 is none.
    std::chrono::milliseconds total_timeout{0};
    /// An attempt that has not called attempt::heartbeat for so long is asked to stop, and counts as timed out. 0 is none; without
    /// effect on a body that takes no attempt.
    std::chrono::milliseconds heartbeat_timeout{0};
    step_place place{step_place::pool};
};

static_assert(std::is_trivially_destructible_v<step_options>, "options are written as braced temporaries beside co_await");
}
