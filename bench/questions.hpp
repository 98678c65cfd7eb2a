#pragma once

// The questions that bench/ answers, one a file: each adds its figures.

#include "support/figures.hpp"
#include "support/settings.hpp"

namespace everstep::bench
{
void add_step_commit(figures& to, const settings& chosen); ///< step_commit_bench.cpp
void add_start(figures& to, const settings& chosen);       ///< start_bench.cpp
void add_latency(figures& to, const settings& chosen);     ///< latency_bench.cpp
void add_replay(figures& to, const settings& chosen);      ///< replay_bench.cpp
}
