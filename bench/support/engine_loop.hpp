#pragma once

// The engine's half of a closed loop: one engine with default options on a new journal, one client, one measurement.

#include "floor/closed_loop.hpp"
#include "support/client.hpp"
#include "support/settings.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace everstep::bench
{
/// How much to measure at so many in flight: whole rounds through all of them, because they begin in step with each other and
/// stay so for a while; fewer where the disk is slow.
loop_size size_of_loop(const settings& chosen, std::size_t in_flight, std::uint32_t turns_of_run);

struct engine_loop
{
    workload function{};
    run_shape shape; ///< of the function's runs, to hold the journal against
    slot_until until{slot_until::ended};
    loop_size size;
    shared_spread step_latency{}; ///< filled where they are given
    shared_spread slot_latency{};
    /// What the engine needs before the first run.
    std::function<void(engine&)> before{};
    /// Makes what works beside the loop while it is timed: another load on the same engine.
    std::function<std::shared_ptr<void>(engine&, const client&)> beside{};
};

struct quantiles
{
    double p50_us{};
    double p99_us{};
};

struct loop_outcome
{
    double entries_per_commit{};
    quantiles step; ///< from the begin of a body to the begin of the next
    quantiles slot; ///< from start to what the loop waits for
    std::chrono::nanoseconds processor{}; ///< of all threads while it was timed
    std::uint64_t allocations{};          ///< while it was timed, where they are counted: support/allocations.hpp
};

/// Times size.timed_runs runs, or starts, in the loop of `state`; warming up and draining are not timed. Afterwards the journal must
/// hold what the floor would have written for as many runs, table by table, to the byte. Throws std::runtime_error.
loop_outcome run_engine(benchmark::State& state, const settings& chosen, const engine_loop& what);

struct floor_outcome
{
    std::size_t runs{}; ///< that ended while it was timed
    std::chrono::nanoseconds processor{};
};

/// Plays the floor of the same loop.
floor_outcome run_floor(benchmark::State& state, const settings& chosen, const run_shape& shape, const loop_size& size,
                      double entries_per_commit);

void report(benchmark::State& state, const quantiles& latency);
}
