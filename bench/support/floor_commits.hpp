#pragma once

#include "floor/run_writer.hpp"
#include "support/settings.hpp"
#include "support/spread.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>

namespace everstep::bench
{
/// Times `commits` raw commits one by one, of as many entries each; the value is their p99 in microseconds.
spread time_commits(benchmark::State& state, const settings& chosen, const run_shape& shape, double entries_per_commit,
                    std::size_t commits);

/// Times raw commits of one record each; the first `warm` of them are not timed.
void play_one_record_commits(benchmark::State& state, const settings& chosen, std::size_t warm, std::size_t commits);
}
