#include "store/lmdb/lmdb_store.hpp"

#include "store/lmdb/transaction.hpp"
#include "store_child.hpp"
#include "store_directory.hpp"
#include "store_fault_calls.hpp"
#include "store_journal.hpp"
#include "store_probe.hpp"

#include <algorithm>
#include <fcntl.h>
#include <gtest/gtest.h>

using namespace everstep::test;
using everstep::store::forked;
using everstep::store::snapshot;
using everstep::store::unreadable;
using fault = store_faults::fault;

namespace
{
class LmdbStore : public testing::Test
{
protected:
    LmdbStore() { commit(*store_, puts({{{1, 0}, "a"}})); }
    ~LmdbStore() override { store_faults::arm(fault::none); }

    outcome commit_with(fault what, int code = EIO)
    {
        store_faults::arm(what, code);
        return commit(*store_, rows_of(2, 300, std::string(500, 'b'))).what;
    }

    void open_again()
    {
        store_.reset();
        store_ = open_or_throw(home_.path());
    }

    bool ballast_carried() const { return std::filesystem::exists(home_ / "ballast"); }

    store_directory home_;
    std::unique_ptr<everstep::store::store> store_ = open_or_throw(home_.path());
};

// H1: flags that weaken a sync would be seen here.
TEST_F(LmdbStore, EveryCommitSyncsItsPagesAndThenItsMetaPage)
{
    const auto synced = store_faults::synced.load();
    const auto meta = store_faults::written_in_sync.load();
    for (int i = 0; i < 5; ++i)
        commit(*store_, puts({{{1, 0}, std::to_string(i)}}));
    EXPECT_EQ(store_faults::synced - synced, 5u);
    EXPECT_EQ(store_faults::written_in_sync - meta, 5u);
}

TEST_F(LmdbStore, NothingToWriteCostsNoSync)
{
    const auto synced = store_faults::synced.load();
    batch absent;
    absent.erase(table::history, {77, 77});
    EXPECT_EQ(commit(*store_, batch()).what, outcome::durable);
    EXPECT_EQ(commit(*store_, absent).what, outcome::durable);
    EXPECT_EQ(store_faults::synced, synced);
}

// H16
TEST(LmdbStoreCreation, ANewJournalAndEveryNewDirectoryAreSyncedIntoTheirParents)
{
    const store_directory home;
    std::vector<std::pair<dev_t, ino_t>> synced;
    store_faults::fsynced = &synced;
    const auto made = open_or_throw(home / "a/b");
    store_faults::fsynced = nullptr;
    for (const std::string& path : {home.path(), home / "a", home / "a/b"})
    {
        struct stat found = {};
        ASSERT_EQ(::stat(path.c_str(), &found), 0);
        EXPECT_TRUE(std::ranges::count(synced, std::pair(found.st_dev, found.st_ino)) > 0) << path;
    }
}

// H2
TEST_F(LmdbStore, AFailedSyncIsUnknown)
{
    EXPECT_EQ(commit_with(fault::sync), outcome::unknown);
}

TEST_F(LmdbStore, AFailedWriteIsUnknown)
{
    EXPECT_EQ(commit_with(fault::write), outcome::unknown);
}

TEST_F(LmdbStore, AShortWriteOnADiskWithRoomIsUnknown)
{
    EXPECT_EQ(commit_with(fault::short_write), outcome::unknown);
}

TEST_F(LmdbStore, TheTextNamesTheFunctionAndTheError)
{
    store_faults::arm(fault::sync);
    EXPECT_EQ(commit(*store_, puts({{{2, 0}, "b"}})).text, "mdb_txn_commit: Input/output error");
    EXPECT_EQ(commit(*store_, puts({{{3, 0}, "c"}})).text, "mdb_txn_commit: Input/output error");
}

TEST_F(LmdbStore, AfterAnUnknownCommitTheDiskIsNotTouched)
{
    commit_with(fault::sync);
    const auto synced = store_faults::synced.load();
    const auto meta = store_faults::written_in_sync.load();
    EXPECT_EQ(commit(*store_, puts({{{3, 0}, "c"}})).what, outcome::unknown);
    EXPECT_EQ(store_faults::synced, synced);
    EXPECT_EQ(store_faults::written_in_sync, meta);
}

TEST_F(LmdbStore, AfterAFailedSyncReopeningFindsTheCommitBefore)
{
    commit_with(fault::sync);
    open_again();
    EXPECT_EQ(rows(*store_).size(), 1u);
    EXPECT_EQ(commit(*store_, puts({{{3, 0}, "c"}})).what, outcome::durable);
}

// H3
TEST_F(LmdbStore, AFailedMetaWriteIsUnknown)
{
    EXPECT_EQ(commit_with(fault::meta_write), outcome::unknown);
    open_again();
    EXPECT_EQ(rows(*store_).size(), 1u);
}

TEST_F(LmdbStore, AMetaWriteThatFailsForWantOfSpaceIsUnknownAndNotFull)
{
    EXPECT_EQ(commit_with(fault::meta_write, ENOSPC), outcome::unknown);
}

TEST_F(LmdbStore, AMetaWriteThatWasDoneAndReportedFailedIsWholeOrAbsent)
{
    EXPECT_EQ(commit_with(fault::meta_write_and_lie), outcome::unknown);
    open_again();
    const auto found = rows(*store_).size();
    EXPECT_TRUE(found == 1 || found == 301) << found;
}

TEST_F(LmdbStore, AfterAFailedMetaWriteReadingSaysSo)
{
    commit_with(fault::meta_write);
    EXPECT_THROW(store_->read([](const snapshot&) {}), unreadable);
}

// H13
class LmdbStoreFull : public LmdbStore, public testing::WithParamInterface<std::pair<fault, int>>
{
};

TEST_P(LmdbStoreFull, IsFullAndTheSameCommitGoesInLater)
{
    EXPECT_EQ(commit_with(GetParam().first, GetParam().second), outcome::full);
    EXPECT_EQ(rows(*store_).size(), 1u);
    EXPECT_EQ(commit_with(fault::none), outcome::durable);
    open_again();
    EXPECT_EQ(rows(*store_).size(), 301u);
}

INSTANTIATE_TEST_SUITE_P(All, LmdbStoreFull,
                         testing::Values(std::pair(fault::write, ENOSPC), std::pair(fault::write, EDQUOT),
                                         std::pair(fault::write, EFBIG), std::pair(fault::sync, ENOSPC)));

TEST_F(LmdbStore, AFullDiskFreesTheBallastAndSaysSo)
{
    ASSERT_TRUE(ballast_carried());
    store_faults::arm(fault::write, ENOSPC);
    const auto result = commit(*store_, rows_of(2, 300, std::string(500, 'b')));
    EXPECT_FALSE(ballast_carried());
    EXPECT_NE(result.text.find("reserve"), std::string::npos) << result.text;
}

TEST_F(LmdbStore, TheBallastIsTakenOnAgainWhenThereIsSpace)
{
    commit_with(fault::write, ENOSPC);
    commit_with(fault::none);
    EXPECT_TRUE(ballast_carried());
}

TEST_F(LmdbStore, AFullMapKeepsTheBallast)
{
    store_.reset();
    const everstep::store::lmdb_options small = {.directory = home_.path(), .map_bytes = 1 << 20, .ballast_bytes = 1 << 20};
    store_ = open_or_throw(small);
    EXPECT_EQ(commit(*store_, rows_of(2, 2000, std::string(500, 'b'))).what, outcome::full);
    EXPECT_TRUE(ballast_carried());
}

TEST_F(LmdbStore, TheCapacityIsThatOfTheMap)
{
    EXPECT_EQ(store_->usage().capacity_bytes, 64u << 20);
}

TEST_F(LmdbStore, UsageIsTheSameAfterReopening)
{
    commit(*store_, rows_of(3, 1000, std::string(700, 'x')));
    const auto before = store_->usage().used_bytes;
    open_again();
    EXPECT_NEAR(static_cast<double>(store_->usage().used_bytes), static_cast<double>(before), 5 * 4096.0);
}

// H8: a reader of another process, killed in the middle.
TEST_F(LmdbStore, WhatAKilledReaderHeldIsFreed)
{
    using namespace everstep::store::lmdb;
    const store_directory elsewhere;
    const int ended = in_child([&]
    {
        const directory other(elsewhere.path(), directory::absent::refuse);
        const owner_lock lock(other.descriptor(), other.path());
        const std::uint64_t size = 64 << 20;
        const environment second(home_.path(), {&size, 1}, lock);
        const read_txn reading(second);
        return ::kill(::getpid(), SIGKILL);
    });
    ASSERT_EQ(ended, -SIGKILL);
    commit(*store_, puts({{{5, 0}, "x"}}));
    EXPECT_EQ(store_->usage().oldest_reader_lag, 1u);
    EXPECT_EQ(store_->check_readers(), 1u);
    EXPECT_EQ(store_->usage().oldest_reader_lag, 0u);
    EXPECT_EQ(store_->check_readers(), 0u);
}

// H10
TEST_F(LmdbStore, NoDescriptorOfItsFilesIsLeftToExecutedPrograms)
{
    int seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    {
        std::error_code gone;
        const auto target = std::filesystem::read_symlink(entry.path(), gone);
        if (gone || target.string().find(home_.path()) != 0)
            continue;
        ++seen;
        EXPECT_EQ(::fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC) << target;
    }
    EXPECT_GE(seen, 4); // owner.lock, lock.mdb, and data.mdb twice
}

TEST_F(LmdbStore, EveryCallOfAForkedChildIsRefused)
{
    EXPECT_EQ(in_child([&]
    {
        int refused = 0;
        const auto expect_refusal = [&](const auto& call)
        {
            try
            {
                call();
            }
            catch (const forked&)
            {
                ++refused;
            }
        };
        expect_refusal([&] { commit(*store_, puts({{{9, 0}, "x"}})); });
        expect_refusal([&] { store_->read([](const snapshot&) {}); });
        expect_refusal([&] { store_->usage(); });
        expect_refusal([&] { store_->check_readers(); });
        return refused;
    }), 4);
}

TEST_F(LmdbStore, AForkInTheMiddleOfAReadLeavesTheParentsReadAlone)
{
    std::optional<std::string> seen;
    store_->read([&](const snapshot& now)
    {
        const int refused = in_child([&]
        {
            try
            {
                now.get(table::history, {1, 0});
            }
            catch (const forked&)
            {
                return 1;
            }
            return 0;
        });
        if (refused == 1)
            seen = now.get(table::history, {1, 0});
    });
    EXPECT_EQ(seen, "a");
}

TEST_F(LmdbStore, AChildThatDestroysItsCopyLeavesTheParentWorking)
{
    EXPECT_EQ(in_child([&]
    {
        store_.reset();
        return 0;
    }), 0);
    EXPECT_EQ(commit(*store_, puts({{{9, 0}, "x"}})).what, outcome::durable);
    EXPECT_EQ(get(*store_, {9, 0}), "x");
}

TEST_F(LmdbStore, ALivingChildDoesNotHoldTheJournalOfItsParent)
{
    const waiting_child child;
    EXPECT_NO_THROW(open_again());
}
}
