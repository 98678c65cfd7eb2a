#include "engine/chance.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <utility>

namespace everstep::core
{
namespace
{
TEST(Chance, BitsDifferAlsoBetweenThreads)
{
    std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
    const auto draw = [&] {
        for (int n = 0; n < 100; ++n)
        {
            const base::hash128 bits = fresh_bits();
            seen.emplace(bits.high, bits.low);
        }
    };
    draw();
    std::thread(draw).join();
    EXPECT_EQ(seen.size(), 200u);
}
}
}
