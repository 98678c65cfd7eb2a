#include "journal/path.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace
{
using everstep::journal::path;

TEST(Path, TextJoinsTheNumbersWithDots)
{
    path where(3);
    EXPECT_EQ(where.text(), "3");
    where.push(1);
    where.push(0);
    EXPECT_EQ(where.text(), "3.1.0");
    EXPECT_EQ(path().text(), "");
}

TEST(Path, DeepestPathOfLargestNumbersHasAText)
{
    path where;
    while (where.push(UINT32_MAX))
        ;
    EXPECT_EQ(where.text().size(), path::depth_max * 11 - 1);
}

TEST(Path, SixteenthNumberIsRefused)
{
    path where;
    for (std::size_t i = 0; i < path::depth_max; ++i)
        ASSERT_TRUE(where.push(1));
    EXPECT_FALSE(where.push(1));
    EXPECT_EQ(where.numbers().size(), path::depth_max);
}

TEST(Path, PrefixIsNotEqualToThePath)
{
    path where(3);
    path branch = where;
    branch.push(0);
    EXPECT_FALSE(where == branch);
    EXPECT_TRUE(where == path(3));
}
}
