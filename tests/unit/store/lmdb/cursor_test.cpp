#include "store/lmdb/cursor.hpp"

#include "store/lmdb/lmdb_error.hpp"
#include "store_environment.hpp"

#include <gtest/gtest.h>

using namespace everstep::store::lmdb;
using everstep::store::key;
using everstep::store::table;
using everstep::test::store_environment;

namespace
{
class Cursor : public testing::Test
{
protected:
    store_environment opened_;
    write_txn writing_{*opened_};
    write_cursor rows_{writing_, table::inbox};
};

TEST_F(Cursor, GoesOverRecordsInOrder)
{
    rows_.put({2, 0}, "b");
    rows_.put({1, 0}, "a");
    const auto first = rows_.at_or_after({0, 5});
    ASSERT_TRUE(first);
    EXPECT_EQ(first->at, (key{1, 0}));
    EXPECT_EQ(first->value, "a");
    EXPECT_EQ(rows_.next()->at, (key{2, 0}));
    EXPECT_FALSE(rows_.next());
}

TEST_F(Cursor, FindsTheLast)
{
    EXPECT_FALSE(rows_.last());
    rows_.put({7, 9}, "");
    rows_.put({7, 8}, "");
    EXPECT_EQ(rows_.last()->at, (key{7, 9}));
}

TEST_F(Cursor, PutsOverWhatIsThere)
{
    rows_.put({1, 0}, "short");
    rows_.put({1, 0}, std::string(1500, 'x'));
    EXPECT_EQ(rows_.at_or_after({1, 0})->value.size(), 1500u);
}

TEST_F(Cursor, ErasesOneRecordOrNone)
{
    rows_.put({1, 0}, "a");
    rows_.put({2, 0}, "b");
    rows_.erase({1, 0});
    rows_.erase({1, 5});
    EXPECT_EQ(rows_.at_or_after({})->at, (key{2, 0}));
}

TEST_F(Cursor, ErasesARangeOverManyPagesAndCountsIt)
{
    for (std::uint64_t n = 0; n < 3000; ++n)
        rows_.put({n, n % 7}, std::string(n % 400, 'x'));
    EXPECT_EQ(rows_.erase_range({10, 0}, {2990, 1}), 2980u); // 2990 is divided by 7 with 1 left
    EXPECT_EQ(rows_.erase_range({10, 0}, {2990, 1}), 0u);
    EXPECT_EQ(rows_.at_or_after({10, 0})->at, (key{2990, 1}));
    EXPECT_EQ(rows_.at_or_after({})->at, (key{0, 0}));
}

TEST_F(Cursor, AKeyOfAnotherLengthIsCorrupt)
{
    MDB_val odd{3, const_cast<char*>("odd")};
    ASSERT_EQ(mdb_put(writing_.native(), opened_->dbi(table::inbox), &odd, &odd, 0), 0);
    EXPECT_THROW(rows_.last(), lmdb_error);
}
}
