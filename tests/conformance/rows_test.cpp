// The table of rows, whose keys are bytes: what every store promises of it.

#include "store_probe.hpp"
#include "store_stage.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace everstep::test;
using namespace everstep::store;

namespace
{
class Rows : public on_every_store
{
};

using contents = std::vector<std::pair<std::string, std::string>>;

contents rows_from(const store& from, std::string_view name, std::size_t most = 1'000)
{
    contents found;
    from.read([&](const snapshot& now) {
        now.scan_rows(name, [&](std::string_view at, std::string_view value) {
            found.emplace_back(at, value);
            return found.size() < most;
        });
    });
    return found;
}

std::optional<std::string> row(const store& from, std::string_view name)
{
    std::optional<std::string> found;
    from.read([&](const snapshot& now) {
        if (const auto value = now.row(name))
            found.emplace(*value);
    });
    return found;
}

batch put_rows(const contents& all)
{
    batch made;
    for (const auto& [name, value] : all)
        made.put_row(name, value);
    return made;
}

TEST_P(Rows, ThereAreNoneAtFirst)
{
    EXPECT_EQ(row(store_, "a"), std::nullopt);
    EXPECT_EQ(rows_from(store_, ""), contents{});
}

TEST_P(Rows, WhatWasCommittedIsReadAndSurvivesACrash)
{
    EXPECT_EQ(commit(store_, put_rows({{"a", "one"}, {"b", ""}})).what, outcome::durable);
    EXPECT_EQ(row(store_, "a"), "one");
    EXPECT_EQ(row(stage_->open(0), "b"), "");
}

TEST_P(Rows, LieInTheOrderOfTheirBytes)
{
    const std::string zero(1, '\0');
    commit(store_, put_rows({{"b", "4"}, {"\xFF", "5"}, {zero, "1"}, {"a", "2"}, {"a" + zero, "3"}}));
    EXPECT_EQ(rows_from(store_, ""), (contents{{zero, "1"}, {"a", "2"}, {"a" + zero, "3"}, {"b", "4"}, {"\xFF", "5"}}));
    EXPECT_EQ(rows_from(store_, "a" + zero), (contents{{"a" + zero, "3"}, {"b", "4"}, {"\xFF", "5"}}));
    EXPECT_EQ(rows_from(store_, "", 2).size(), 2u);
}

TEST_P(Rows, TheLastWriteToANameWinsOverPartsAndWithin)
{
    batch first = put_rows({{"a", "first"}, {"b", "kept"}, {"c", "first"}, {"c", "second"}});
    first.erase_row("d");
    first.put_row("d", "written after the erase");
    batch second = put_rows({{"a", "second"}});
    second.put_row("e", "erased after the write");
    second.erase_row("e");
    const std::array<const batch*, 2> parts = {&first, &second};
    EXPECT_EQ(store_.commit(parts).what, outcome::durable);
    EXPECT_EQ(rows_from(store_, ""), (contents{{"a", "second"}, {"b", "kept"}, {"c", "second"}, {"d", "written after the erase"}}));
}

TEST_P(Rows, ErasingRemovesOneAndWhatIsNotThereIsFine)
{
    commit(store_, put_rows({{"a", "1"}, {"ab", "2"}}));
    batch made;
    made.erase_row("a");
    made.erase_row("nobody");
    EXPECT_EQ(commit(store_, made).what, outcome::durable);
    EXPECT_EQ(rows_from(store_, ""), (contents{{"ab", "2"}}));
}

TEST_P(Rows, AreInOneCommitWithOtherRecords)
{
    batch made = put_rows({{"a", "row"}});
    made.put(table::history, {1, 2}, "record");
    commit(store_, made);
    EXPECT_EQ(row(store_, "a"), "row");
    EXPECT_EQ(get(store_, {1, 2}), "record");
}

TEST_P(Rows, AFailedCommitLeavesNone)
{
    commit(store_, put_rows({{"a", "1"}}));
    stage_->fail_next_commit();
    EXPECT_EQ(commit(store_, put_rows({{"a", "2"}, {"b", "2"}})).what, outcome::unknown);
    const contents after = rows_from(stage_->open(0), "");
    EXPECT_TRUE((after == contents{{"a", "1"}} || after == contents{{"a", "2"}, {"b", "2"}}));
}

TEST_P(Rows, ASnapshotKeepsShowingWhatItSaw)
{
    commit(store_, put_rows({{"a", "1"}}));
    store_.read([&](const snapshot& before) {
        std::thread([&] { commit(store_, put_rows({{"a", "2"}, {"b", "2"}})); }).join();
        EXPECT_EQ(before.row("a"), "1");
        EXPECT_EQ(before.row("b"), std::nullopt);
    });
    EXPECT_EQ(row(store_, "a"), "2");
}

/// The first row of a journal makes the table: a look that began before must not stumble over it.
TEST_P(Rows, ASnapshotFromBeforeTheFirstRowShowsNone)
{
    commit(store_, puts({{{1, 2}, "record"}}));
    store_.read([&](const snapshot& before) {
        std::thread([&] { commit(store_, put_rows({{"a", "1"}})); }).join();
        EXPECT_EQ(before.row("a"), std::nullopt);
        before.scan_rows("", [](std::string_view, std::string_view) { return ADD_FAILURE() << "a row", false; });
    });
    EXPECT_EQ(row(store_, "a"), "1");
}

TEST_P(Rows, CountAsUsedSpace)
{
    commit(store_, put_rows({{"a", "1"}}));
    const auto before = store_.usage().used_bytes;
    contents many;
    for (int n = 0; n < 500; ++n)
        many.emplace_back("name " + std::to_string(n), std::string(1'000, 'x'));
    commit(store_, put_rows(many));
    EXPECT_GT(store_.usage().used_bytes, before + 400'000);
}

TEST_P(Rows, RandomCommitsEqualAMap)
{
    std::mt19937_64 random(20);
    std::map<std::string, std::string> model;
    for (int commits = 0; commits < 100; ++commits)
    {
        batch made;
        for (std::uint64_t writes = random() % 20; writes > 0; --writes)
        {
            const std::string name = "n" + std::to_string(random() % 50);
            if (random() % 3 == 0)
            {
                made.erase_row(name);
                model.erase(name);
            }
            else
            {
                const std::string value = std::to_string(random());
                made.put_row(name, value);
                model[name] = value;
            }
        }
        ASSERT_EQ(commit(store_, made).what, outcome::durable);
    }
    EXPECT_EQ(rows_from(store_, ""), contents(model.begin(), model.end()));
}

INSTANTIATE_TEST_SUITE_P(All, Rows, every_store, store_name);
}
