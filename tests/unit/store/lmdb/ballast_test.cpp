#include "store/lmdb/ballast.hpp"

#include "store_directory.hpp"

#include <gtest/gtest.h>

using everstep::store::lmdb::ballast;
using everstep::test::store_directory;

namespace
{
constexpr std::uint64_t size = 1 << 20;

TEST(Ballast, IsNotCarriedBeforeItIsTakenOn)
{
    const store_directory home;
    EXPECT_FALSE(ballast(home.path(), size).carried());
}

TEST(Ballast, TakenOnItHoldsItsSpace)
{
    const store_directory home;
    ballast carried(home.path(), size);
    carried.take_on();
    EXPECT_TRUE(carried.carried());
    EXPECT_EQ(std::filesystem::file_size(home / "ballast"), size);
}

TEST(Ballast, IsFoundAgain)
{
    const store_directory home;
    ballast(home.path(), size).take_on();
    EXPECT_TRUE(ballast(home.path(), size).carried());
}

TEST(Ballast, AShortOneIsNotCarried)
{
    const store_directory home;
    ballast(home.path(), size).take_on();
    EXPECT_FALSE(ballast(home.path(), 4 * size).carried());
}

TEST(Ballast, DroppedItIsGone)
{
    const store_directory home;
    ballast carried(home.path(), size);
    carried.take_on();
    EXPECT_TRUE(carried.drop());
    EXPECT_FALSE(carried.carried());
    EXPECT_FALSE(std::filesystem::exists(home / "ballast"));
    EXPECT_FALSE(carried.drop());
}

TEST(Ballast, OfNoBytesIsNoFile)
{
    const store_directory home;
    ballast carried(home.path(), 0);
    carried.take_on();
    EXPECT_FALSE(std::filesystem::exists(home / "ballast"));
    EXPECT_FALSE(carried.drop());
}

TEST(Ballast, LooksForRoomAndLeavesNothing)
{
    const store_directory home;
    const ballast carried(home.path(), 0);
    EXPECT_TRUE(carried.room_for(size));
    EXPECT_FALSE(carried.room_for(std::uint64_t{1} << 60));
    EXPECT_TRUE(std::filesystem::is_empty(home.path()));
}
}
