#pragma once

// How a step is run and tried again.
//
//     constexpr step_options carrier{.retry = {.first = 1s, .attempts = 50}, .timeout = 5s};
//     co_await ctx.step("ship", carrier, [&] { return carrier.collect(o); });
//
// Crash: the state of retrying (attempts so far, when the next is due) is journaled with every failed attempt. An attempt that
// a crash cut off counts in none of the limits below; the engine's own crash-loop guard watches those.

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
};

struct step_options
{
    retry_policy retry{};
    /// From the begin of an attempt; then its stop is requested and the body waited for. 0 is none. Without effect where place is
    /// shard: the thread that would look at the clock runs the body. What it returns or throws counts, however late.
    std::chrono::milliseconds timeout{0};
    step_place place{step_place::pool};
};

static_assert(std::is_trivially_destructible_v<step_options>, "options are written as braced temporaries beside co_await");
}
