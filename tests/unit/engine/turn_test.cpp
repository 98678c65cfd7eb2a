#include "engine/turn.hpp"

#include "engine/resident_run.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using journal::entry;
using journal::entry_kind;
using journal::table;

class Turn : public testing::Test
{
protected:
    Turn()
    {
        run_.number = base::run_number{5};
        run_.id_hash = 4711;
        run_.header.workflow = "shop";
        run_.header.id = "o-1";
        run_.end = journal::first_tail(run_.number);
        turn_.begin(run_, out_);
    }

    entry started(std::string_view payload = "1") const
    {
        entry e;
        e.kind = entry_kind::started;
        e.payload = payload;
        return e;
    }
    entry replied(std::string_view payload) const
    {
        entry e;
        e.kind = entry_kind::replied;
        e.operation = journal::operation_kind::reply;
        e.payload = payload;
        return e;
    }
    bool record(const entry& e)
    {
        std::uint32_t seq = 0;
        return turn_.record(e, seq);
    }
    /// Where puts (true) and erases (false) of the wake table went.
    std::vector<std::pair<base::time_us, bool>> wakes() const
    {
        std::vector<std::pair<base::time_us, bool>> all;
        for (const auto& write : out_.writes())
            if (write.where == table::wake)
                all.emplace_back(static_cast<base::time_us>(write.at.major), write.size != store::batch::erase_mark);
        return all;
    }

    engine_options limits_;
    store::batch out_;
    turn turn_{limits_};
    resident_run run_;
};

TEST_F(Turn, EntriesTakeTheNextSeq)
{
    std::uint32_t seq = 99;
    turn_.record(started(), seq);
    EXPECT_EQ(seq, 0u);
    turn_.record(started(), seq);
    EXPECT_EQ(seq, 1u);
}

TEST_F(Turn, EntriesAreReadBackFromTheBatch)
{
    record(started("12345"));
    record(replied("67"));
    journal::history_reader reader(run_.number);
    for (const auto& write : out_.writes())
        reader.take(write.at, out_.value_of(write));
    ASSERT_TRUE(reader.finish());
    EXPECT_EQ(reader.end(), run_.end);
}

TEST_F(Turn, EntriesAreCounted)
{
    record(started());
    record(replied("1"));
    EXPECT_EQ(turn_.entries(), 2u);
}

TEST_F(Turn, TurnWithoutWritesWroteNothing) { EXPECT_FALSE(turn_.wrote()); }

TEST_F(Turn, TurnWithAnEntryWrote)
{
    record(started());
    EXPECT_TRUE(turn_.wrote());
}

TEST_F(Turn, TakeBackLeavesTheBatchAsItWas)
{
    resident_run other;
    other.number = base::run_number{4};
    turn_.begin(other);
    turn_.put_header();
    const auto before = out_.here();
    turn_.begin(run_);
    record(started(std::string(10'000, 'x')));
    turn_.put_header();
    turn_.put_id();
    turn_.move_wake(7);
    turn_.take_back();
    EXPECT_EQ(out_.here().writes, before.writes);
    EXPECT_EQ(out_.here().bytes, before.bytes);
}

TEST_F(Turn, TakeBackLeavesTheTailAsItWas)
{
    record(started());
    turn_.begin(run_);
    const journal::tail before = run_.end;
    record(replied("1"));
    turn_.take_back();
    EXPECT_EQ(run_.end, before);
}

TEST_F(Turn, TakeBackLeavesTheWakeRowAsItWas)
{
    turn_.move_wake(7);
    turn_.begin(run_);
    turn_.move_wake(9);
    turn_.take_back();
    EXPECT_EQ(run_.wake_due, 7);
}

TEST_F(Turn, TakeBackLeavesTheSizeOfTheHistoryAsItWas)
{
    record(started());
    turn_.begin(run_);
    const std::size_t before = run_.history_bytes;
    record(replied("1"));
    turn_.take_back();
    EXPECT_EQ(run_.history_bytes, before);
}

TEST_F(Turn, TakeBackCountsNoEntries)
{
    record(started());
    turn_.take_back();
    EXPECT_EQ(turn_.entries(), 0u);
}

TEST_F(Turn, EntryAfterTakeBackTakesTheSameSeq)
{
    record(started());
    turn_.begin(run_);
    record(replied("1"));
    turn_.take_back();
    std::uint32_t seq = 0;
    turn_.record(replied("2"), seq);
    EXPECT_EQ(seq, 1u);
}

TEST_F(Turn, FirstWakeRowIsPut)
{
    turn_.move_wake(7);
    EXPECT_EQ(wakes(), (std::vector<std::pair<base::time_us, bool>>{{7, true}}));
}

TEST_F(Turn, MoveOfTheWakeRowErasesTheOldOne)
{
    turn_.move_wake(7);
    turn_.move_wake(9);
    EXPECT_EQ(wakes(), (std::vector<std::pair<base::time_us, bool>>{{7, true}, {7, false}, {9, true}}));
}

TEST_F(Turn, WakeRowThatStaysIsNotWritten)
{
    turn_.move_wake(7);
    turn_.begin(run_);
    turn_.move_wake(7);
    EXPECT_FALSE(turn_.wrote());
}

TEST_F(Turn, WakeRowKeepsTheEndOfTheHistory)
{
    record(started());
    turn_.move_wake(7);
    const auto& last = out_.writes().back();
    const auto row = journal::decode_wake(last.at, out_.value_of(last));
    ASSERT_TRUE(row);
    EXPECT_EQ(row->end, run_.end);
    EXPECT_EQ(row->id_hash, 4711u);
}

TEST_F(Turn, ErasedWakeRowIsNoRow)
{
    turn_.move_wake(7);
    turn_.erase_wake();
    EXPECT_EQ(run_.wake_due, resident_run::no_row);
}

TEST_F(Turn, RunWithoutAWakeRowErasesNone)
{
    turn_.erase_wake();
    EXPECT_FALSE(turn_.wrote());
}

TEST_F(Turn, IdRowLeadsToTheRun)
{
    turn_.put_id();
    const auto& last = out_.writes().back();
    EXPECT_EQ(last.at, journal::id_key(run_.number, 4711));
    EXPECT_EQ(journal::decode_id(last.at, out_.value_of(last)), run_.number);
}

TEST_F(Turn, HeaderIsWrittenAsItIs)
{
    run_.header.state = journal::run_state::parked;
    turn_.put_header();
    const auto& last = out_.writes().back();
    const auto header = journal::decode_header(last.at, out_.value_of(last));
    ASSERT_TRUE(header);
    EXPECT_EQ(header->state, journal::run_state::parked);
    EXPECT_EQ(header->id, "o-1");
}

TEST_F(Turn, FinishedRowIsAtTheEndOfTheRun)
{
    run_.header.ended_at = 1'234;
    turn_.put_finished();
    const auto& last = out_.writes().back();
    EXPECT_EQ(last.where, table::finished);
    EXPECT_EQ(last.at, journal::finished_key(1'234, run_.number));
    EXPECT_TRUE(journal::check_finished(last.at, out_.value_of(last)));
}

TEST_F(Turn, HistoryAtItsLimitOfEntriesIsRefused)
{
    limits_.history_entries_max = 3;
    EXPECT_TRUE(record(started()));
    EXPECT_TRUE(record(replied("1")));
    EXPECT_TRUE(record(replied("2")));
    EXPECT_FALSE(record(replied("3")));
}

TEST_F(Turn, HistoryAtItsLimitOfBytesIsRefused)
{
    limits_.history_bytes_max = 5'000;
    EXPECT_TRUE(record(started(std::string(6'000, 'x'))));
    EXPECT_FALSE(record(replied("1")));
}

TEST_F(Turn, TurnAtItsLimitOfBytesIsRefused)
{
    limits_.turn_bytes_max = 5'000;
    EXPECT_TRUE(record(started(std::string(6'000, 'x'))));
    EXPECT_FALSE(record(replied("1")));
}

TEST_F(Turn, LimitOfBytesIsThatOfTheTurnAlone)
{
    limits_.turn_bytes_max = 5'000;
    record(started(std::string(6'000, 'x')));
    turn_.begin(run_);
    EXPECT_TRUE(record(replied("1")));
}

TEST_F(Turn, RefusedEntryWritesNothing)
{
    limits_.history_entries_max = 0;
    record(started());
    EXPECT_FALSE(turn_.wrote());
}

TEST_F(Turn, ReplyIsTold)
{
    std::string told;
    turn_.on_reply = [&](resident_run&, const entry& e) { told = e.payload; };
    record(replied("67"));
    EXPECT_EQ(told, "67");
}

TEST_F(Turn, OtherEntriesAreNotTold)
{
    bool told = false;
    turn_.on_reply = [&](resident_run&, const entry&) { told = true; };
    record(started());
    EXPECT_FALSE(told);
}
}
}
