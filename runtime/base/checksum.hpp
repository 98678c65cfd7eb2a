#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace everstep::base
{
struct hash128
{
    std::uint64_t high{};
    std::uint64_t low{};
    friend bool operator==(const hash128&, const hash128&) = default;
};

/// XXH3-64 of the bytes with a seed. Stable for ever: it is on disk (see journal/FORMAT.md).
std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0) noexcept;

/// XXH3-128 of the bytes with a seed.
hash128 hash128_of(std::string_view bytes, std::uint64_t seed = 0) noexcept;
}
