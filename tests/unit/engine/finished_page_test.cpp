// What a page of finished runs deletes, and what it leaves: over a journal that the test writes record by record.

#include "engine/finished_page.hpp"

#include "stored_runs.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
constexpr std::size_t plenty = 1'000'000;

class FinishedReader : public testing::Test
{
protected:
    /// A run that ended at `when`, with so many entries between its start and its end.
    stored_runs::draft ended(std::uint64_t number, base::time_us when, std::size_t entries = 0)
    {
        stored_runs::draft run = runs_.begin(number, "o-" + std::to_string(number));
        entry e;
        e.kind = entry_kind::step_done;
        e.operation = journal::operation_kind::step;
        for (; entries > 0; --entries)
            run.append(e);
        e.kind = entry_kind::completed;
        run.header.end_seq = run.append(e);
        run.header.state = journal::run_state::completed;
        run.header.ended_at = when;
        run.has_wake = false;
        runs_.commit(run);
        put_finished(when, number);
        return run;
    }
    void put_finished(base::time_us when, std::uint64_t number)
    {
        const auto at = journal::finished_key(when, base::run_number{number});
        runs_.put(table::finished, at, journal::encode_finished(at));
    }
    std::vector<std::uint64_t> deleted_by(const finished_page& page)
    {
        for (const store::batch& erases : page.erases)
            runs_.commit(erases);
        std::vector<std::uint64_t> deleted;
        for (const base::run_number run : page.runs)
            deleted.push_back(base::to_integer(run));
        return deleted;
    }
    std::vector<store::key> keys(table where)
    {
        std::vector<store::key> found;
        runs_.store.read(
            [&](const store::snapshot& now)
            {
                now.scan(where, {0, 0},
                         [&](store::key at, std::string_view)
                         {
                             found.push_back(at);
                             return true;
                         });
            });
        return found;
    }
    using numbers = std::vector<std::uint64_t>;

    stored_runs runs_;
    finished_reader reader_{runs_.store};
};

TEST_F(FinishedReader, NothingIsDueInAnEmptyJournal)
{
    const finished_page page = reader_.read(100, plenty);
    EXPECT_TRUE(page.runs.empty());
    EXPECT_TRUE(page.erases.empty());
    EXPECT_FALSE(page.is_full);
    EXPECT_FALSE(page.next);
}

TEST_F(FinishedReader, RunsThatEndedByThenAreDeletedAndTheNextIsNamed)
{
    ended(3, 10);
    ended(1, 20);
    ended(2, 21);
    const finished_page page = reader_.read(20, plenty);
    EXPECT_EQ(deleted_by(page), (numbers{3, 1}));
    EXPECT_EQ(page.next, 21);
    EXPECT_FALSE(page.is_full);
}

TEST_F(FinishedReader, AllThatTheJournalHasOfThemGoesAndNothingElse)
{
    ended(1, 10, 3);
    runs_.commit(runs_.begin(2, "o-2")); // runs on
    ended(3, 11, 2);
    ended(4, 12, 200);
    EXPECT_EQ(deleted_by(reader_.read(11, plenty)), (numbers{1, 3}));
    EXPECT_EQ(keys(table::run), (std::vector<store::key>{{2, 0}, {4, 0}}));
    EXPECT_EQ(keys(table::finished), (std::vector<store::key>{{12, 4}}));
    EXPECT_EQ(keys(table::wake).size(), 1u);
    EXPECT_EQ(keys(table::id).size(), 2u);
    const auto history = keys(table::history);
    EXPECT_EQ(history.size(), 1u + 202u);
    EXPECT_EQ(history.front().major, 2u);
    EXPECT_EQ(history[1].major, 4u);
}

TEST_F(FinishedReader, ChunksOfLongEntriesGoToo)
{
    stored_runs::draft run = runs_.begin(1, "o-1", std::string(50'000, 'x'));
    entry e;
    e.kind = entry_kind::completed;
    run.header.end_seq = run.append(e);
    run.header.state = journal::run_state::completed;
    run.header.ended_at = 5;
    run.has_wake = false;
    runs_.commit(run);
    put_finished(5, 1);
    EXPECT_EQ(deleted_by(reader_.read(5, plenty)), numbers{1});
    EXPECT_TRUE(keys(table::history).empty());
}

TEST_F(FinishedReader, RunsThatBeganOneAfterTheOtherAreOneRange)
{
    for (const std::uint64_t number : {7u, 5u, 6u, 9u})
        ended(number, static_cast<base::time_us>(number % 4));
    const finished_page page = reader_.read(3, plenty);
    std::size_t ranges = 0;
    ASSERT_EQ(page.erases.size(), 1u);
    for (const auto& write : page.erases[0].writes())
        ranges += write.size == store::batch::range_mark;
    EXPECT_EQ(ranges, 4u); // 5 to 7, and 9, in two tables
    EXPECT_EQ(deleted_by(page).size(), 4u);
    EXPECT_TRUE(keys(table::history).empty());
}

TEST_F(FinishedReader, PageEndsWithItsRecordsAndTheNextGoesOn)
{
    for (std::uint64_t number = 1; number <= 5; ++number)
        ended(number, 10, 100);
    const finished_page first = reader_.read(10, 150);
    EXPECT_TRUE(first.is_full);
    EXPECT_EQ(first.next, 10);
    EXPECT_EQ(deleted_by(first), (numbers{1, 2}));
    const finished_page second = reader_.read(10, plenty);
    EXPECT_FALSE(second.is_full);
    EXPECT_EQ(deleted_by(second), (numbers{3, 4, 5}));
}

TEST_F(FinishedReader, PageOfManySmallRunsIsFullToo)
{
    for (std::uint64_t number = 1; number <= 50; ++number)
        ended(number, 10);
    const finished_page page = reader_.read(10, 50);
    EXPECT_TRUE(page.is_full);
    EXPECT_EQ(deleted_by(page).size(), 10u);
}

TEST_F(FinishedReader, LargePageIsCutIntoBatchesOfWholeRuns)
{
    for (std::uint64_t number = 1; number <= 30; ++number)
        ended(number, 10, 96); // 98 entries, 101 records
    const finished_page page = reader_.read(10, plenty);
    EXPECT_EQ(page.runs.size(), 30u);
    ASSERT_EQ(page.erases.size(), 15u); // of 2 runs
    runs_.commit(page.erases[1]);
    EXPECT_EQ(keys(table::run).size(), 28u);
    EXPECT_EQ(keys(table::finished).size(), 28u);
    EXPECT_EQ(keys(table::id).size(), 28u);
    EXPECT_EQ(keys(table::history).size(), 28u * 98);
}

TEST_F(FinishedReader, BatchIsAHundredAndTwentyEightWritesAtMost)
{
    for (std::uint64_t number = 1; number <= 200; ++number)
        ended(2 * number, 10); // so that none lies beside another
    const finished_page page = reader_.read(10, plenty);
    EXPECT_EQ(page.runs.size(), 200u);
    for (const store::batch& erases : page.erases)
        EXPECT_LE(erases.writes().size(), 128u);
}

TEST_F(FinishedReader, ChunksCountAsRecords)
{
    for (std::uint64_t number = 1; number <= 3; ++number)
    {
        stored_runs::draft run = runs_.begin(number, "o-" + std::to_string(number), std::string(100'000, 'x'));
        entry e;
        e.kind = entry_kind::completed;
        run.header.end_seq = run.append(e);
        run.header.state = journal::run_state::completed;
        run.header.ended_at = 5;
        run.has_wake = false;
        runs_.commit(run);
        put_finished(5, number);
    }
    EXPECT_EQ(deleted_by(reader_.read(5, 60)), (numbers{1, 2})); // 55 each
}

TEST_F(FinishedReader, RunLongerThanAPageGoesAsAWhole)
{
    ended(1, 10, 500);
    EXPECT_EQ(deleted_by(reader_.read(10, 20)), numbers{1});
    EXPECT_TRUE(keys(table::history).empty());
}

TEST_F(FinishedReader, IdRowThatLeadsToAnotherRunStays)
{
    const auto first = ended(1, 10);
    const auto at = journal::id_key(base::run_number{2}, first.id_hash);
    runs_.put(table::id, at, journal::encode_id(at, base::run_number{2})); // the same generation and hash
    EXPECT_EQ(deleted_by(reader_.read(10, plenty)), numbers{1});
    EXPECT_EQ(keys(table::id), std::vector<store::key>{at});
}

/// Run 1 is damaged in some way; runs 2 and 3 are not.
class FinishedReaderOfDamage : public FinishedReader
{
protected:
    FinishedReaderOfDamage()
    {
        ended(1, 10);
        ended(2, 11);
        ended(3, 12);
    }
    void expect_left(const std::string& why)
    {
        const auto before = keys(table::history).size();
        const finished_page page = reader_.read(11, plenty);
        ASSERT_EQ(page.left.size(), 1u);
        EXPECT_EQ(page.left[0], "run 1 is not deleted: " + why + "; restore a backup");
        EXPECT_EQ(deleted_by(page), numbers{2});
        EXPECT_EQ(keys(table::history).size(), before - 2);
        const finished_page next = reader_.read(12, plenty);
        EXPECT_TRUE(next.left.empty()) << "it is named once";
        EXPECT_EQ(deleted_by(next), numbers{3});
        EXPECT_EQ(keys(table::finished).size(), 1u);
    }
};

TEST_F(FinishedReaderOfDamage, RunWithADamagedHeaderIsLeftAndNamedOnce)
{
    runs_.damage(table::run, {1, 0});
    expect_left("its header is damaged");
}

TEST_F(FinishedReaderOfDamage, RunWithoutAHeaderIsLeftAndNamedOnce)
{
    runs_.erase(table::run, {1, 0});
    expect_left("it has no header");
}

TEST_F(FinishedReaderOfDamage, RunWithADamagedFinishedRowIsLeftAndNamedOnce)
{
    runs_.damage(table::finished, {10, 1});
    expect_left("the row that says when it ended is damaged");
}

TEST_F(FinishedReaderOfDamage, RunThatHasNotEndedIsLeftAndNamedOnce)
{
    stored_runs::draft run = runs_.begin(1, "o-1");
    run.header.state = journal::run_state::parked;
    runs_.commit(run);
    expect_left("its header does not say that it ended then");
}

TEST_F(FinishedReaderOfDamage, RunThatEndedAtAnotherTimeIsLeftAndNamedOnce)
{
    runs_.erase(table::finished, {10, 1});
    put_finished(9, 1);
    expect_left("its header does not say that it ended then");
}

TEST_F(FinishedReader, WhereDamageIsNotRareNothingIsDeletedAnyMore)
{
    for (std::uint64_t number = 1; number <= 1000; ++number)
        put_finished(10, number); // of no run
    ended(2000, 10);
    EXPECT_FALSE(reader_.has_given_up());
    EXPECT_EQ(reader_.read(10, plenty).left.size(), 1000u);
    EXPECT_TRUE(reader_.has_given_up());
    EXPECT_TRUE(reader_.read(10, plenty).runs.empty());
}
}
}
