// A journal of format 1 has no table of rows: it is made with the first of them, and nothing is written before.

#include "store/lmdb/open_lmdb.hpp"
#include "store_directory.hpp"
#include "store_probe.hpp"

#include <gtest/gtest.h>

#include <lmdb.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>

using namespace everstep::test;
using namespace everstep::store;

namespace
{
std::unique_ptr<store> opened(const std::string& directory)
{
    auto result = open_lmdb({.directory = directory, .map_bytes = 1 << 20, .ballast_bytes = 0});
    if (const auto* failed = std::get_if<open_failure>(&result))
        throw std::runtime_error(failed->text);
    return std::move(std::get<0>(result));
}

/// Whether the table was there; and drops it where `drop`.
bool has_row_table(const std::string& directory, bool drop)
{
    MDB_env* environment = nullptr;
    mdb_env_create(&environment);
    mdb_env_set_maxdbs(environment, 16);
    EXPECT_EQ(mdb_env_open(environment, directory.c_str(), 0, 0600), 0);
    MDB_txn* txn = nullptr;
    EXPECT_EQ(mdb_txn_begin(environment, nullptr, 0, &txn), 0);
    MDB_dbi rows{};
    const bool there = mdb_dbi_open(txn, "row", 0, &rows) == 0;
    if (there && drop)
    {
        EXPECT_EQ(mdb_drop(txn, rows, 1), 0);
    }
    EXPECT_EQ(mdb_txn_commit(txn), 0);
    mdb_env_close(environment);
    return there;
}

std::string row(const store& from, std::string_view name)
{
    std::string found = "none";
    from.read([&](const snapshot& now) {
        if (const auto value = now.row(name))
            found = *value;
        now.scan_rows("", [&](std::string_view, std::string_view) { return true; });
    });
    return found;
}

TEST(RowTable, IsMadeWithTheFirstRow)
{
    const store_directory home;
    const std::string journal = home / "journal";
    opened(journal).reset();
    EXPECT_TRUE(has_row_table(journal, true));
    {
        const auto old = opened(journal);
        EXPECT_EQ(row(*old, "a"), "none");
        commit(*old, puts({{{1, 2}, "record"}}));
    }
    EXPECT_FALSE(has_row_table(journal, false)); // nothing but what was asked for was written
    {
        const auto old = opened(journal);
        batch made;
        made.put_row("a", "one");
        EXPECT_EQ(commit(*old, made).what, outcome::durable);
        EXPECT_EQ(row(*old, "a"), "one");
        made.put_row("b", "two");
        EXPECT_EQ(commit(*old, made).what, outcome::durable);
    }
    EXPECT_EQ(row(*opened(journal), "b"), "two");
}

TEST(RowTable, ASnapshotFromBeforeItWasMadeShowsNone)
{
    const store_directory home;
    const std::string journal = home / "journal";
    opened(journal).reset();
    has_row_table(journal, true);
    const auto old = opened(journal);
    old->read([&](const snapshot& before) {
        batch made;
        made.put_row("a", "one");
        std::thread([&] { commit(*old, made); }).join();
        EXPECT_EQ(before.row("a"), std::nullopt);
        before.scan_rows("", [](std::string_view, std::string_view) { return ADD_FAILURE() << "a row", false; });
    });
    EXPECT_EQ(row(*old, "a"), "one");
}
}
