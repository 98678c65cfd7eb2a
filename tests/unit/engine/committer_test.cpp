#include "engine/committer.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using store::outcome;
using keys = std::vector<std::uint64_t>;

/// Keeps what each commit held, part by part, and answers as the test says.
class watched_store final : public store::store
{
public:
    using part = std::vector<std::uint64_t>; ///< major keys
    using commit_parts = std::vector<part>;

    /// What becomes of commit 1, 2, …; called outside the lock, on the committer's thread.
    std::function<outcome(std::size_t)> decide = [](std::size_t) { return outcome::durable; };

    everstep::store::commit_result commit(std::span<const everstep::store::batch* const> parts) override
    {
        commit_parts seen;
        for (const everstep::store::batch* one : parts)
        {
            seen.emplace_back();
            for (const auto& write : one->writes())
                if (seen.back().empty() || seen.back().back() != write.at.major)
                    seen.back().push_back(write.at.major);
        }
        std::size_t number;
        {
            const std::scoped_lock lock(mutex_);
            tried_.push_back(std::move(seen));
            number = tried_.size();
        }
        const outcome what = decide(number);
        return {what, what == outcome::durable ? "" : "by order of the test"};
    }
    void read(const std::function<void(const everstep::store::snapshot&)>&) const override {}
    everstep::store::space usage() const override { return {}; }
    std::uint32_t check_readers() override { return 0; }

    /// Every commit that was tried, with the journal's own part last.
    std::vector<commit_parts> tried() const
    {
        const std::scoped_lock lock(mutex_);
        return tried_;
    }
    /// Keys of all commits in order, without the journal's own.
    keys order() const
    {
        keys all;
        for (const commit_parts& one : tried())
            for (std::size_t n = 0; n + 1 < one.size(); ++n)
                all.insert(all.end(), one[n].begin(), one[n].end());
        return all;
    }
    /// How many submissions each commit held.
    std::vector<std::size_t> sizes() const
    {
        std::vector<std::size_t> all;
        for (const commit_parts& one : tried())
            all.push_back(one.size() - 1);
        return all;
    }

private:
    mutable std::mutex mutex_;
    std::vector<commit_parts> tried_;
};

/// Closed until opened; says when somebody stands before it.
class barrier_gate
{
public:
    void pass()
    {
        std::unique_lock lock(mutex_);
        ++arrived_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
    }
    void await_arrival()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return arrived_ != 0; });
    }
    void open()
    {
        const std::scoped_lock lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int arrived_{};
    bool open_{};
};

store::batch turn_of(std::uint64_t key, std::size_t records = 1, std::size_t bytes = 1)
{
    store::batch made;
    for (std::size_t n = 0; n < records; ++n)
        made.put(store::table::history, {key, n}, std::string(bytes, 'x'));
    return made;
}

store::batch megabytes(std::uint64_t key, std::size_t size) { return turn_of(key, size * 512, 2000); }

class Committer : public testing::Test
{
protected:
    Committer()
    {
        events_.durable = [this] { note([] {}); };
        events_.failed = [this](const std::string& text) { note([&] { failures_.push_back(text); }); };
        events_.full = [this](const std::string& text) { note([&] { fulls_.push_back(text); }); };
    }

    committer& made()
    {
        if (!committer_)
            committer_.emplace(store_, events_);
        return *committer_;
    }
    position submit(store::batch turns) { return made().submit(turns); }

    template <class Change>
    void note(Change&& change)
    {
        const std::scoped_lock lock(mutex_);
        change();
        changed_.notify_all();
    }
    template <class Is>
    void await(Is&& is)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, is);
    }
    void await_durable(position through)
    {
        await([&] { return made().durable_through() >= through; });
    }

    watched_store store_;
    committer::events events_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> failures_;
    std::vector<std::string> fulls_;
    std::optional<committer> committer_; ///< last: its thread calls the rest
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
    EXPECT_EQ(made().durable_through(), 0u);
    gate.open();
    made().stop(); // it stands in the gate until then
}

TEST_F(Committer, WatermarkCountsEverySubmissionOfTheCommit)
{
    for (std::uint64_t n = 1; n <= 5; ++n)
        submit(turn_of(n));
    made().start();
    await_durable(5);
    EXPECT_EQ(made().durable_through(), 5u);
}

TEST_F(Committer, WatermarkHasMovedWhenItIsAnnounced)
{
    position seen = 0;
    events_.durable = [&] { note([&] { seen = made().durable_through(); }); };
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
    EXPECT_EQ(made().durable_through(), 0u);
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
    EXPECT_EQ(made().durable_through(), 1u);
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
    EXPECT_EQ(made().durable_through(), 4u);
}

TEST_F(Committer, StopDoesNotWaitForRoom)
{
    store_.decide = [](std::size_t) { return outcome::full; };
    submit(turn_of(1));
    made().start();
    await([&] { return !fulls_.empty(); });
    made().stop();
    EXPECT_EQ(made().durable_through(), 0u);
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
    EXPECT_EQ(made().durable_through(), 1u);
}

TEST_F(Committer, BatchComesBackEmpty)
{
    made().start();
    bool empty = true;
    store::batch turns;
    for (std::uint64_t n = 1; n <= 200; ++n)
    {
        turns.put(store::table::history, {n, 0}, "x");
        const position at = made().submit(turns);
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
