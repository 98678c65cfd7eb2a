#include "committer_fixture.hpp"

namespace everstep::core
{
namespace
{
class Committer : public committer_fixture
{
};

TEST_F(Committer, OrderOfSubmissionsIsOrderOfCommits)
{
    keys expected;
    made().start();
    for (std::uint64_t n = 1; n <= 1'000; ++n)
    {
        submit(turn_of(n));
        expected.push_back(n);
    }
    made().stop();
    EXPECT_EQ(store_.order(), expected);
}

TEST_F(Committer, PositionsCountSubmissions)
{
    submit(turn_of(1));
    EXPECT_EQ(submit(turn_of(2)), 2u);
}

TEST_F(Committer, WhatArrivesDuringASyncSharesTheNextCommit)
{
    barrier_gate gate;
    store_.decide = [&](std::size_t) {
        gate.pass();
        return outcome::durable;
    };
    made().start();
    submit(turn_of(1));
    gate.await_arrival();
    for (std::uint64_t n = 2; n <= 4; ++n)
        submit(turn_of(n));
    gate.open();
    made().stop();
    EXPECT_EQ(store_.sizes(), (std::vector<std::size_t>{1, 3}));
}

TEST_F(Committer, CommitEndsBeforeTheSubmissionThatDoesNotFit)
{
    for (std::uint64_t n = 1; n <= 3; ++n)
        submit(megabytes(n, 3));
    made().start();
    made().stop();
    EXPECT_EQ(store_.sizes(), (std::vector<std::size_t>{2, 1}));
}

TEST_F(Committer, SubmissionBeyondTheBoundIsNotCut)
{
    submit(turn_of(1));
    submit(megabytes(2, 9));
    submit(turn_of(3));
    made().start();
    made().stop();
    EXPECT_EQ(store_.tried(), (std::vector<watched_store::commit_parts>{{{1}, {}}, {{2}, {}}, {{3}, {}}}));
}

TEST_F(Committer, WatermarkStandsWhileTheStoreSyncs)
{
    barrier_gate gate;
    store_.decide = [&](std::size_t) {
        gate.pass();
        return outcome::durable;
    };
    made().start();
    submit(turn_of(1));
    gate.await_arrival();
    EXPECT_EQ(made().durable_through(urgency::caller_waits), 0u);
    gate.open();
    made().stop(); // it stands in the gate until then
}

TEST_F(Committer, WatermarkCountsEverySubmissionOfTheCommit)
{
    for (std::uint64_t n = 1; n <= 5; ++n)
        submit(turn_of(n));
    made().start();
    await_durable(5);
    EXPECT_EQ(made().durable_through(urgency::caller_waits), 5u);
}

TEST_F(Committer, WatermarkHasMovedWhenItIsAnnounced)
{
    position seen = 0;
    events_.durable = [&] { note([&] { seen = made().durable_through(urgency::caller_waits); }); };
    submit(turn_of(1));
    submit(turn_of(2));
    made().start();
    await([&] { return seen != 0; });
    EXPECT_EQ(seen, 2u);
}

TEST_F(Committer, FullCommitIsTriedAgainAsItWas)
{
    store_.decide = [](std::size_t number) { return number <= 2 ? outcome::full : outcome::durable; };
    submit(turn_of(1));
    submit(turn_of(2));
    made().start();
    await_durable(2);
    const watched_store::commit_parts whole{{1}, {2}, {}};
    EXPECT_EQ(store_.tried(), (std::vector<watched_store::commit_parts>{whole, whole, whole}));
}

TEST_F(Committer, TriesOfAFullCommitAreCounted)
{
    store_.decide = [](std::size_t number) { return number <= 2 ? outcome::full : outcome::durable; };
    submit(turn_of(1));
    made().start();
    await_durable(1);
    EXPECT_EQ(made().commits_delayed(), 2u);
}

TEST_F(Committer, FullIsAnnouncedOnceAndItsEndOnce)
{
    store_.decide = [](std::size_t number) { return number <= 2 ? outcome::full : outcome::durable; };
    submit(turn_of(1));
    made().start();
    await_durable(1);
    EXPECT_EQ(fulls_, (std::vector<std::string>{"by order of the test", ""}));
}

TEST_F(Committer, WatermarkStandsWhileFull)
{
    barrier_gate second;
    store_.decide = [&](std::size_t number) {
        if (number == 2)
            second.pass();
        return number == 1 ? outcome::full : outcome::durable;
    };
    submit(turn_of(1));
    made().start();
    second.await_arrival();
    EXPECT_EQ(made().durable_through(urgency::caller_waits), 0u);
    second.open();
    made().stop(); // it stands in the gate until then
}

TEST_F(Committer, FullIsSeenByAdmission)
{
    barrier_gate second;
    store_.decide = [&](std::size_t number) {
        if (number == 2)
            second.pass();
        return number == 1 ? outcome::full : outcome::durable;
    };
    submit(turn_of(1));
    made().start();
    second.await_arrival();
    EXPECT_TRUE(made().is_full());
    second.open();
    made().stop(); // it stands in the gate until then
}

TEST_F(Committer, SubmissionsWhileFullFollowTheDelayedCommit)
{
    barrier_gate second;
    store_.decide = [&](std::size_t number) {
        if (number == 2)
            second.pass();
        return number == 1 ? outcome::full : outcome::durable;
    };
    submit(turn_of(1));
    made().start();
    second.await_arrival();
    submit(turn_of(2));
    second.open();
    await_durable(2);
    EXPECT_EQ(store_.order(), (keys{1, 1, 2}));
}

TEST_F(Committer, UnknownOutcomeIsAnnouncedOnce)
{
    store_.decide = [](std::size_t) { return outcome::unknown; };
    submit(turn_of(1));
    made().start();
    await([&] { return !failures_.empty(); });
    submit(turn_of(2));
    made().stop();
    EXPECT_EQ(failures_, (std::vector<std::string>{"by order of the test"}));
}

TEST_F(Committer, NothingIsCommittedAfterAnUnknownOutcome)
{
    store_.decide = [](std::size_t number) { return number == 1 ? outcome::unknown : outcome::durable; };
    submit(megabytes(1, 7));
    submit(megabytes(2, 7));
    made().start();
    await([&] { return !failures_.empty(); });
    submit(turn_of(3));
    made().stop();
    EXPECT_EQ(store_.order(), (keys{1}));
}

TEST_F(Committer, WatermarkStaysAfterAnUnknownOutcome)
{
    store_.decide = [](std::size_t number) { return number == 2 ? outcome::unknown : outcome::durable; };
    submit(megabytes(1, 7));
    submit(megabytes(2, 7));
    made().start();
    await([&] { return !failures_.empty(); });
    made().stop();
    EXPECT_EQ(made().durable_through(urgency::caller_waits), 1u);
}

TEST_F(Committer, FailureIsSeenWhenItIsAnnounced)
{
    store_.decide = [](std::size_t) { return outcome::unknown; };
    bool seen = false;
    events_.failed = [&](const std::string&) { note([&] { seen = made().has_failed(); failures_.emplace_back(); }); };
    submit(turn_of(1));
    made().start();
    await([&] { return !failures_.empty(); });
    EXPECT_TRUE(seen);
}

TEST_F(Committer, StopCommitsWhatIsQueued)
{
    for (std::uint64_t n = 1; n <= 4; ++n)
        submit(megabytes(n, 7));
    made().start();
    made().stop();
    EXPECT_EQ(made().durable_through(urgency::caller_waits), 4u);
}

TEST_F(Committer, StopDoesNotWaitForRoom)
{
    store_.decide = [](std::size_t) { return outcome::full; };
    submit(turn_of(1));
    made().start();
    await([&] { return !fulls_.empty(); });
    made().stop();
    EXPECT_EQ(made().durable_through(urgency::caller_waits), 0u);
}

TEST_F(Committer, JournalsOwnRecordRidesInTheCommit)
{
    events_.complete = [](store::batch& own) { own.put(store::table::meta, {77, 0}, "clock"); };
    submit(turn_of(1));
    made().start();
    made().stop();
    EXPECT_EQ(store_.tried(), (std::vector<watched_store::commit_parts>{{{1}, {77}}}));
}

TEST_F(Committer, JournalsOwnRecordIsMadeOnceForACommitThatIsTriedAgain)
{
    std::uint64_t calls = 0;
    events_.complete = [&](store::batch& own) { own.put(store::table::meta, {++calls, 0}, "clock"); };
    store_.decide = [](std::size_t number) { return number == 1 ? outcome::full : outcome::durable; };
    submit(turn_of(9));
    made().start();
    await_durable(1);
    EXPECT_EQ(store_.tried(), (std::vector<watched_store::commit_parts>{{{9}, {1}}, {{9}, {1}}}));
}

TEST_F(Committer, EmptySubmissionBecomesDurableToo)
{
    submit({});
    made().start();
    made().stop();
    EXPECT_EQ(made().durable_through(urgency::caller_waits), 1u);
}

TEST_F(Committer, BatchComesBackEmpty)
{
    made().start();
    bool empty = true;
    store::batch turns;
    for (std::uint64_t n = 1; n <= 200; ++n)
    {
        turns.put(store::table::history, {n, 0}, "x");
        const position at = made().submit(turns, urgency::caller_waits);
        empty = empty && turns.empty() && turns.bytes() == 0;
        if (n % 10 == 0)
            await_durable(at); // so that used batches come back
    }
    EXPECT_TRUE(empty);
}

TEST_F(Committer, QueuedBytesAreThoseOfTheQueue)
{
    submit(turn_of(1, 1, 1'000));
    EXPECT_GE(made().queued_bytes(), 1'000u);
}

TEST_F(Committer, DurableSubmissionsCountNoBytes)
{
    std::size_t left = 1;
    events_.durable = [&] { note([&] { left = made().queued_bytes(); }); };
    submit(turn_of(1, 10, 1'000));
    made().start();
    await_durable(1);
    await([&] { return left == 0; });
    EXPECT_EQ(made().queued_bytes(), 0u);
}

TEST_F(Committer, CommitsAreCounted)
{
    submit(megabytes(1, 7));
    submit(megabytes(2, 7));
    made().start();
    made().stop();
    EXPECT_EQ(made().commits(), 2u);
}
}
}
