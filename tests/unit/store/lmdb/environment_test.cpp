#include "store/lmdb/environment.hpp"

#include "store/lmdb/transaction.hpp"
#include "store_child.hpp"
#include "store_environment.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <set>

using namespace everstep::store::lmdb;
using namespace everstep::test;
using everstep::store::table;
using everstep::store::table_count;

namespace
{
TEST(Environment, HasDefaultFlagsAndNoThreadLocalReadersOnly)
{
    const store_environment opened;
    unsigned flags{};
    mdb_env_get_flags(opened->native(), &flags);
    EXPECT_EQ(flags, static_cast<unsigned>(MDB_NOTLS)); // a weaker sync would be a bit here too (H1)
}

TEST(Environment, GivesEveryTableATreeOfItsOwn)
{
    const store_environment opened;
    std::set<unsigned> seen;
    for (std::size_t i = 0; i < table_count; ++i)
        seen.insert(opened->dbi(static_cast<table>(i)));
    EXPECT_EQ(seen.size(), table_count);
}

TEST(Environment, NamesATableThatIsMissing)
{
    const store_directory home;
    const directory at(home.path(), directory::absent::refuse);
    const owner_lock owner(at.descriptor(), at.path());
    const std::uint64_t size = 1 << 20;
    environment empty(home.path(), {&size, 1}, owner);
    EXPECT_STREQ(empty.open_tables(), "history");
    empty.create_tables();
    EXPECT_EQ(empty.open_tables(), nullptr);
}

TEST(Environment, TakesTheFirstMapThatFits)
{
    const store_directory home;
    const directory at(home.path(), directory::absent::refuse);
    const owner_lock owner(at.descriptor(), at.path());
    const std::array<std::uint64_t, 3> sizes = {std::uint64_t{1} << 62, 8 << 20, 4 << 20};
    EXPECT_EQ(environment(home.path(), sizes, owner).map_bytes(), std::uint64_t{8} << 20);
}

void write_something(const environment& opened)
{
    write_txn writing(opened);
    MDB_val one{1, const_cast<char*>("k")};
    mdb_put(writing.native(), opened.dbi(table::meta), &one, &one, 0);
    std::move(writing).commit();
}

TEST(Environment, TheOldestReaderSetsTheLag)
{
    const store_environment opened;
    write_something(*opened);
    std::optional<read_txn> oldest(std::in_place, *opened);
    write_something(*opened);
    const read_txn newer(*opened);
    write_something(*opened);
    EXPECT_EQ(opened->oldest_reader_lag(), 2u);
    oldest.reset();
    EXPECT_EQ(opened->oldest_reader_lag(), 1u);
}

// LMDB would clear the parent's reader slot, and the pages that it reads would be written over (H10).
TEST(Environment, AReadThatEndsInAForkedChildGoesOnInTheParent)
{
    const store_environment opened;
    write_something(*opened);
    std::optional<read_txn> reading(std::in_place, *opened);
    in_child([&]
    {
        reading.reset();
        return 0;
    });
    write_something(*opened);
    EXPECT_EQ(opened->oldest_reader_lag(), 1u);
}

TEST(Environment, AHealthyOneHasNotPanicked)
{
    const store_environment opened;
    EXPECT_FALSE(opened->panicked());
}
}
