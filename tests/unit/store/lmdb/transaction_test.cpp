#include "store/lmdb/transaction.hpp"

#include "store/lmdb/cursor.hpp"
#include "store/lmdb/lmdb_error.hpp"
#include "store_environment.hpp"

#include <gtest/gtest.h>
#include <set>
#include <type_traits>
#include <vector>

using namespace everstep::store::lmdb;
using everstep::store::table;
using everstep::test::store_environment;

namespace
{
static_assert(!std::is_copy_constructible_v<read_txn> && std::is_move_constructible_v<read_txn>);
static_assert(!std::is_copy_constructible_v<write_txn> && std::is_move_constructible_v<write_txn>);
static_assert(!std::is_convertible_v<read_txn, write_txn> && !std::is_convertible_v<write_txn, read_txn>);
static_assert(std::is_convertible_v<write_txn&, const transaction&>);

TEST(Transaction, WhatIsNotCommittedIsGone)
{
    const store_environment opened;
    {
        const write_txn writing(*opened);
        write_cursor(writing, table::run).put({1, 1}, "x");
    }
    EXPECT_EQ(read_txn(*opened).get(table::run, {1, 1}), std::nullopt);
}

TEST(Transaction, WhatIsCommittedStays)
{
    const store_environment opened;
    write_txn writing(*opened);
    write_cursor(writing, table::run).put({1, 1}, "x");
    std::move(writing).commit();
    EXPECT_EQ(read_txn(*opened).get(table::run, {1, 1}), "x");
}

TEST(Transaction, AWriterReadsWhatItWrote)
{
    const store_environment opened;
    const write_txn writing(*opened);
    write_cursor(writing, table::run).put({1, 1}, "x");
    EXPECT_EQ(writing.get(table::run, {1, 1}), "x");
}

TEST(Transaction, AMovedOneEndsOnce)
{
    const store_environment opened;
    read_txn first(*opened);
    const read_txn second(std::move(first));
    EXPECT_EQ(second.get(table::run, {1, 1}), std::nullopt);
}

TEST(Transaction, UsedBytesCountWhatIsWritten)
{
    const store_environment opened;
    const auto before = read_txn(*opened).used_bytes();
    const write_txn writing(*opened);
    for (std::uint64_t i = 0; i < 100; ++i)
        write_cursor(writing, table::run).put({1, i}, std::string(1000, 'x'));
    EXPECT_GE(writing.used_bytes(), before + 100'000);
}

TEST(Transaction, AReaderThatWasPutByIsUsedAgain)
{
    const store_environment opened;
    MDB_txn* const first = read_txn(*opened).native();
    EXPECT_EQ(read_txn(*opened).native(), first);
}

TEST(Transaction, AReaderThatWasPutByShowsWhatWasCommittedSince)
{
    const store_environment opened;
    {
        const read_txn before(*opened);
    }
    write_txn writing(*opened);
    write_cursor(writing, table::run).put({1, 1}, "x");
    std::move(writing).commit();
    EXPECT_EQ(read_txn(*opened).get(table::run, {1, 1}), "x");
}

TEST(Transaction, AReaderThatWasPutByKeepsNoPages)
{
    const store_environment opened;
    {
        const read_txn before(*opened);
    }
    for (int n = 0; n < 3; ++n)
    {
        write_txn writing(*opened);
        write_cursor(writing, table::run).put({1, 1}, "x");
        std::move(writing).commit();
    }
    EXPECT_EQ(opened->oldest_reader_lag(), 0u);
}

TEST(Transaction, ReadersAtOnceHaveHandlesOfTheirOwn)
{
    const store_environment opened;
    std::set<MDB_txn*> handles;
    for (int round = 0; round < 2; ++round)
    {
        std::vector<read_txn> all;
        for (int n = 0; n < 8; ++n)
            all.emplace_back(*opened);
        handles.clear();
        for (const read_txn& one : all)
            handles.insert(one.native());
    }
    EXPECT_EQ(handles.size(), 8u);
}

TEST(Transaction, AFullTableOfReadersIsAnErrorAndNoCrash)
{
    const store_environment opened;
    std::vector<read_txn> all;
    const auto open_too_many = [&]
    {
        for (int i = 0; i < 2000; ++i)
            all.emplace_back(*opened);
    };
    EXPECT_THROW(open_too_many(), lmdb_error);
    EXPECT_GE(all.size(), 1024u);
}
}
