#pragma once

// The engine's half of a closed loop: one engine with default options on a new journal, one client, one measurement.

#include "floor/closed_loop.hpp"
#include "support/client.hpp"
#include "support/settings.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>

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
};

/// Times size.timed_runs runs, or starts, in the loop of `state`; warming up and draining are not timed. Afterwards the journal must
/// hold what the floor would have written for as many runs, table by table, to the byte. Throws std::runtime_error.
loop_outcome run_engine(benchmark::State& state, const settings& chosen, const engine_loop& what);

/// Plays the floor of the same loop; returns how many runs ended while it was timed.
std::size_t run_floor(benchmark::State& state, const settings& chosen, const run_shape& shape, const loop_size& size,
                      double entries_per_commit);

void report(benchmark::State& state, const quantiles& latency);
}
