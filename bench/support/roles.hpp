#pragma once

// What this program does in a process of its own, instead of measuring: `everstep_bench --role NAME ARGUMENTS…`. For what only a fresh
// process tells: its memory, its recovery, its instructions.

#include <span>
#include <string>

namespace everstep::bench
{
/// Returns the exit code. Throws std::invalid_argument where there is no role of that name.
int play_role(const std::string& name, std::span<char* const> arguments);
}
