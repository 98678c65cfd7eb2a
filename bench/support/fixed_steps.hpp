#pragma once

#include <span>

namespace everstep::bench
{
/// The role "steps": a closed loop of a fixed number of runs with steps in the shard, for bench/instructions. Arguments: the directory
/// for the journal, runs in flight, runs in all.
int play_steps(std::span<char* const> arguments);
}
