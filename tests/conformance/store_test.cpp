// What every store promises, over every store that there is.

#include "store_fault_calls.hpp"
#include "store_probe.hpp"
#include "store_stage.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <random>
#include <semaphore>
#include <thread>

using namespace everstep::test;
using namespace everstep::store;

namespace
{
constexpr std::uint64_t small_bytes = 1 << 20;
constexpr auto highest = std::numeric_limits<std::uint64_t>::max();

class Store : public on_every_store
{
};

TEST_P(Store, StartsEmpty)
{
    for (std::size_t i = 0; i < table_count; ++i)
        EXPECT_EQ(rows(store_, static_cast<table>(i)).size(), 0u);
}

TEST_P(Store, WhatWasCommittedIsRead)
{
    EXPECT_EQ(commit(store_, puts({{{1, 2}, "value"}})).what, outcome::durable);
    EXPECT_EQ(get(store_, {1, 2}), "value");
    EXPECT_EQ(get(store_, {2, 1}), std::nullopt);
}

TEST_P(Store, WhatWasCommittedSurvivesACrash)
{
    commit(store_, puts({{{1, 2}, "value"}}));
    EXPECT_EQ(get(stage_->open(0), {1, 2}), "value");
}

TEST_P(Store, ADurableCommitHasNoText)
{
    EXPECT_EQ(commit(store_, puts({{{1, 2}, "value"}})).text, "");
}

TEST_P(Store, AllPartsAreOneUnit)
{
    const batch first = puts({{{1, 0}, "a"}});
    const batch second = puts({{{2, 0}, "b"}}, table::run);
    const batch none;
    const std::array<const batch*, 3> parts = {&first, &none, &second};
    EXPECT_EQ(store_.commit(parts).what, outcome::durable);
    EXPECT_EQ(get(store_, {1, 0}), "a");
    EXPECT_EQ(get(store_, {2, 0}, table::run), "b");
}

TEST_P(Store, TheLastWriteToAKeyWinsWithinABatch)
{
    batch made = puts({{{1, 0}, "first"}, {{1, 0}, "second"}});
    made.erase(table::history, {2, 0});
    made.put(table::history, {2, 0}, "written after the erase");
    made.put(table::history, {3, 0}, "erased after the write");
    made.erase(table::history, {3, 0});
    commit(store_, made);
    EXPECT_EQ(get(store_, {1, 0}), "second");
    EXPECT_EQ(get(store_, {2, 0}), "written after the erase");
    EXPECT_EQ(get(store_, {3, 0}), std::nullopt);
}

TEST_P(Store, TheLastWriteToAKeyWinsOverParts)
{
    const batch first = puts({{{1, 0}, "first"}, {{1, 1}, "kept"}});
    const batch second = puts({{{1, 0}, "second"}});
    const std::array<const batch*, 2> parts = {&first, &second};
    store_.commit(parts);
    EXPECT_EQ(get(store_, {1, 0}), "second");
    EXPECT_EQ(get(store_, {1, 1}), "kept");
}

TEST_P(Store, ErasingRemovesOneKey)
{
    commit(store_, puts({{{1, 0}, "a"}, {{1, 1}, "b"}}));
    batch made;
    made.erase(table::history, {1, 0});
    EXPECT_EQ(commit(store_, made).what, outcome::durable);
    EXPECT_EQ(rows(store_), (std::vector<std::pair<key, std::string>>{{{1, 1}, "b"}}));
}

TEST_P(Store, ErasingWhatIsNotThereIsFine)
{
    commit(store_, puts({{{1, 0}, "a"}}));
    batch made;
    made.erase(table::history, {7, 7});
    made.erase(table::child, {7, 7});
    EXPECT_EQ(commit(store_, made).what, outcome::durable);
    EXPECT_EQ(rows(store_).size(), 1u);
}

batch erased_range(key from, key to, table where = table::history)
{
    batch made;
    made.erase_range(where, from, to);
    return made;
}

TEST_P(Store, ErasingARangeLeavesItsNeighbours)
{
    commit(store_, puts({{{1, highest}, "before"}, {{2, 0}, "a"}, {{2, 7}, "b"}, {{3, highest}, "c"}, {{4, 0}, "after"}}));
    commit(store_, puts({{{2, 7}, "of another table"}}, table::run));
    EXPECT_EQ(commit(store_, erased_range({2, 0}, {4, 0})).what, outcome::durable);
    EXPECT_EQ(rows(store_), (std::vector<std::pair<key, std::string>>{{{1, highest}, "before"}, {{4, 0}, "after"}}));
    EXPECT_EQ(get(store_, {2, 7}, table::run), "of another table");
}

TEST_P(Store, ErasingARangeWithNothingInItIsFine)
{
    commit(store_, puts({{{1, 0}, "a"}, {{9, 0}, "b"}}));
    EXPECT_EQ(commit(store_, erased_range({2, 0}, {8, highest})).what, outcome::durable);
    EXPECT_EQ(commit(store_, erased_range({9, 1}, {highest, highest})).what, outcome::durable);
    EXPECT_EQ(commit(store_, erased_range({0, 0}, {1, 0}, table::child)).what, outcome::durable);
    EXPECT_EQ(rows(store_).size(), 2u);
}

TEST_P(Store, ARangeErasesWhatWasPutBeforeItAndLeavesWhatIsPutAfter)
{
    commit(store_, puts({{{1, 0}, "old"}, {{1, 1}, "old"}, {{1, 2}, "old"}}));
    batch first = puts({{{1, 0}, "before the range"}, {{1, 3}, "before the range"}});
    first.erase_range(table::history, {1, 0}, {2, 0});
    first.put(table::history, {1, 1}, "after the range");
    const batch second = puts({{{1, 4}, "in a later part"}});
    const std::array<const batch*, 2> parts = {&first, &second};
    EXPECT_EQ(store_.commit(parts).what, outcome::durable);
    EXPECT_EQ(rows(store_), (std::vector<std::pair<key, std::string>>{{{1, 1}, "after the range"}, {{1, 4}, "in a later part"}}));
}

TEST_P(Store, ARangeOfThousandsOfRecordsIsErasedWithItsSpace)
{
    const auto empty = store_.usage().used_bytes;
    for (std::uint64_t major = 0; major < 30; ++major)
        commit(store_, rows_of(major, 100, std::string(major * 60, 'x')));
    commit(store_, erased_range({1, 50}, {29, 50}));
    EXPECT_EQ(rows(store_).size(), 200u);
    commit(store_, erased_range({0, 0}, {highest, highest}));
    EXPECT_LT(store_.usage().used_bytes, empty + 100'000);
    EXPECT_EQ(rows(stage_->open(0)).size(), 0u);
}

TEST_P(Store, NothingToWriteIsDurable)
{
    EXPECT_EQ(store_.commit({}).what, outcome::durable);
    EXPECT_EQ(commit(store_, batch()).what, outcome::durable);
}

TEST_P(Store, TablesDoNotMix)
{
    for (std::size_t i = 0; i < table_count; ++i)
        commit(store_, puts({{{1, 1}, std::to_string(i)}}, static_cast<table>(i)));
    for (std::size_t i = 0; i < table_count; ++i)
        EXPECT_EQ(get(store_, {1, 1}, static_cast<table>(i)), std::to_string(i));
}

TEST_P(Store, KeysAreInTheOrderOfTheirNumbers)
{
    const std::vector<key> ordered = {{0, 0}, {0, 1}, {0, 255}, {0, 256}, {0, highest}, {1, 0}, {255, 9}, {256, 0},
                                      {std::uint64_t{1} << 63, 0}, {highest, 0}, {highest, highest}};
    batch made;
    for (auto one = ordered.rbegin(); one != ordered.rend(); ++one)
        made.put(table::wake, *one, "");
    commit(store_, made);
    std::vector<key> found;
    for (const auto& row : rows(store_, table::wake))
        found.push_back(row.first);
    EXPECT_EQ(found, ordered);
}

TEST_P(Store, AScanBeginsAtOrAfterItsKey)
{
    commit(store_, puts({{{1, highest}, "a"}, {{2, 0}, "b"}, {{4, 0}, "c"}}));
    EXPECT_EQ(rows(store_, table::history, {1, highest}).size(), 3u);
    EXPECT_EQ(rows(store_, table::history, {2, 0}).size(), 2u);
    EXPECT_EQ(rows(store_, table::history, {2, 1}).size(), 1u);
    EXPECT_EQ(rows(store_, table::history, {4, 1}).size(), 0u);
}

TEST_P(Store, AScanEndsWhenToldTo)
{
    commit(store_, rows_of(1, 10, "x"));
    int seen = 0;
    store_.read([&](const snapshot& now) { now.scan(table::history, {}, [&](key, std::string_view) { return ++seen < 3; }); });
    EXPECT_EQ(seen, 3);
}

TEST_P(Store, TheLastKeyIsTheHighest)
{
    std::optional<key> none, last;
    store_.read([&](const snapshot& now) { none = now.last(table::run); });
    commit(store_, puts({{{9, 1}, ""}, {{2, 500}, ""}}, table::run));
    store_.read([&](const snapshot& now) { last = now.last(table::run); });
    EXPECT_EQ(none, std::nullopt);
    EXPECT_EQ(last, (key{9, 1}));
}

TEST_P(Store, ValuesOfEveryLengthComeBackEqual)
{
    batch made;
    for (std::size_t size = 0; size <= everstep::journal::record_bytes_max; size += size < 20 ? 1 : 90)
        made.put(table::history, {size, 0}, std::string(size, static_cast<char>(size)));
    made.put(table::history, {2000, 0}, std::string(2000, '\0'));
    commit(store_, made);
    const auto found = rows(stage_->open(0));
    for (const auto& [at, value] : found)
        EXPECT_EQ(value.size(), at.major);
    EXPECT_EQ(found.back().second, std::string(2000, '\0'));
}

/// A thread that commits "before", and when told to, while somebody reads, "after".
struct two_commits
{
    explicit two_commits(store& into)
        : thread([this, &into]
                 {
                     commit(into, puts({{{1, 0}, "before"}, {{2, 0}, "before"}}));
                     first_done.release();
                     go_on.acquire();
                     commit(into, puts({{{1, 0}, "after"}, {{2, 0}, "after"}}));
                     lag = into.usage().oldest_reader_lag;
                 })
    {
        first_done.acquire();
    }
    void finish()
    {
        go_on.release();
        thread.join();
    }

    std::binary_semaphore first_done{0}, go_on{0};
    std::uint64_t lag{};
    std::thread thread;
};

TEST_P(Store, ASnapshotHoldsStillWhileACommitGoesOn)
{
    two_commits committer(store_);
    std::string first, second;
    store_.read([&](const snapshot& now)
    {
        first = *now.get(table::history, {1, 0});
        committer.finish();
        second = *now.get(table::history, {2, 0});
    });
    EXPECT_EQ(first + second, "beforebefore");
    EXPECT_EQ(get(store_, {1, 0}), "after");
}

TEST_P(Store, AReaderOlderThanACommitIsItsLag)
{
    two_commits committer(store_);
    store_.read([&](const snapshot&) { committer.finish(); });
    EXPECT_EQ(committer.lag, 1u);
    EXPECT_EQ(store_.usage().oldest_reader_lag, 0u);
}

TEST_P(Store, ReadersSeeWholeCommitsOnly)
{
    constexpr int commits = 60;
    commit(store_, rows_of(1, 50, "0"));
    std::atomic<bool> done = false;
    std::atomic<int> torn = 0;
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i)
    {
        readers.emplace_back([&]
        {
            while (!done)
            {
                const auto found = rows(store_);
                torn += found.size() != 50 || found.front().second != found.back().second;
            }
        });
    }
    for (int i = 1; i <= commits; ++i)
        commit(store_, rows_of(1, 50, std::to_string(i)));
    done = true;
    readers.clear();
    EXPECT_EQ(torn, 0);
    EXPECT_EQ(get(store_, {1, 49}), std::to_string(commits));
}

TEST_P(Store, WhatAReaderThrowsReachesTheCaller)
{
    EXPECT_THROW(store_.read([](const snapshot&) { throw std::out_of_range("mine"); }), std::out_of_range);
    EXPECT_EQ(store_.usage().oldest_reader_lag, 0u);
}

TEST_P(Store, WithoutReadersThereIsNoLag)
{
    for (int i = 0; i < 3; ++i)
        commit(store_, puts({{{1, 0}, "x"}}));
    EXPECT_EQ(store_.usage().oldest_reader_lag, 0u);
}

TEST_P(Store, UsedBytesGrowAndShrinkWithTheRecords)
{
    const auto empty = store_.usage().used_bytes;
    commit(store_, rows_of(1, 500, std::string(1000, 'x')));
    const auto used = store_.usage().used_bytes;
    batch made;
    for (std::uint64_t i = 0; i < 500; ++i)
        made.erase(table::history, {1, i});
    commit(store_, made);
    EXPECT_GE(used, empty + 500'000);
    EXPECT_LT(store_.usage().used_bytes, empty + 100'000);
}

TEST_P(Store, AFullCommitWritesNothing)
{
    store& small = stage_->open(small_bytes);
    ASSERT_EQ(commit(small, rows_of(1, 100, std::string(1000, 'x'))).what, outcome::durable);
    const auto result = commit(small, rows_of(2, 1200, std::string(1000, 'y')));
    EXPECT_EQ(result.what, outcome::full);
    EXPECT_NE(result.text, "");
    EXPECT_EQ(rows(small).size(), 100u);
}

TEST_P(Store, AFullCommitGoesInWhenThereIsRoom)
{
    store& small = stage_->open(small_bytes);
    ASSERT_EQ(commit(small, rows_of(1, 600, std::string(1000, 'x'))).what, outcome::durable);
    const batch waiting = rows_of(2, 500, std::string(1000, 'y'));
    ASSERT_EQ(commit(small, waiting).what, outcome::full);
    for (std::uint64_t i = 0; i < 600; i += 50)
    {
        batch made;
        for (std::uint64_t j = i; j < i + 50; ++j)
            made.erase(table::history, {1, j});
        ASSERT_EQ(commit(small, made).what, outcome::durable);
    }
    EXPECT_EQ(commit(small, waiting).what, outcome::durable);
    EXPECT_EQ(rows(small).size(), 500u);
}

TEST_P(Store, ACommitThatFailsErasesNothingOfItsRange)
{
    commit(store_, rows_of(1, 100, "a"));
    stage_->fail_next_commit();
    EXPECT_EQ(commit(store_, erased_range({1, 10}, {1, 90})).what, outcome::unknown);
    const auto settled = rows(stage_->open(0)).size();
    EXPECT_TRUE(settled == 100 || settled == 20) << settled;
}

TEST_P(Store, AfterAnUnknownCommitNoneSucceeds)
{
    commit(store_, puts({{{1, 0}, "a"}}));
    stage_->fail_next_commit();
    const auto result = commit(store_, puts({{{2, 0}, "b"}}));
    EXPECT_EQ(result.what, outcome::unknown);
    EXPECT_NE(result.text, "");
    EXPECT_EQ(commit(store_, puts({{{3, 0}, "c"}})).what, outcome::unknown);
    EXPECT_EQ(commit(store_, batch()).what, outcome::unknown);
    EXPECT_EQ(get(stage_->open(0), {3, 0}), std::nullopt);
}

TEST_P(Store, AnUnknownCommitIsSettledByOpeningAgain)
{
    stage_->fail_next_commit();
    commit(store_, rows_of(1, 100, "a"));
    store& again = stage_->open(0);
    const auto settled = rows(again).size();
    EXPECT_TRUE(settled == 0 || settled == 100);
    EXPECT_EQ(commit(again, puts({{{2, 0}, "b"}})).what, outcome::durable);
    EXPECT_EQ(rows(stage_->open(0)).size(), settled + 1);
}

TEST_P(Store, IsLikeAMapUnderRandomCommits)
{
    std::mt19937_64 random(7);
    std::map<key, std::string> model;
    for (int round = 0; round < 40; ++round)
    {
        std::vector<batch> parts(3);
        std::vector<const batch*> pointers;
        for (batch& part : parts)
        {
            for (int i = 0; i < 40; ++i)
            {
                const key at{random() % 60, random() % 5};
                const std::string value(random() % 300, static_cast<char>('a' + random() % 26));
                if (random() % 20 == 0)
                {
                    const key to{at.major + random() % 5, random() % 5};
                    part.erase_range(table::state, at, to);
                    if (at < to)
                        model.erase(model.lower_bound(at), model.lower_bound(to));
                }
                else if (random() % 3 == 0)
                {
                    part.erase(table::state, at);
                    model.erase(at);
                }
                else
                {
                    part.put(table::state, at, value);
                    model[at] = value;
                }
            }
            pointers.push_back(&part);
        }
        ASSERT_EQ(store_.commit(pointers).what, outcome::durable);
    }
    const auto found = rows(store_, table::state);
    EXPECT_EQ((std::map<key, std::string>(found.begin(), found.end())), model);
}

TEST_P(Store, CommitsOfSeveralThreadsInTurnAreAllThere)
{
    commit(store_, puts({{{1, 0}, "a"}}));
    std::jthread([&] { EXPECT_EQ(commit(store_, puts({{{2, 0}, "b"}})).what, outcome::durable); }).join();
    EXPECT_EQ(commit(store_, puts({{{3, 0}, "c"}})).what, outcome::durable);
    EXPECT_EQ(rows(store_).size(), 3u);
}

INSTANTIATE_TEST_SUITE_P(All, Store, every_store, store_name);
}
