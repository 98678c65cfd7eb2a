#pragma once

// Workflows of the questions of scale, and what they look like in the journal: runs that sleep, and runs with histories of any length.

#include "floor/run_writer.hpp"
#include "support/checkout.hpp"
#include "support/turnstile.hpp"

#include <everstep/context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace everstep::bench
{
/// A step, a long sleep, the end.
template <std::int64_t Hours>
workflow<receipt> sleeper(context& ctx, order)
{
    receipt paid = co_await ctx.step("charge", [] { return make_receipt(); });
    co_await ctx.sleep_for(std::chrono::hours(Hours));
    co_return paid;
}

/// Until long after everybody who measures has gone.
inline constexpr std::int64_t hours_of_years = 24 * 365 * 30;
inline constexpr workload long_sleeper = &sleeper<hours_of_years>;
inline constexpr const char* long_sleeper_name = "long_sleeper";
run_shape long_sleeper_shape();

/// As a run of the shape it was started years ago, so it is due when its journal is opened.
inline constexpr workload due_sleeper = &sleeper<1>;
inline constexpr const char* due_sleeper_name = "due_sleeper";
run_shape due_sleeper_shape();

/// Sleeps for an hour and has nothing in its frame but that.
workflow<receipt> nap(context& ctx, order o);

/// The workload's five steps with an hour of sleep after the second: a shop that waits for its warehouse.
workflow<receipt> slow_checkout(context& ctx, order o);

/// As many steps as the order's quantity says, each through the turnstile, and then a wait without end.
workflow<receipt> march(context& ctx, order o);
inline constexpr const char* march_name = "march";
inline constexpr std::size_t march_steps_max = 10'000;

/// A march cut after its first `recorded` steps of `steps`; recorded at most march_steps_max.
run_shape march_shape(std::size_t recorded, std::size_t steps);
}
