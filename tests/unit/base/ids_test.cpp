#include "base/ids.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>

namespace
{
using namespace everstep::base;

TEST(Ids, AreNoIntegers)
{
    static_assert(!std::is_convertible_v<std::uint64_t, run_number>);
    static_assert(!std::is_convertible_v<run_number, std::uint64_t>);
    static_assert(!std::is_convertible_v<entry_seq, run_number>);
    EXPECT_EQ(to_integer(run_number{UINT64_MAX}), UINT64_MAX);
    EXPECT_EQ(to_integer(entry_seq{UINT32_MAX}), UINT32_MAX);
}

TEST(Ids, RunNumberZeroIsNone) { EXPECT_EQ(run_number{}, run_number::none); }
}
