#include "store/store.hpp"

#include <gtest/gtest.h>

using namespace everstep::store;

namespace
{
TEST(Batch, StartsEmpty)
{
    const batch made;
    EXPECT_TRUE(made.empty());
    EXPECT_EQ(made.bytes(), 0u);
}

TEST(Batch, KeepsWritesInOrderWithTheirValues)
{
    batch made;
    made.put(table::history, {1, 2}, "first");
    made.put(table::run, {3, 4}, "");
    made.put(table::history, {1, 2}, "second");

    const auto writes = made.writes();
    ASSERT_EQ(writes.size(), 3u);
    EXPECT_EQ(made.value_of(writes[0]), "first");
    EXPECT_EQ(made.value_of(writes[1]), "");
    EXPECT_EQ(made.value_of(writes[2]), "second");
    EXPECT_EQ(writes[1].where, table::run);
    EXPECT_EQ(writes[1].at, (key{3, 4}));
    EXPECT_EQ(made.bytes(), 11u);
}

TEST(Batch, AnEmptyValueIsNoErase)
{
    batch made;
    made.put(table::meta, {1, 0}, "");
    made.erase(table::meta, {2, 0});
    EXPECT_NE(made.writes()[0].size, batch::erase_mark);
    EXPECT_EQ(made.writes()[1].size, batch::erase_mark);
}

TEST(Batch, AppendingKeepsTheValuesOfBoth)
{
    batch first;
    first.put(table::history, {1, 0}, "one");
    batch second;
    second.erase(table::wake, {9, 9});
    second.put(table::history, {2, 0}, "two");
    first.append(second);

    const auto writes = first.writes();
    ASSERT_EQ(writes.size(), 3u);
    EXPECT_EQ(first.value_of(writes[0]), "one");
    EXPECT_EQ(writes[1].size, batch::erase_mark);
    EXPECT_EQ(writes[1].where, table::wake);
    EXPECT_EQ(first.value_of(writes[2]), "two");
    EXPECT_EQ(second.value_of(second.writes()[1]), "two");
}

TEST(Batch, ARangeKeepsItsEndThroughAppending)
{
    batch first;
    first.put(table::history, {1, 0}, "one");
    batch second;
    second.put(table::history, {2, 0}, "two");
    second.erase_range(table::wake, {3, 4}, {5, 6});
    first.append(second);

    const auto& range = first.writes().back();
    EXPECT_EQ(range.size, batch::range_mark);
    EXPECT_EQ(range.where, table::wake);
    EXPECT_EQ(range.at, (key{3, 4}));
    EXPECT_EQ(first.end_of(range), (key{5, 6}));
}

TEST(Batch, ARangeThatEndsWhereItBeginsIsNoWrite)
{
    batch made;
    made.erase_range(table::history, {1, 2}, {1, 2});
    made.erase_range(table::history, {1, 2}, {1, 1});
    EXPECT_TRUE(made.empty());
}

TEST(Batch, ARangeIsTakenBack)
{
    batch made;
    made.put(table::history, {1, 0}, "one");
    const batch::mark before = made.here();
    made.erase_range(table::history, {1, 0}, {2, 0});
    made.truncate(before);
    EXPECT_EQ(made.writes().size(), 1u);
    EXPECT_EQ(made.bytes(), 3u);
}

TEST(Batch, ClearedItIsUsedAgain)
{
    batch made;
    made.put(table::history, {1, 0}, "before");
    made.clear();
    EXPECT_TRUE(made.empty());
    made.put(table::history, {2, 0}, "after");
    EXPECT_EQ(made.value_of(made.writes()[0]), "after");
}

TEST(Batch, TakesTheLongestRecord)
{
    batch made;
    const std::string longest(everstep::journal::record_bytes_max, 'x');
    made.put(table::history, {1, 0}, longest);
    EXPECT_EQ(made.value_of(made.writes()[0]), longest);
}

TEST(BatchDeathTest, RefusesALongerRecord)
{
    batch made;
    const std::string longer(everstep::journal::record_bytes_max + 1, 'x');
    EXPECT_DEATH(made.put(table::history, {1, 0}, longer), "record_bytes_max");
}
}
