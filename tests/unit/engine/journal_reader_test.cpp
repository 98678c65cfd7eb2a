#include "engine/journal_reader.hpp"

#include "stored_runs.hpp"

#include <gtest/gtest.h>

#include <string>

namespace everstep::core
{
namespace
{
constexpr std::uint64_t generation = 16'384;

entry replied(std::string_view payload, std::uint32_t number = 0)
{
    entry e;
    e.kind = entry_kind::replied;
    e.operation = journal::operation_kind::reply;
    e.where.push(number);
    e.payload = payload;
    return e;
}

entry timer(base::time_us due, std::uint32_t number = 0)
{
    entry e;
    e.kind = entry_kind::timer_set;
    e.operation = journal::operation_kind::timer;
    e.where.push(number);
    e.due = due;
    return e;
}

class JournalReader : public testing::Test
{
protected:
    void commit(const stored_runs::draft& run)
    {
        runs_.commit(run);
        ids_.add(base::to_integer(run.number) >> 14, run.id_hash);
    }
    std::optional<found_run> find(const std::string& id, std::uint64_t newest, bool* hash_taken = nullptr) const
    {
        return reader_.find(ids_, base::run_number{newest}, journal::id_hash("shop", id), "shop", id, hash_taken);
    }
    std::optional<std::string> payload_at(std::uint64_t run, std::uint32_t seq) const
    {
        std::optional<std::string> payload;
        reader_.entry_at(base::run_number{run}, seq, [&](const entry& e) { payload.emplace(e.payload); });
        return payload;
    }
    stored_run read(std::uint64_t run, base::time_us due) const { return reader_.read(base::run_number{run}, due); }

    stored_runs runs_;
    id_filter ids_;
    journal_reader reader_{runs_.store};
};

// By id.

class JournalReaderById : public JournalReader, public testing::WithParamInterface<bool>
{
protected:
    JournalReaderById()
    {
        for (const std::uint64_t number : {std::uint64_t{1}, 2 * generation + 7, 80 * generation})
            commit(runs_.begin(number, "o-" + std::to_string(number)));
        if (GetParam())
            ids_.set_complete();
    }
};

TEST_P(JournalReaderById, RunOfTheFirstGenerationIsFound)
{
    const auto found = find("o-1", 80 * generation);
    ASSERT_TRUE(found);
    EXPECT_EQ(base::to_integer(found->number), 1u);
}

TEST_P(JournalReaderById, RunOfAMiddleGenerationIsFound)
{
    const auto found = find("o-32775", 80 * generation);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->header.id, "o-32775");
}

TEST_P(JournalReaderById, RunOfTheNewestGenerationIsFound) { EXPECT_TRUE(find("o-1310720", 80 * generation)); }

TEST_P(JournalReaderById, UnknownIdIsNotFound) { EXPECT_FALSE(find("o-3", 80 * generation)); }

INSTANTIATE_TEST_SUITE_P(Filter, JournalReaderById, testing::Bool(),
                         [](const auto& tested) { return tested.param ? std::string("Complete") : std::string("Incomplete"); });

TEST_F(JournalReader, SecondRunOfAnIdHidesTheFirst)
{
    commit(runs_.begin(1, "o-1"));
    commit(runs_.begin(generation + 1, "o-1"));
    EXPECT_EQ(base::to_integer(find("o-1", generation + 1).value().number), generation + 1);
}

TEST_F(JournalReader, IdThatTheFilterRulesOutIsNotLookedUp)
{
    runs_.commit(runs_.begin(1, "o-1")); // without the filter knowing
    ids_.set_complete();
    EXPECT_FALSE(find("o-1", 1));
}

/// Another id whose hash happens to be that of "o-2".
stored_runs::draft collision(const stored_runs& runs, std::uint64_t number)
{
    stored_runs::draft other = runs.begin(number, "o-9");
    other.id_hash = journal::id_hash("shop", "o-2");
    return other;
}

TEST_F(JournalReader, OtherIdOfTheSameHashIsNotTheRun)
{
    commit(collision(runs_, 1));
    EXPECT_FALSE(find("o-2", 1));
}

TEST_F(JournalReader, HashOfAnotherIdInTheNewestGenerationIsTaken)
{
    commit(collision(runs_, 1));
    bool taken = false;
    find("o-2", 1, &taken);
    EXPECT_TRUE(taken);
}

TEST_F(JournalReader, HashOfAnotherIdInAnOlderGenerationIsFree)
{
    commit(collision(runs_, 1));
    bool taken = false;
    find("o-2", generation, &taken);
    EXPECT_FALSE(taken);
}

TEST_F(JournalReader, RunBehindAnotherIdOfTheSameHashIsFound)
{
    commit(runs_.begin(1, "o-2"));
    commit(collision(runs_, generation));
    EXPECT_EQ(base::to_integer(find("o-2", generation).value().number), 1u);
}

TEST_F(JournalReader, SameIdOfAnotherWorkflowIsAnotherRun)
{
    commit(runs_.begin(1, "o-1", "1", "bank"));
    EXPECT_FALSE(find("o-1", 1));
}

// One entry.

TEST_F(JournalReader, FirstEntryIsRead)
{
    auto run = runs_.begin(5, "o-1", "\"input\"");
    run.append(replied("2", 0));
    commit(run);
    EXPECT_EQ(payload_at(5, 0), "\"input\"");
}

TEST_F(JournalReader, MiddleEntryIsRead)
{
    auto run = runs_.begin(5);
    run.append(replied("first", 0));
    run.append(replied("second", 1));
    run.append(replied("third", 2));
    commit(run);
    EXPECT_EQ(payload_at(5, 2), "second");
}

class JournalReaderChunks : public JournalReader, public testing::WithParamInterface<std::uint32_t>
{
};

TEST_P(JournalReaderChunks, EntryBetweenLongOnesIsRead)
{
    auto run = runs_.begin(5, "o-1", std::string(7'001, 'a'));
    const std::vector<std::string> payloads{std::string(7'001, 'a'), std::string(20'000, 'b'), "c", std::string(1'990, 'd'),
                                            std::string(100'000, 'e')};
    for (std::uint32_t seq = 1; seq < payloads.size(); ++seq)
        run.append(replied(payloads[seq], seq));
    commit(run);
    EXPECT_EQ(payload_at(5, GetParam()), payloads[GetParam()]);
}

INSTANTIATE_TEST_SUITE_P(Seq, JournalReaderChunks, testing::Range(0u, 5u));

TEST_F(JournalReader, EntryBehindTheEndIsNotThere)
{
    commit(runs_.begin(5));
    EXPECT_EQ(payload_at(5, 1), std::nullopt);
}

TEST_F(JournalReader, EntryOfTheNextRunIsNotTaken)
{
    commit(runs_.begin(5));
    commit(runs_.begin(6, "o-2"));
    EXPECT_EQ(payload_at(5, 1), std::nullopt);
}

TEST_F(JournalReader, EntryOfNoRunIsNotThere) { EXPECT_EQ(payload_at(5, 0), std::nullopt); }

TEST_F(JournalReader, DamagedEntryIsNotRead)
{
    auto run = runs_.begin(5);
    run.append(replied("12345678901234567890"));
    commit(run);
    runs_.damage(table::history, journal::history_key(run.number, 1));
    EXPECT_EQ(payload_at(5, 1), std::nullopt);
}

TEST_F(JournalReader, EntryThatLacksAChunkIsNotRead)
{
    auto run = runs_.begin(5);
    run.append(replied(std::string(7'000, 'x')));
    commit(run);
    runs_.erase(table::history, run.history.back().first);
    EXPECT_EQ(payload_at(5, 1), std::nullopt);
}

TEST_F(JournalReader, ReplyIsFoundByItsKind)
{
    auto run = runs_.begin(5);
    run.append(timer(100));
    const std::uint32_t seq = run.append(replied("1", 1));
    commit(run);
    EXPECT_EQ(reader_.find_reply(run.number), seq);
}

TEST_F(JournalReader, RunWithoutReplyHasNone)
{
    commit(runs_.begin(5));
    EXPECT_EQ(reader_.find_reply(base::run_number{5}), 0u);
}

// Whole runs.

TEST_F(JournalReader, UnknownRunHasNoHeader) { EXPECT_FALSE(read(5, -1).header); }

TEST_F(JournalReader, RunIsReadWhole)
{
    auto run = runs_.begin(5);
    run.append(replied("1"));
    commit(run);
    const stored_run stored = read(5, journal::due_now);
    EXPECT_EQ(stored.fault, "");
    EXPECT_EQ(stored.history.end(), run.end);
}

TEST_F(JournalReader, HistoryOfTheNextRunIsLeftOut)
{
    commit(runs_.begin(5));
    commit(runs_.begin(6, "o-2"));
    EXPECT_EQ(read(5, -1).history.entries().size(), 1u);
}

TEST_F(JournalReader, WakeRowIsFoundByItsTime)
{
    auto run = runs_.begin(5);
    run.wake_due = 4'711;
    commit(run);
    EXPECT_EQ(read(5, 4'711).wake_due, 4'711);
}

TEST_F(JournalReader, WakeRowOfATimerIsFoundWithoutItsTime)
{
    auto run = runs_.begin(5);
    run.append(timer(100, 0));
    run.append(timer(200, 1));
    run.wake_due = 100;
    commit(run);
    EXPECT_EQ(read(5, -1).wake_due, 100);
}

TEST_F(JournalReader, WakeRowOfARetryIsFoundWithoutItsTime)
{
    auto run = runs_.begin(5);
    entry e;
    e.kind = entry_kind::step_retry;
    e.operation = journal::operation_kind::step;
    e.where.push(0);
    e.due = 300;
    run.append(e);
    run.wake_due = 300;
    commit(run);
    EXPECT_EQ(read(5, -1).wake_due, 300);
}

TEST_F(JournalReader, WakeRowOfAReadyRunIsFoundWithoutItsTime)
{
    commit(runs_.begin(5));
    EXPECT_EQ(read(5, -1).wake_due, journal::due_now);
}

TEST_F(JournalReader, WakeRowOfARunThatWaitsForMessagesIsFoundWithoutItsTime)
{
    auto run = runs_.begin(5);
    run.wake_due = journal::due_never;
    commit(run);
    EXPECT_EQ(read(5, -1).wake_due, journal::due_never);
}

TEST_F(JournalReader, WakeRowIsFoundDespiteAWrongHint)
{
    auto run = runs_.begin(5);
    run.wake_due = journal::due_never;
    commit(run);
    EXPECT_EQ(read(5, 77).wake_due, journal::due_never);
}

TEST_F(JournalReader, RunWithoutAWakeRowSaysSo)
{
    auto run = runs_.begin(5);
    run.has_wake = false;
    commit(run);
    EXPECT_EQ(read(5, -1).wake_due, -1);
}

TEST_F(JournalReader, LostTailIsAFault)
{
    auto run = runs_.begin(5);
    run.append(replied("1"));
    commit(run);
    runs_.erase(table::history, journal::history_key(run.number, 1));
    EXPECT_NE(read(5, journal::due_now).fault, "");
}

TEST_F(JournalReader, LostTailIsAFaultWithoutAHint)
{
    auto run = runs_.begin(5);
    run.append(replied("1"));
    commit(run);
    runs_.erase(table::history, journal::history_key(run.number, 1));
    EXPECT_NE(read(5, -1).fault, "");
}

TEST_F(JournalReader, DamagedEntryIsAFault)
{
    auto run = runs_.begin(5);
    run.append(replied("12345678901234567890"));
    run.append(replied("1", 1));
    commit(run);
    runs_.damage(table::history, journal::history_key(run.number, 1));
    EXPECT_NE(read(5, journal::due_now).fault, "");
}

TEST_F(JournalReader, DamagedWakeRowIsAFaultThatNamesTheRun)
{
    commit(runs_.begin(5));
    runs_.damage(table::wake, journal::wake_key(journal::due_now, base::run_number{5}));
    EXPECT_EQ(read(5, journal::due_now).fault, "the wake row of run 5 is damaged");
}

TEST_F(JournalReader, DamagedHeaderIsAFaultThatNamesTheRun)
{
    commit(runs_.begin(5));
    runs_.damage(table::run, journal::header_key(base::run_number{5}));
    EXPECT_EQ(read(5, journal::due_now).fault, "the header of run 5 is damaged");
}

TEST_F(JournalReader, HistoryOfAFinishedRunIsNotRead)
{
    auto run = runs_.begin(5);
    run.header.state = journal::run_state::completed;
    commit(run);
    EXPECT_TRUE(read(5, -1).history.entries().empty());
}

TEST_F(JournalReader, ParkedRunIsReadWhole)
{
    auto run = runs_.begin(5);
    run.header.state = journal::run_state::parked;
    run.wake_due = journal::due_never;
    commit(run);
    EXPECT_EQ(read(5, -1).history.entries().size(), 1u);
}
}
}
