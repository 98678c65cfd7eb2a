#pragma once

// The floor's half of a closed loop: what a number of runs in flight would have written, in commits of a given mean size.

#include "floor/run_writer.hpp"
#include "floor/script.hpp"

#include <cstddef>

namespace everstep::bench
{
struct loop_size
{
    std::size_t in_flight{};
    std::size_t warm_runs{};  ///< that end before the clock starts
    std::size_t timed_runs{}; ///< that end while it runs
};

struct floor_loop
{
    script all;
    std::size_t warm_commits{}; ///< the first so many are not timed
    std::size_t timed_runs{};   ///< that end in the others
};

/// As in the engine no run has two turns in one commit: each waits until the one before is durable. So a commit holds at most
/// one turn of each run in flight, whatever `entries_per_commit` says.
floor_loop make_floor(const run_shape& shape, const loop_size& size, double entries_per_commit);
}
