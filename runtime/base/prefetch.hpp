#pragma once

#include <cstddef>

namespace everstep::base
{
/// Asks the processor for memory that is needed soon. With thousands of runs in flight each comes from far away, and a sweep knows early
/// which it will touch. `from` need not be valid: nothing is read.
inline void prefetch(const void* from, std::size_t bytes) noexcept
{
    constexpr std::size_t line = 64;
    for (std::size_t at = 0; at < bytes; at += line)
        __builtin_prefetch(static_cast<const char*>(from) + at);
}
}
