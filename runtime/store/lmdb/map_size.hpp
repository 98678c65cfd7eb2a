#pragma once

// How much address space to ask for. The map is reserved, not used: 1 TiB costs nothing where it is allowed, and the map
// is never resized while it is open (H5).

#include <cstdint>
#include <vector>

namespace everstep::store::lmdb
{
/// Sizes to try, largest first. `asked` 0 means as much as is sensible; a size that was asked for is tried alone.
/// `address_space_max` is RLIMIT_AS, all ones for none: the map may take half of it, the program needs the rest.
std::vector<std::uint64_t> map_sizes(std::uint64_t asked, std::uint64_t address_space_max);

/// RLIMIT_AS of this process.
std::uint64_t address_space_limit();
}
