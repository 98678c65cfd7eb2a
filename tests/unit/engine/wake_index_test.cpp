#include "engine/wake_index.hpp"
#include "journal/header.hpp"
#include "store/memory_store.hpp"
#include "store_probe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using journal::table;
constexpr std::size_t page = 8192;

void put_wake(store::batch& into, base::time_us due, std::uint64_t run, std::uint64_t id_hash = 0)
{
    const auto at = journal::wake_key(due, base::run_number{run});
    into.put(table::wake, at, journal::encode(at, journal::wake_row{{}, id_hash}));
}

/// A store that lets the test in before, inside and after each snapshot.
class opened_store final : public store::store
{
public:
    std::map<int, std::function<void()>> before, inside; ///< by number of the read: 1, 2, …

    void read(const std::function<void(const everstep::store::snapshot&)>& visit) const override
    {
        const int number = ++reads_;
        call(before, number);
        of_.read([&](const everstep::store::snapshot& now) {
            call(inside, number);
            visit(now);
        });
    }
    everstep::store::space usage() const override { return of_.usage(); }
    std::uint32_t check_readers() override { return 0; }

private:
    everstep::store::commit_result do_commit(std::span<const everstep::store::batch* const> parts, const late_parts& late) override
    {
        return of_.commit(parts, late);
    }
    static void call(const std::map<int, std::function<void()>>& from, int number)
    {
        if (const auto at = from.find(number); at != from.end())
            at->second();
    }

    everstep::store::memory_store of_;
    mutable int reads_{};
};

class WakeIndex : public testing::Test
{
protected:
    void commit(const store::batch& rows) { test::commit(store_, rows); }
    void commit_wake(base::time_us due, std::uint64_t run)
    {
        store::batch rows;
        put_wake(rows, due, run);
        commit(rows);
    }
    std::size_t load()
    {
        return index_.load([&](const wake_index::row& row) { given_.push_back(base::to_integer(row.run)); },
                           [&](base::run_number run) { damaged_.push_back(base::to_integer(run)); });
    }

    opened_store store_;
    wake_index index_{store_};
    std::vector<std::uint64_t> given_;
    std::vector<std::uint64_t> damaged_;
};

TEST_F(WakeIndex, RowsComeInTheOrderOfTheirTimes)
{
    commit_wake(30, 1);
    commit_wake(10, 2);
    commit_wake(20, 3);
    load();
    EXPECT_EQ(given_, (std::vector<std::uint64_t>{2, 3, 1}));
}

TEST_F(WakeIndex, RowSaysWhoseItIs)
{
    store::batch rows;
    put_wake(rows, 10, 2, 4711);
    commit(rows);
    std::uint64_t hash = 0;
    index_.load([&](const wake_index::row& row) { hash = row.id_hash; }, [](base::run_number) {});
    EXPECT_EQ(hash, 4711u);
}

TEST_F(WakeIndex, RowSaysWhenItIsDue)
{
    commit_wake(10, 2);
    base::time_us due = 0;
    index_.load([&](const wake_index::row& row) { due = row.due; }, [](base::run_number) {});
    EXPECT_EQ(due, 10);
}

TEST_F(WakeIndex, ManyRowsOfOneTimeComeOnceEach)
{
    constexpr std::uint64_t runs = 2 * page + 100;
    store::batch rows;
    std::vector<std::uint64_t> all;
    for (std::uint64_t run = 1; run <= runs; ++run)
    {
        put_wake(rows, 10, run);
        all.push_back(run);
    }
    commit(rows);
    while (index_.horizon() != journal::due_never)
        load();
    EXPECT_EQ(given_, all);
}

TEST_F(WakeIndex, OneLoadGivesOnePage)
{
    store::batch rows;
    for (std::uint64_t run = 1; run <= page + 1; ++run)
        put_wake(rows, 10, run);
    commit(rows);
    EXPECT_EQ(load(), page);
}

TEST_F(WakeIndex, PageThatIsJustFullIsTheLast)
{
    store::batch rows;
    for (std::uint64_t run = 1; run <= page; ++run)
        put_wake(rows, 10, run);
    commit(rows);
    load();
    EXPECT_EQ(index_.horizon(), journal::due_never);
}

TEST_F(WakeIndex, HorizonIsWhatWasNotRead)
{
    store::batch rows;
    for (std::uint64_t run = 1; run <= page + 1; ++run)
        put_wake(rows, static_cast<base::time_us>(run), run);
    commit(rows);
    load();
    EXPECT_EQ(index_.horizon(), static_cast<base::time_us>(page + 1));
}

TEST_F(WakeIndex, HorizonCutsBetweenRunsOfOneTime)
{
    store::batch rows;
    for (std::uint64_t run = 1; run <= page + 1; ++run)
        put_wake(rows, 10, run);
    commit(rows);
    load();
    EXPECT_TRUE(index_.is_before_horizon(10, base::run_number{page}));
    EXPECT_FALSE(index_.is_before_horizon(10, base::run_number{page + 1}));
}

TEST_F(WakeIndex, NothingIsBeforeTheFirstLoad) { EXPECT_FALSE(index_.is_before_horizon(0, base::run_number{1})); }

TEST_F(WakeIndex, EmptyTableHasNoNextPage)
{
    load();
    EXPECT_EQ(index_.horizon(), journal::due_never);
}

TEST_F(WakeIndex, RunsThatWaitForMessagesOnlyAreNotGiven)
{
    commit_wake(journal::due_never, 1);
    load();
    EXPECT_TRUE(given_.empty());
}

TEST_F(WakeIndex, RunsThatWaitForMessagesOnlyAreNeverBeforeTheHorizon)
{
    load();
    EXPECT_FALSE(index_.is_before_horizon(journal::due_never, base::run_number{1}));
}

TEST_F(WakeIndex, LastTimeOfAllIsBeforeTheHorizon)
{
    load();
    EXPECT_TRUE(index_.is_before_horizon(journal::due_never - 1, base::run_number{~std::uint64_t{0}}));
}

TEST_F(WakeIndex, DamagedRowIsReported)
{
    store::batch rows;
    put_wake(rows, 10, 1);
    const auto at = journal::wake_key(10, base::run_number{2});
    std::string value(std::string_view(journal::encode(at, journal::wake_row{})));
    value[3] = static_cast<char>(value[3] ^ 1);
    rows.put(table::wake, at, value);
    commit(rows);
    load();
    EXPECT_EQ(damaged_, (std::vector<std::uint64_t>{2}));
}

TEST_F(WakeIndex, DamagedRowIsNotGiven)
{
    store::batch rows;
    rows.put(table::wake, journal::wake_key(10, base::run_number{2}), "?");
    commit(rows);
    load();
    EXPECT_TRUE(given_.empty());
}

TEST_F(WakeIndex, SecondCallerDoesNothing)
{
    commit_wake(10, 1);
    std::size_t second = 99;
    index_.load([&](const wake_index::row&) { second = load(); }, [](base::run_number) {});
    EXPECT_EQ(second, 0u);
}

/// A wait becomes durable while a page is read: the page has it, or the shard that asks after the commit is told to keep it.
class WakeIndexRace : public WakeIndex, public testing::WithParamInterface<std::pair<const char*, int>>
{
protected:
    void SetUp() override
    {
        store::batch rows;
        for (std::uint64_t run = 1; run <= page + 1; ++run)
            put_wake(rows, 1'000 + static_cast<base::time_us>(run), run);
        commit(rows);
        const auto [where, number] = GetParam();
        (std::string(where) == "before" ? store_.before : store_.inside)[number] = [this] {
            commit_wake(1'500, early);
            keeps_early_ = index_.is_before_horizon(1'500, base::run_number{early});
            commit_wake(100'000, late);
            keeps_late_ = index_.is_before_horizon(100'000, base::run_number{late});
        };
    }
    bool is_given(std::uint64_t run) const { return std::find(given_.begin(), given_.end(), run) != given_.end(); }

    static constexpr std::uint64_t early = 1'000'000;
    static constexpr std::uint64_t late = 2'000'000;
    bool keeps_early_{};
    bool keeps_late_{};
};

TEST_P(WakeIndexRace, WaitBeforeTheNewHorizonIsSeen)
{
    load();
    EXPECT_TRUE(is_given(early) || keeps_early_);
}

TEST_P(WakeIndexRace, WaitBehindTheNewHorizonIsSeenByALaterPage)
{
    while (index_.horizon() != journal::due_never)
        load();
    EXPECT_TRUE(is_given(late) || keeps_late_);
}

INSTANTIATE_TEST_SUITE_P(Moments, WakeIndexRace,
                         testing::Values(std::pair("before", 1), std::pair("inside", 1), std::pair("before", 2), std::pair("inside", 2)),
                         [](const auto& tested) { return std::string(tested.param.first) + std::to_string(tested.param.second); });
}
}
