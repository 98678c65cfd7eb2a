#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace everstep::base
{
/// Our own number of a run: rising, never reused, 0 is none. Orders the journal; the caller's run id never does.
enum class run_number : std::uint64_t
{
    none = 0
};

/// Position of an entry in the history of one run: 0 is the start.
enum class entry_seq : std::uint32_t
{
};

constexpr std::uint64_t to_integer(run_number number) noexcept { return static_cast<std::uint64_t>(number); }
constexpr std::uint32_t to_integer(entry_seq seq) noexcept { return static_cast<std::uint32_t>(seq); }

/// Microseconds since the Unix epoch. Engine time and wall time are both kept in it; the name of the variable says which.
using time_us = std::int64_t;
}
