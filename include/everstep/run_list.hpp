#pragma once

// Many runs at once: which there are, and orders for all that fit a filter.
//
//     for (const run_summary& one : shop.list({.workflow = "checkout", .state = run_state::parked}))
//         std::cout << one.id << ": " << one.reason << ": " << one.text << '\n';
//     shop.order(run_order::resume, {.state = run_state::parked, .reason = "retries_exhausted"}, {.why = "the bank is back", .who = "ann"});
//
// Threads: any; both block (would_deadlock on a thread of the engine).
// Crash: what is listed was durable. An order is made of one request a run: after a crash those that were answered are done, and ordering
// again does the rest.
// Errors: engine_error (closed, io). What a single run has refused is in the outcome.

#include <everstep/run_status.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace everstep::inline v0
{
/// Who orders something of a run, and why: both stand in its history, with the time; cut at 1,000 bytes.
struct because
{
    std::string why{};
    std::string who{};

    /// "ann: the bank is back"
    std::string text() const { return who.empty() ? why : why.empty() ? who : who + ": " + why; }
};

/// What is left out fits all.
struct run_filter
{
    using time_point = std::chrono::sys_time<std::chrono::microseconds>;

    std::string workflow{};
    std::string id_prefix{};
    std::optional<run_state> state{};
    std::string reason{};                       ///< of parked ones: "paused", "divergence", …
    std::optional<time_point> started_from{};   ///< by engine time
    std::optional<time_point> started_before{};
};

struct run_summary
{
    std::uint64_t number{}; ///< rising in the order in which runs were started
    std::string workflow, id;
    std::uint32_t version{}; ///< of the workflow, when it was started
    run_state state{};
    std::string reason, text; ///< of a parked one
    run_filter::time_point started_at{}, ended_at{}; ///< the latter: where it has ended
};

enum class run_order : std::uint8_t
{
    cancel,
    terminate,
    pause,
    resume,
    restart
};

struct order_outcome
{
    struct refusal
    {
        std::string workflow, id, text;
    };
    std::size_t done{};
    std::vector<refusal> refused;
};
}
