#include "base/checksum.hpp"

// Compiled here and not called in its library: what is hashed is mostly shorter than what the call costs.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace everstep::base
{
std::uint64_t hash64(std::string_view bytes, std::uint64_t seed) noexcept
{
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

hash128 hash128_of(std::string_view bytes, std::uint64_t seed) noexcept
{
    const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
    return {hash.high64, hash.low64};
}
}
