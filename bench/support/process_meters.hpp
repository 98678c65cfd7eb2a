#pragma once

// What the system and the allocator say about a process: memory, processor time, context switches.

#include <chrono>
#include <cstdint>
#include <sys/types.h>

namespace everstep::bench
{
/// Anonymous memory that is resident: the heap and the stacks, not the pages of the journal's map.
std::uint64_t anonymous_bytes();

/// In use on the heap, of all arenas.
std::uint64_t heap_bytes();

/// All threads of this process, kernel included.
std::chrono::nanoseconds processor_time();

/// Of all threads of a process, since they began. A thread that is woken, for whatever reason, waits again: that is one.
std::uint64_t context_switches(pid_t process);

/// Until this process has next to no work for a while. Throws std::runtime_error where that takes minutes.
void wait_for_rest();
}
