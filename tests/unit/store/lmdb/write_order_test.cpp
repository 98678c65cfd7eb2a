#include "store/lmdb/write_order.hpp"

#include "store_probe.hpp"

#include <gtest/gtest.h>

using namespace everstep::test;
using everstep::store::lmdb::write_order;

namespace
{
std::vector<key> keys_of(const write_order& order, table where)
{
    std::vector<key> found;
    for (const auto& one : order.of(where))
        found.push_back(one.at);
    return found;
}

TEST(WriteOrder, SortsEachTableByKey)
{
    batch made = puts({{{2, 0}, "c"}, {{1, 9}, "b"}, {{1, 2}, "a"}});
    made.put(table::run, {0, 5}, "run");
    const batch* part = &made;
    write_order order;
    order.gather({&part, 1});
    EXPECT_EQ(keys_of(order, table::history), (std::vector<key>{{1, 2}, {1, 9}, {2, 0}}));
    EXPECT_EQ(keys_of(order, table::run), (std::vector<key>{{0, 5}}));
    EXPECT_EQ(order.size(), 4u);
}

TEST(WriteOrder, KeepsTheLastWriteToAKey)
{
    const batch first = puts({{{1, 0}, "a"}, {{1, 0}, "b"}});
    const batch second = puts({{{3, 0}, "d"}, {{1, 0}, "c"}});
    const std::array<const batch*, 2> parts = {&first, &second};
    write_order order;
    order.gather(parts);
    ASSERT_EQ(order.size(), 2u);
    EXPECT_EQ(order.of(table::history)[0].part, 1u);
    EXPECT_EQ(order.of(table::history)[0].write, 1u);
}

TEST(WriteOrder, ForgetsTheCommitBefore)
{
    const batch first = puts({{{1, 0}, "a"}});
    const batch* part = &first;
    write_order order;
    order.gather({&part, 1});
    order.gather({});
    EXPECT_EQ(order.size(), 0u);
    EXPECT_TRUE(order.of(table::history).empty());
}

TEST(WriteOrder, ARangeTakesWhatWasPutBeforeItAndLeavesWhatComesAfter)
{
    batch first = puts({{{1, 0}, "erased"}, {{2, 0}, "erased"}, {{5, 0}, "at the end"}});
    first.erase_range(table::history, {1, 0}, {5, 0});
    first.put(table::history, {2, 0}, "stays");
    const batch second = puts({{{3, 0}, "stays"}});
    const std::array<const batch*, 2> parts = {&first, &second};
    write_order order;
    order.gather(parts);
    EXPECT_EQ(keys_of(order, table::history), (std::vector<key>{{2, 0}, {3, 0}, {5, 0}}));
    ASSERT_EQ(order.ranges(table::history).size(), 1u);
    EXPECT_EQ(order.ranges(table::history)[0].to, (key{5, 0}));
    EXPECT_EQ(order.size(), 4u);
}

TEST(WriteOrder, RangesAreInTheOrderOfTheirKeys)
{
    batch made;
    made.erase_range(table::history, {7, 0}, {8, 0});
    made.erase_range(table::history, {1, 0}, {9, 0});
    made.erase_range(table::run, {4, 0}, {5, 0});
    const batch* part = &made;
    write_order order;
    order.gather({&part, 1});
    ASSERT_EQ(order.ranges(table::history).size(), 2u);
    EXPECT_EQ(order.ranges(table::history)[0].from, (key{1, 0}));
    EXPECT_EQ(order.ranges(table::run).size(), 1u);
    order.gather({});
    EXPECT_EQ(order.size(), 0u);
    EXPECT_TRUE(order.ranges(table::history).empty());
}
}
