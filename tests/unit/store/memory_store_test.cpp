#include "store/memory_store.hpp"

#include "store_probe.hpp"

#include <gtest/gtest.h>
#include <thread>

using namespace everstep::test;
using everstep::store::memory_store;
using everstep::store::snapshot;
using fate = memory_store::fate;

namespace
{
memory_store failing_at(std::uint64_t number, fate what)
{
    return memory_store({.decide = [=](std::uint64_t commit) { return commit == number ? what : fate::durable; }});
}

TEST(MemoryStore, TheChosenCommitIsFullAndTheNextTryGoesIn)
{
    memory_store kept = failing_at(2, fate::full);
    EXPECT_EQ(commit(kept, puts({{{1, 0}, "a"}})).what, outcome::durable);
    EXPECT_EQ(commit(kept, puts({{{2, 0}, "b"}})).what, outcome::full);
    EXPECT_EQ(get(kept, {2, 0}), std::nullopt);
    EXPECT_EQ(commit(kept, puts({{{2, 0}, "b"}})).what, outcome::durable);
    EXPECT_EQ(get(kept, {2, 0}), "b");
}

TEST(MemoryStore, AnUnknownCommitMayBeLost)
{
    memory_store kept = failing_at(1, fate::unknown_absent);
    EXPECT_EQ(commit(kept, puts({{{1, 0}, "a"}})).what, outcome::unknown);
    EXPECT_EQ(rows(*kept.clone()).size(), 0u);
}

TEST(MemoryStore, AnUnknownCommitMayBeThereAfterACrash)
{
    memory_store kept = failing_at(1, fate::unknown_present);
    EXPECT_EQ(commit(kept, puts({{{1, 0}, "a"}})).what, outcome::unknown);
    EXPECT_EQ(rows(*kept.clone()).size(), 1u);
}

TEST(MemoryStore, NothingIsCommittedAfterAnUnknownCommit)
{
    memory_store kept = failing_at(1, fate::unknown_present);
    commit(kept, puts({{{1, 0}, "a"}}));
    EXPECT_EQ(commit(kept, puts({{{2, 0}, "b"}})).what, outcome::unknown);
    EXPECT_EQ(rows(kept).size(), 1u);
}

TEST(MemoryStore, ACloneIsWhatACrashNowLeaves)
{
    memory_store kept;
    commit(kept, puts({{{1, 0}, "before"}}));
    const auto crashed = kept.clone();
    commit(kept, puts({{{1, 0}, "after"}, {{2, 0}, "after"}}));
    EXPECT_EQ(rows(*crashed), (std::vector<std::pair<key, std::string>>{{{1, 0}, "before"}}));
}

TEST(MemoryStoreDeathTest, ACommitInsideOfAnotherStopsTheProcess)
{
    memory_store* self = nullptr;
    memory_store kept({.decide = [&](std::uint64_t)
                       {
                           commit(*self, puts({{{2, 0}, "inner"}}));
                           return fate::durable;
                       }});
    self = &kept;
    EXPECT_DEATH(commit(kept, puts({{{1, 0}, "outer"}})), "committing_");
}

TEST(MemoryStore, ACloneTakesCommitsFromAnotherThread)
{
    memory_store kept;
    commit(kept, puts({{{1, 0}, "a"}}));
    auto crashed = kept.clone();
    std::jthread([&] { EXPECT_EQ(commit(*crashed, puts({{{2, 0}, "b"}})).what, outcome::durable); }).join();
    EXPECT_EQ(rows(*crashed).size(), 2u);
}

TEST(MemoryStore, TheCrashBeforeACommitIsSeenFromInsideIt)
{
    memory_store* self = nullptr;
    std::unique_ptr<memory_store> crashed;
    memory_store kept({.decide = [&](std::uint64_t)
                       {
                           crashed = self->clone();
                           return fate::durable;
                       }});
    self = &kept;
    commit(kept, puts({{{1, 0}, "a"}}));
    commit(kept, puts({{{2, 0}, "b"}}));
    EXPECT_EQ(rows(*crashed).size(), 1u);
}

TEST(MemoryStore, ItsOwnCapacityIsABound)
{
    memory_store kept({.capacity_bytes = 100, .decide = {}});
    EXPECT_EQ(commit(kept, puts({{{1, 0}, std::string(60, 'x')}})).what, outcome::durable);
    EXPECT_EQ(commit(kept, puts({{{2, 0}, std::string(60, 'x')}})).what, outcome::full);
    EXPECT_EQ(kept.usage().used_bytes, 76u);
    EXPECT_EQ(kept.usage().capacity_bytes, 100u);
}

TEST(MemoryStore, CountsCommitsThatWriteSomething)
{
    memory_store kept = failing_at(2, fate::full);
    commit(kept, batch());
    commit(kept, puts({{{1, 0}, "a"}}));
    commit(kept, puts({{{1, 0}, "a"}}));
    EXPECT_EQ(kept.commits(), 2u);
}
}
