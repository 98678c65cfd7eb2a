#include "base/assert.hpp"

#include <gtest/gtest.h>

namespace
{
TEST(Assert, TrueConditionHasNoEffect)
{
    int evaluated = 0;
    EVERSTEP_ASSERT(++evaluated == 1);
    EXPECT_EQ(evaluated, 1);
}

TEST(AssertDeathTest, FalseConditionIsPrintedAndAborts)
{
    EXPECT_DEATH(EVERSTEP_ASSERT(1 + 1 == 3), "broken invariant: 1 \\+ 1 == 3 .*assert_test.cpp");
}
}
