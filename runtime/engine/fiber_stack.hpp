#pragma once

// Stacks of fiber workflows: each with a guard page below it, so that code which needs more dies there instead of writing over what is
// not its own. A thread keeps some that are free for the next.
//
// A guarded stack is two of the maps of which a process has vm.max_map_count (65,530). Boost's protected stack does not look whether its
// guard could be had, and at that limit it cannot: so these are made here, guard first.
//
// Threads: any; a stack may be given back on another thread than it was taken on.

#include <cstddef>

namespace everstep::core
{
struct fiber_stack
{
    std::byte* lowest{}; ///< that may be used
    std::size_t bytes{};
    void* fake_stack{}; ///< of the address sanitizer, which goes with it
};

inline constexpr std::size_t spare_stack_bytes_max = 64u << 20; ///< that a thread keeps; only what was touched of them takes memory

/// Of `bytes` or a little more. Throws engine_error (limit) where there is none to be had.
fiber_stack take_fiber_stack(std::size_t bytes);
void give_fiber_stack(const fiber_stack& stack) noexcept;

/// Of this thread.
std::size_t spare_stack_bytes() noexcept;
}
