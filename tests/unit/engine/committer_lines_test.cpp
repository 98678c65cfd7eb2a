// The committer's two queues: what a caller waits for, and background work.

#include "committer_fixture.hpp"

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
using parts = watched_store::commit_parts;

class CommitterLines : public committer_fixture
{
protected:
    position background(store::batch turns) { return submit(std::move(turns), urgency::background); }

    /// How many submissions each commit held: a caller's, some time later a small one, and three large ones that came during its sync.
    std::vector<std::size_t> sizes_of_background_after_a_caller(base::time_us later)
    {
        made().start();
        await_durable(submit(turn_of(1)));
        now_ = later;
        barrier_gate gate;
        store_.decide = [&](std::size_t) {
            gate.pass();
            return outcome::durable;
        };
        background(turn_of(2));
        gate.await_arrival();
        for (std::uint64_t n = 3; n <= 5; ++n)
            background(turn_of(n, 40'000));
        gate.open();
        made().stop(); // it stands in the gate until then
        return store_.sizes();
    }
};

TEST_F(CommitterLines, CallersGoFirst)
{
    background(turn_of(1));
    submit(turn_of(2));
    background(turn_of(3));
    submit(turn_of(4));
    made().start();
    made().stop();
    EXPECT_EQ(store_.tried(), (std::vector<parts>{{{2}, {4}, {1}, {3}, {}}}));
}

TEST_F(CommitterLines, BackgroundWorkIsBoundedWhileCallersAreAbout)
{
    for (std::uint64_t n = 1; n <= 8; ++n)
        background(turn_of(n, 1'000));
    submit(turn_of(9));
    made().start();
    made().stop();
    // Two milliseconds are some 1,300 writes before anything is known of their cost; a submission is never cut.
    EXPECT_EQ(store_.tried().front(), (parts{{9}, {1}, {}}));
    EXPECT_EQ(store_.order(), (keys{9, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST_F(CommitterLines, WhatAWriteCostsIsLearnedFromEachCommit)
{
    events_.worked = [asked = 0]() mutable { return 21ms * (++asked / 2); }; // asked before a commit and after it
    store_.decide = [&](std::size_t commit) {
        for (std::uint64_t n = 1; commit == 1 && n <= 8; ++n)
            background(turn_of(n, 200));
        if (commit == 1)
            submit(turn_of(10));
        return outcome::durable;
    };
    submit(turn_of(9, 1'000)); // 21 us each, of which an eighth is believed: 4 us, so 500 writes take two milliseconds
    made().start();
    made().stop();
    EXPECT_EQ(store_.tried().at(1), (parts{{10}, {1}, {2}, {}}));
}

TEST_F(CommitterLines, ACallersTurnsAreNotBoundedByTheirNumber)
{
    for (std::uint64_t n = 1; n <= 8; ++n)
        submit(turn_of(n, 1'000));
    made().start();
    made().stop();
    EXPECT_EQ(store_.sizes(), (std::vector<std::size_t>{8}));
}

TEST_F(CommitterLines, BackgroundWorkIsNotBoundedWhereNoCallerIsAbout)
{
    for (std::uint64_t n = 1; n <= 8; ++n)
        background(turn_of(n, 1'000));
    made().start();
    made().stop();
    EXPECT_EQ(store_.sizes(), (std::vector<std::size_t>{8}));
}

TEST_F(CommitterLines, ACallerIsRememberedForASecond)
{
    EXPECT_EQ(sizes_of_background_after_a_caller(999'999), (std::vector<std::size_t>{1, 1, 1, 1, 1}));
}

TEST_F(CommitterLines, ACallerIsForgottenAfterASecond)
{
    EXPECT_EQ(sizes_of_background_after_a_caller(1'000'000), (std::vector<std::size_t>{1, 1, 3}));
}

TEST_F(CommitterLines, WhatCallersWriteIsPartOfTheBound)
{
    submit(turn_of(1, 1'200));
    background(turn_of(2, 100));
    background(turn_of(3, 100));
    made().start();
    made().stop();
    EXPECT_EQ(store_.tried(), (std::vector<parts>{{{1}, {2}, {}}, {{3}, {}}}));
}

TEST_F(CommitterLines, CallersWhoFillEveryCommitLeaveHalfAsMuchToTheBackground)
{
    store_.decide = [&](std::size_t commit) {
        if (commit < 3)
            submit(turn_of(1 + commit, 4'000));
        return outcome::durable;
    };
    submit(turn_of(1, 4'000));
    for (std::uint64_t n = 11; n <= 40; ++n)
        background(turn_of(n, 200));
    made().start();
    await_durable(3);
    made().stop();
    // A burst pushes the rest aside, but for one; then half of 4,000 writes are ten times 200.
    EXPECT_EQ(store_.sizes()[0], 2u);
    EXPECT_EQ(store_.sizes()[1], 11u);
    EXPECT_EQ(store_.sizes()[2], 11u);
}

TEST_F(CommitterLines, BackgroundIsOwedNothingAfterACommitOfItsOwn)
{
    store_.decide = [&](std::size_t commit) {
        if (commit % 2 == 0)
            submit(turn_of(100 + commit, 4'000));
        return outcome::durable;
    };
    for (std::uint64_t n = 1; n <= 41; ++n)
        background(turn_of(n, 200));
    submit(turn_of(100, 4'000));
    made().start();
    await_durable(4);
    made().stop();
    for (std::size_t burst = 0; burst <= 6; burst += 2)
        EXPECT_LE(store_.sizes()[burst], 3u) << burst;
}

TEST_F(CommitterLines, ALargeBackgroundSubmissionGoesWhenAsMuchIsOwed)
{
    store_.decide = [&](std::size_t commit) {
        if (commit < 40)
            submit(turn_of(10 + commit));
        return outcome::durable;
    };
    submit(turn_of(10));
    background(megabytes(1, 9)); // 4,608 writes, more than a commit takes; 128 a commit are owed
    made().start();
    await_durable(40);
    made().stop();
    std::vector<std::size_t> expected(40, 1);
    expected[35] = 2;
    EXPECT_EQ(store_.sizes(), expected);
}

TEST_F(CommitterLines, CallersBeyondWhatACommitTakesDoNotKeepTheBackgroundOutForEver)
{
    for (std::uint64_t n = 1; n <= 12; ++n)
        submit(megabytes(n, 5));
    background(turn_of(20));
    made().start();
    made().stop();
    EXPECT_EQ(store_.sizes(), (std::vector<std::size_t>{1, 1, 1, 1, 1, 1, 1, 1, 5}));
}

TEST_F(CommitterLines, WhoComesBeforeTheSyncGoesWithTheCommit)
{
    store_.before_late = [&](std::size_t commit) {
        if (commit == 1)
            submit(turn_of(2));
    };
    background(turn_of(1));
    made().start();
    made().stop();
    EXPECT_EQ(store_.tried(), (std::vector<parts>{{{1}, {2}, {}}}));
}

TEST_F(CommitterLines, WhoCameBeforeTheSyncIsToldWithTheCommit)
{
    store_.before_late = [&](std::size_t) { submit(turn_of(2)); };
    store::batch turns = turn_of(1);
    made().commit_here(turns, urgency::caller_waits);
    EXPECT_EQ(made().durable_through(urgency::caller_waits), 2u);
}

TEST_F(CommitterLines, BackgroundThatComesBeforeTheSyncWaitsForTheNextCommit)
{
    store_.before_late = [&](std::size_t commit) {
        if (commit == 1)
            background(turn_of(2));
    };
    background(turn_of(1));
    made().start();
    made().stop();
    EXPECT_EQ(store_.tried(), (std::vector<parts>{{{1}, {}}, {{2}, {}}}));
}

TEST_F(CommitterLines, WhoComesLateWithTooMuchWaitsForTheNextCommit)
{
    store_.before_late = [&](std::size_t commit) {
        if (commit == 1)
            submit(megabytes(2, 3));
    };
    submit(megabytes(1, 6));
    made().start();
    made().stop();
    EXPECT_EQ(store_.tried(), (std::vector<parts>{{{1}, {}}, {{2}, {}}}));
}

TEST_F(CommitterLines, WhatCameLateIsTriedAgainWithTheRest)
{
    store_.before_late = [&](std::size_t commit) {
        if (commit == 1)
            submit(turn_of(3));
    };
    store_.decide = [](std::size_t number) { return number == 1 ? outcome::full : outcome::durable; };
    submit(turn_of(1));
    background(turn_of(2));
    made().start();
    await_durable(2);
    EXPECT_EQ(store_.tried(), (std::vector<parts>{{{1}, {2}, {3}, {}}, {{1}, {3}, {2}, {}}}));
}

TEST_F(CommitterLines, WhatCameLateHereIsGivenBackWithTheRest)
{
    store_.before_late = [&](std::size_t commit) {
        if (commit == 1)
            submit(turn_of(2));
    };
    store_.decide = [](std::size_t number) { return number == 1 ? outcome::full : outcome::durable; };
    store::batch turns = turn_of(1);
    made().commit_here(turns, urgency::caller_waits);
    made().start();
    made().stop();
    EXPECT_EQ(store_.tried(), (std::vector<parts>{{{1}, {2}, {}}, {{1}, {2}, {}}}));
}

TEST_F(CommitterLines, ACommitThatFoundNoRoomDoesNotGrow)
{
    store_.before_late = [&](std::size_t commit) {
        if (commit == 2)
            submit(turn_of(2));
    };
    store_.decide = [](std::size_t number) { return number == 1 ? outcome::full : outcome::durable; };
    submit(turn_of(1));
    made().start();
    await_durable(2);
    EXPECT_EQ(store_.tried(), (std::vector<parts>{{{1}, {}}, {{1}, {}}, {{2}, {}}}));
}

TEST_F(CommitterLines, AShardThatCommitsByItselfTakesLittleOfOthers)
{
    store_.before_late = [&](std::size_t commit) {
        if (commit == 1)
            submit(turn_of(2, 65));
    };
    store::batch turns = turn_of(1);
    made().commit_here(turns, urgency::caller_waits);
    EXPECT_EQ(store_.tried(), (std::vector<parts>{{{1}, {}}}));
}

TEST_F(CommitterLines, TheJournalsOwnRecordIsMadeAgainForWhatComesLate)
{
    std::uint64_t calls = 100;
    events_.complete = [&](store::batch& own) { own.put(store::table::meta, {++calls, 0}, "clock"); };
    store_.before_late = [&](std::size_t) { submit(turn_of(2)); };
    store::batch turns = turn_of(1);
    made().commit_here(turns, urgency::caller_waits);
    EXPECT_EQ(store_.tried(), (std::vector<parts>{{{1}, {2}, {101, 102}}}));
}

TEST_F(CommitterLines, BackgroundWorkWaitsUntilTheCallersLineIsEmpty)
{
    background(turn_of(9));
    for (std::uint64_t n = 1; n <= 3; ++n)
        submit(megabytes(n, 3));
    made().start();
    made().stop();
    EXPECT_EQ(store_.tried(), (std::vector<parts>{{{1}, {2}, {}}, {{3}, {9}, {}}}));
}

TEST_F(CommitterLines, EachLineHasAWatermarkOfItsOwn)
{
    background(turn_of(1));
    background(turn_of(2));
    submit(turn_of(3));
    made().start();
    made().stop();
    EXPECT_EQ(made().durable_through(urgency::caller_waits), 1u);
    EXPECT_EQ(made().durable_through(urgency::background), 2u);
}

TEST_F(CommitterLines, ACommitHereMovesTheWatermarkOfItsOwnLineOnly)
{
    store::batch turns = turn_of(1);
    made().commit_here(turns, urgency::background);
    turns = turn_of(2);
    made().commit_here(turns, urgency::caller_waits);
    EXPECT_EQ(made().durable_through(urgency::background), 1u);
    EXPECT_EQ(made().durable_through(urgency::caller_waits), 1u);
}

TEST_F(CommitterLines, EnoughBackgroundWorkIsThereWhenTheNextCommitsAreFull)
{
    EXPECT_FALSE(made().has_background_enough());
    submit(turn_of(1, 40'000));
    EXPECT_FALSE(made().has_background_enough());
    background(turn_of(2, 40'000));
    EXPECT_TRUE(made().has_background_enough());
    made().start();
    made().stop();
    EXPECT_FALSE(made().has_background_enough());
}

TEST_F(CommitterLines, WhatWasFullHereIsCountedAndWrittenAgain)
{
    store_.decide = [](std::size_t number) { return number == 1 ? outcome::full : outcome::durable; };
    store::batch turns = turn_of(1, 40'000);
    made().commit_here(turns, urgency::background);
    EXPECT_TRUE(made().has_background_enough());
    submit(turn_of(2));
    made().start();
    made().stop();
    EXPECT_EQ(store_.tried(), (std::vector<parts>{{{1}, {}}, {{2}, {}}, {{1}, {}}}));
    EXPECT_FALSE(made().has_background_enough());
}
}
}
