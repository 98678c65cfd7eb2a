#include "engine/fiber_stack.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace everstep::core
{
namespace
{
constexpr std::size_t bytes = 64u << 10;

/// In a thread of its own, which has no spare stacks.
template <class Do>
void on_a_new_thread(Do what)
{
    std::thread(what).join();
}

TEST(FiberStack, HasAllTheBytesThatItWasAskedFor)
{
    const fiber_stack one = take_fiber_stack(100'000);
    EXPECT_GE(one.bytes, 100'000u);
    std::memset(one.lowest, 1, one.bytes);
    give_fiber_stack(one);
}

TEST(FiberStack, IsUsedAgainByItsSize)
{
    on_a_new_thread([] {
        const fiber_stack small = take_fiber_stack(bytes), large = take_fiber_stack(2 * bytes);
        give_fiber_stack(small);
        give_fiber_stack(large);
        const fiber_stack again = take_fiber_stack(bytes);
        EXPECT_EQ(again.lowest, small.lowest);
        EXPECT_EQ(again.bytes, small.bytes);
        EXPECT_EQ(spare_stack_bytes(), large.bytes);
        give_fiber_stack(again);
    });
}

TEST(FiberStack, AThreadKeepsNoMoreThanItsBound)
{
    on_a_new_thread([] {
        std::vector<fiber_stack> all;
        for (std::size_t n = 0; n < 10; ++n)
            all.push_back(take_fiber_stack(spare_stack_bytes_max / 4));
        for (const fiber_stack& one : all)
            give_fiber_stack(one);
        EXPECT_EQ(spare_stack_bytes(), spare_stack_bytes_max);
    });
}

TEST(FiberStack, OneThatIsLargerThanTheBoundIsNotKept)
{
    on_a_new_thread([] {
        give_fiber_stack(take_fiber_stack(2 * spare_stack_bytes_max));
        EXPECT_EQ(spare_stack_bytes(), 0u);
    });
}

TEST(FiberStack, AThreadThatHasNoneMakesOne)
{
    on_a_new_thread([] {
        EXPECT_EQ(spare_stack_bytes(), 0u);
        const fiber_stack one = take_fiber_stack(bytes);
        EXPECT_EQ(spare_stack_bytes(), 0u);
        give_fiber_stack(one);
        EXPECT_EQ(spare_stack_bytes(), bytes);
    });
}

TEST(FiberStackDeathTest, TheByteBelowIsGuarded)
{
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const fiber_stack one = take_fiber_stack(bytes);
    volatile std::byte* const below = one.lowest - 1;
    EXPECT_DEATH(*below = std::byte{1}, "");
    give_fiber_stack(one);
}

TEST(FiberStack, WhereThereIsNoneTheTextSaysWhatToDo)
{
    try
    {
        take_fiber_stack(std::size_t{1} << 50);
        FAIL() << "a stack of a petabyte";
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.why(), errc::limit);
        EXPECT_EQ(e.text().find("no stack of 1125899906842624 bytes for a fiber workflow ("), 0u) << e.text();
        EXPECT_NE(e.text().find("lower engine_options::resident_runs_max, or raise vm.max_map_count"), std::string::npos) << e.text();
    }
}
}
}
