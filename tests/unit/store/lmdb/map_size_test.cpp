#include "store/lmdb/map_size.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>

using everstep::store::lmdb::map_sizes;

namespace
{
constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

TEST(MapSize, TheSizeAskedForIsTriedAlone)
{
    EXPECT_EQ(map_sizes(5 * mebibyte, unlimited), (std::vector<std::uint64_t>{5 * mebibyte}));
}

TEST(MapSize, TheSizeAskedForIsRoundedUpToPages)
{
    EXPECT_EQ(map_sizes(mebibyte + 1, unlimited), (std::vector<std::uint64_t>{mebibyte + 65536}));
}

TEST(MapSize, LargerOnesAreTriedFirst)
{
    const auto sizes = map_sizes(0, unlimited);
    EXPECT_GT(sizes.size(), 5u);
    EXPECT_TRUE(std::ranges::is_sorted(sizes, std::greater<>()));
}

TEST(MapSize, HalfOfALimitedAddressSpaceIsLeftToTheProgram)
{
    EXPECT_EQ(map_sizes(0, 300 * mebibyte).front(), 128 * mebibyte);
}

TEST(MapSize, UnderATinyLimitTheSmallestIsTriedAllTheSame)
{
    EXPECT_EQ(map_sizes(0, mebibyte), (std::vector<std::uint64_t>{16 * mebibyte}));
}
}
