#include "store/lmdb/map_size.hpp"

#include <limits>
#include <sys/resource.h>

// Sanitizers keep their shadow in large parts of the address space.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EVERSTEP_LMDB_SMALL_MAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define EVERSTEP_LMDB_SMALL_MAP 1
#endif
#endif
#ifndef EVERSTEP_LMDB_SMALL_MAP
#define EVERSTEP_LMDB_SMALL_MAP 0
#endif

namespace everstep::store::lmdb
{
namespace
{
constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;
constexpr std::uint64_t largest = (EVERSTEP_LMDB_SMALL_MAP != 0 ? 16 : 1024) * gibibyte;
constexpr std::uint64_t smallest = 16 * mebibyte;
}

std::vector<std::uint64_t> map_sizes(std::uint64_t asked, std::uint64_t address_space_max)
{
    constexpr std::uint64_t granule = 64 * 1024; // whole pages, also where a page is 64 KiB
    if (asked != 0)
        return {(asked + granule - 1) / granule * granule};
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t size = largest; size >= smallest; size /= 2)
    {
        if (size <= address_space_max / 2)
            sizes.push_back(size);
    }
    if (sizes.empty())
        sizes.push_back(smallest);
    return sizes;
}

std::uint64_t address_space_limit()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return std::numeric_limits<std::uint64_t>::max();
    return limit.rlim_cur;
}
}
