#include "committer_fixture.hpp"

#include <thread>

namespace everstep::core
{
namespace
{
class CommitterHere : public committer_fixture
{
protected:
    /// What a shard does at the end of a small sweep.
    position commit_here(store::batch turns) { return made().commit_here(turns, urgency::caller_waits); }
};

TEST_F(CommitterHere, AloneItIsDurableOnReturn)
{
    const position at = commit_here(turn_of(1));
    EXPECT_EQ(made().durable_through(urgency::caller_waits), at);
    EXPECT_EQ(store_.order(), keys{1});
}

TEST_F(CommitterHere, AloneItIsMadeOnTheCallersThread)
{
    std::thread::id by;
    store_.decide = [&](std::size_t) {
        by = std::this_thread::get_id();
        return outcome::durable;
    };
    made().start();
    commit_here(turn_of(1));
    EXPECT_EQ(by, std::this_thread::get_id());
}

TEST_F(CommitterHere, JournalsOwnRecordRidesInIt)
{
    events_.complete = [](store::batch& own) { own.put(store::table::meta, {9, 0}, "clock"); };
    commit_here(turn_of(1));
    EXPECT_EQ(store_.tried(), (std::vector<watched_store::commit_parts>{{{1}, {9}}}));
}

TEST_F(CommitterHere, BehindOthersItTakesItsPlaceInTheQueue)
{
    submit(turn_of(1));
    const position at = commit_here(turn_of(2));
    EXPECT_LT(made().durable_through(urgency::caller_waits), at);
    made().start();
    made().stop();
    EXPECT_EQ(store_.order(), (keys{1, 2}));
}

TEST_F(CommitterHere, WhileTheThreadCommitsItGoesIntoTheNext)
{
    barrier_gate gate;
    store_.decide = [&](std::size_t) {
        gate.pass();
        return outcome::durable;
    };
    made().start();
    submit(turn_of(1));
    gate.await_arrival();
    commit_here(turn_of(2)); // would wait for itself, were it to commit here
    gate.open();
    made().stop();
    EXPECT_EQ(store_.order(), (keys{1, 2}));
}

TEST_F(CommitterHere, SubmissionsDuringItAreTheThreadsNext)
{
    barrier_gate gate;
    store_.decide = [&](std::size_t number) {
        if (number == 1)
            gate.pass();
        return outcome::durable;
    };
    made().start();
    std::jthread here([&] { commit_here(turn_of(1)); });
    gate.await_arrival();
    submit(turn_of(2));
    submit(turn_of(3));
    gate.open();
    await_durable(3);
    EXPECT_EQ(store_.sizes(), (std::vector<std::size_t>{1, 2}));
}

TEST_F(CommitterHere, AFullDiskDoesNotHoldTheCaller)
{
    store_.decide = [](std::size_t number) { return number == 1 ? outcome::full : outcome::durable; };
    made().start();
    const position at = commit_here(turn_of(1));
    await_durable(at);
    EXPECT_EQ(store_.order(), (keys{1, 1}));
}

TEST_F(CommitterHere, WhileFullTheThreadGoesOnTrying)
{
    store_.decide = [](std::size_t) { return outcome::full; };
    commit_here(turn_of(1));
    commit_here(turn_of(2));
    EXPECT_EQ(store_.tried().size(), 1u);
}

TEST_F(CommitterHere, TheOwnRecordOfAFullTryIsInTheNext)
{
    // As the clock's lease: asked for once, and the journal relies on it from then on.
    bool asked = false;
    events_.complete = [&](store::batch& own) {
        if (!std::exchange(asked, true))
            own.put(store::table::meta, {9, 0}, "clock");
    };
    store_.decide = [](std::size_t number) { return number == 1 ? outcome::full : outcome::durable; };
    made().start();
    await_durable(commit_here(turn_of(1)));
    EXPECT_EQ(store_.tried().back(), (watched_store::commit_parts{{1}, {9}}));
}

TEST_F(CommitterHere, UnknownOutcomeStopsTheThreadToo)
{
    store_.decide = [](std::size_t number) { return number == 1 ? outcome::unknown : outcome::durable; };
    made().start();
    commit_here(turn_of(1));
    submit(turn_of(2));
    made().stop();
    EXPECT_EQ(store_.tried().size(), 1u);
    EXPECT_EQ(failures_.size(), 1u);
}

TEST_F(CommitterHere, AfterAnUnknownOutcomeNothingIsCommittedHere)
{
    store_.decide = [](std::size_t) { return outcome::unknown; };
    commit_here(turn_of(1));
    commit_here(turn_of(2));
    EXPECT_EQ(store_.tried().size(), 1u);
}
}
}
