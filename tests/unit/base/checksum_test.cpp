#include "base/checksum.hpp"

#include <gtest/gtest.h>

#include <string>

namespace
{
using namespace everstep::base;

// The published values of XXH3: they are on disk, so an xxHash that answered otherwise could not read a journal.
TEST(Checksum, Hash64IsXxh3)
{
    EXPECT_EQ(hash64(""), 0x2D06800538D394C2U);
    EXPECT_EQ(hash64("a"), 0xE6C632B61E964E1FU);
    EXPECT_EQ(hash64("abc"), 0x78AF5F94892F3950U);
}

TEST(Checksum, Hash128IsXxh3) { EXPECT_EQ(hash128_of(""), (hash128{0x99AA06D3014798D8U, 0x6001C324468D497FU})); }

TEST(Checksum, SeedChangesEveryLengthClass)
{
    for (const std::size_t size : {0U, 3U, 8U, 16U, 100U, 200U, 300U, 2000U})
    {
        const std::string bytes(size, 'x');
        EXPECT_NE(hash64(bytes, 1), hash64(bytes, 2)) << size;
        EXPECT_NE(hash128_of(bytes, 1), hash128_of(bytes, 2)) << size;
    }
}

TEST(Checksum, HighAndLowHalfDiffer)
{
    const hash128 hash = hash128_of("everstep", 7);
    EXPECT_NE(hash.high, hash.low);
}
}
