// The committer's two queues: what a caller waits for, and background work.

#include "committer_fixture.hpp"

namespace everstep::core
{
namespace
{
using parts = watched_store::commit_parts;

class CommitterLines : public committer_fixture
{
protected:
    position background(store::batch turns) { return submit(std::move(turns), urgency::background); }
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

TEST_F(CommitterLines, ACallerIsForgottenAfterSomeCommits)
{
    made().start();
    for (std::uint64_t n = 1; n <= 40; ++n)
        await_durable(n == 1 ? submit(turn_of(n)) : background(turn_of(n)), n == 1 ? urgency::caller_waits : urgency::background);
    barrier_gate gate;
    store_.decide = [&](std::size_t) {
        gate.pass();
        return outcome::durable;
    };
    background(turn_of(50));
    gate.await_arrival();
    for (std::uint64_t n = 51; n <= 54; ++n)
        background(turn_of(n, 40'000));
    gate.open();
    made().stop();
    EXPECT_EQ(store_.sizes().back(), 4u);
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
