#pragma once

// How often this program allocates: calls of malloc and its kin, by whomever, libraries included. Off at first, and then the price of a
// call is a load and a branch.

#include <cstdint>

namespace everstep::bench
{
/// From now on, until this goes. Throws std::runtime_error in builds that bring an allocator of their own (sanitizers).
class allocation_count
{
public:
    allocation_count();
    ~allocation_count();
    allocation_count(const allocation_count&) = delete;
    allocation_count& operator=(const allocation_count&) = delete;
};

/// Since the program began, while they were counted.
std::uint64_t allocations_counted() noexcept;
}
