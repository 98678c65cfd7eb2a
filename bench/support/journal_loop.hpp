#pragma once

// The closed loop of new checkouts on a journal that holds other runs already.

#include "support/engine_loop.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

namespace everstep::bench
{
struct journal_loop
{
    quantiles step; ///< from the begin of a body to the begin of the next
    metrics before; ///< when the clock started, and when it stopped
    metrics after;
    std::uint64_t file_bytes_before{};
    std::uint64_t file_bytes_after{};
};

/// Opens the journal in the options' directory (a new one where there is none), waits until it is at rest, and times size.timed_runs
/// checkouts with steps in the pool in the loop of `state`; `ids` makes their ids new ones. Throws std::runtime_error where a run is
/// parked or lost.
journal_loop run_on_journal(benchmark::State& state, const engine_options& options, const loop_size& size,
                            std::uint64_t ids);
}
