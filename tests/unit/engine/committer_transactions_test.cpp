// The committer's third queue: transactions, each of which depends on all before it.

#include "committer_fixture.hpp"

#include <algorithm>

namespace everstep::core
{
namespace
{
using parts = watched_store::commit_parts;

class CommitterTransactions : public committer_fixture
{
protected:
    position background(store::batch turns) { return submit(std::move(turns), urgency::background); }
    position transaction(store::batch element) { return submit(std::move(element), urgency::background_transaction); }
    position awaited_transaction(store::batch element) { return submit(std::move(element), urgency::caller_waits_for_transaction); }
    void commit_all()
    {
        made().start();
        made().stop();
    }
};

TEST_F(CommitterTransactions, AreCommittedInTheirOrder)
{
    transaction(turn_of(1));
    awaited_transaction(turn_of(2));
    transaction(turn_of(3));
    background(turn_of(4));
    submit(turn_of(5));
    commit_all();
    EXPECT_EQ(store_.tried(), (std::vector<parts>{{{5}, {4}, {1}, {2}, {3}, {}}}));
}

TEST_F(CommitterTransactions, AllBeforeOneThatACallerWaitsForGoWithIt)
{
    for (std::uint64_t n = 1; n <= 8; ++n)
        transaction(turn_of(n, 1'000));
    awaited_transaction(turn_of(9));
    transaction(turn_of(10, 40'000));
    commit_all();
    EXPECT_EQ(store_.tried().front(), (parts{{1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}, {}}));
}

TEST_F(CommitterTransactions, NobodyWaitsForAreBoundedWhileCallersAreAbout)
{
    for (std::uint64_t n = 1; n <= 4; ++n)
        transaction(turn_of(n, 1'000));
    submit(turn_of(9));
    commit_all();
    EXPECT_EQ(store_.tried().front(), (parts{{9}, {1}, {}}));
    EXPECT_EQ(store_.order(), (keys{9, 1, 2, 3, 4}));
}

TEST_F(CommitterTransactions, ShareBackgroundWorkWithTurns)
{
    for (std::uint64_t n = 1; n <= 4; ++n)
        background(turn_of(n, 500));
    for (std::uint64_t n = 5; n <= 8; ++n)
        transaction(turn_of(n, 500));
    submit(turn_of(9));
    commit_all();
    EXPECT_EQ(store_.tried().front(), (parts{{9}, {1}, {5}, {}})); // of some 1,300 writes
}

/// What one of the two kinds of background work takes is not taken from what the other is owed.
TEST_F(CommitterTransactions, DoNotKeepALargeTurnOutForEver)
{
    constexpr std::size_t commits = 200;
    store_.decide = [&](std::size_t commit) {
        if (commit < commits)
        {
            submit(turn_of(1'000 + commit));
            transaction(turn_of(2'000 + commit, 600));
        }
        return outcome::durable;
    };
    submit(turn_of(1'000));
    transaction(turn_of(2'000, 600));
    background(megabytes(1, 9)); // more than a commit takes
    made().start();
    await_durable(commits);
    made().stop();
    std::size_t at = 0;
    for (const watched_store::commit_parts& one : store_.tried())
    {
        if (std::ranges::find(one, watched_store::part{1}) != one.end())
            break;
        ++at;
    }
    EXPECT_LT(at, 100u);
}

TEST_F(CommitterTransactions, KeepTheirOrderWhereACommitFindsNoRoom)
{
    store_.decide = [](std::size_t commit) { return commit == 1 ? outcome::full : outcome::durable; };
    store::batch first = turn_of(1);
    made().commit_here(first, urgency::caller_waits_for_transaction);
    transaction(turn_of(2));
    made().start();
    await_durable(2, urgency::background_transaction);
    made().stop();
    EXPECT_EQ(store_.order(), (keys{1, 1, 2}));
}

TEST_F(CommitterTransactions, CountAsBackgroundWorkUntilACallerWaits)
{
    transaction(turn_of(1, 40'000));
    EXPECT_TRUE(made().has_background_enough());
    awaited_transaction(turn_of(2));
    EXPECT_FALSE(made().has_background_enough());
    transaction(turn_of(3, 40'000));
    EXPECT_TRUE(made().has_background_enough());
    commit_all();
    EXPECT_FALSE(made().has_background_enough());
}

TEST_F(CommitterTransactions, BothKindsAreCountedTogether)
{
    EXPECT_EQ(transaction(turn_of(1)), 1u);
    EXPECT_EQ(awaited_transaction(turn_of(2)), 2u);
    commit_all();
    EXPECT_EQ(made().durable_through(urgency::background_transaction), 2u);
    EXPECT_EQ(made().durable_through(urgency::caller_waits_for_transaction), 2u);
    EXPECT_EQ(made().durable_through(urgency::background), 0u);
}
}
}
