// Real full disks: a limit of file size, which every user can set; and a small tmpfs, where mounting is allowed (root). The
// faults in lmdb_store_test cover the same decisions everywhere.

#include "store_child.hpp"
#include "store_directory.hpp"
#include "store_journal.hpp"
#include "store_probe.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <latch>
#include <sys/resource.h>
#include <thread>

using namespace everstep::test;
using why = everstep::store::open_failure::why;

namespace
{
constexpr std::uint64_t mebibyte = 1 << 20;

outcome commit_rows(everstep::store::store& into, std::uint64_t major, std::uint64_t bytes)
{
    return commit(into, rows_of(major, bytes / 2048, std::string(1000, 'x'))).what; // half a page each
}

/// Leaves so many bytes free.
void fill(const small_disk& disk, std::uint64_t left)
{
    std::ofstream filler(disk.path() + "/filler", std::ios::binary);
    const std::string block(4096, 'x');
    while (disk.free_bytes() >= left + block.size())
        filler << block << std::flush;
}

TEST(FullDisk, AtTheLimitOfFileSizeACommitIsFullAndGoesInWhenItIsRaised)
{
    const store_directory home;
    EXPECT_EQ(in_child([&]
    {
        ::signal(SIGXFSZ, SIG_IGN);
        const auto kept = open_or_throw(home.path());
        if (commit_rows(*kept, 1, mebibyte) != outcome::durable)
            return 1;
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = 2 * mebibyte + 1000; // in the middle of a page, so that the first failure is a short write
        ::setrlimit(RLIMIT_FSIZE, &limit);
        for (std::uint64_t i = 0; i < 2; ++i)
        {
            if (commit_rows(*kept, 2, 4 * mebibyte) != outcome::full || rows(*kept, table::history, {2, 0}).size() != 0)
                return 2;
        }
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_FSIZE, &limit);
        return commit_rows(*kept, 2, 4 * mebibyte) == outcome::durable ? 0 : 3;
    }), 0);
}

class SmallDisk : public testing::Test
{
protected:
    void SetUp() override
    {
        if (!disk_.mounted())
            std::fprintf(stderr, "no right to mount a tmpfs: this test looked at nothing\n");
    }
    std::unique_ptr<everstep::store::store> open() const { return open_or_throw(disk_.path() + "/journal"); }

    small_disk disk_{16 * mebibyte};
};

TEST_F(SmallDisk, WhatIsFullNowFinishesInTheSpaceOfTheBallast)
{
    if (!disk_.mounted())
        return;
    const auto kept = open();
    ASSERT_EQ(commit_rows(*kept, 1, mebibyte), outcome::durable);
    fill(disk_, 100'000);
    ASSERT_EQ(commit_rows(*kept, 2, mebibyte / 2), outcome::full);
    EXPECT_EQ(rows(*kept, table::history, {2, 0}).size(), 0u);
    EXPECT_EQ(commit_rows(*kept, 2, mebibyte / 2), outcome::durable);
}

TEST_F(SmallDisk, FullForLongItWorksAgainWhenThereIsSpace)
{
    if (!disk_.mounted())
        return;
    const auto kept = open();
    ASSERT_EQ(commit_rows(*kept, 1, mebibyte), outcome::durable);
    fill(disk_, 100'000);
    for (int i = 0; i < 10; ++i)
        ASSERT_EQ(commit_rows(*kept, 2, 4 * mebibyte), outcome::full);
    std::filesystem::remove(disk_.path() + "/filler");
    EXPECT_EQ(commit_rows(*kept, 2, 4 * mebibyte), outcome::durable);
    EXPECT_TRUE(std::filesystem::exists(disk_.path() + "/journal/ballast"));
}

TEST_F(SmallDisk, AFullDiskIsNoReasonNotToOpen)
{
    if (!disk_.mounted())
        return;
    commit_rows(*open(), 1, mebibyte);
    fill(disk_, 0);
    const auto kept = open();
    EXPECT_EQ(rows(*kept).size(), 512u);
}

// LMDB maps its lock file: a hole in it would be SIGBUS here.
TEST_F(SmallDisk, ManyReadersOnAFullDiskAreServed)
{
    if (!disk_.mounted())
        return;
    constexpr int readers = 150;
    const auto kept = open();
    commit_rows(*kept, 1, mebibyte);
    fill(disk_, 0);
    std::latch all(readers);
    std::vector<std::jthread> threads;
    for (int i = 0; i < readers; ++i)
        threads.emplace_back([&] { kept->read([&](const everstep::store::snapshot&) { all.arrive_and_wait(); }); });
    threads.clear();
    EXPECT_EQ(kept->usage().oldest_reader_lag, 0u);
}

TEST_F(SmallDisk, ANewJournalOnAFullDiskIsRefusedForWantOfSpace)
{
    if (!disk_.mounted())
        return;
    fill(disk_, 0);
    EXPECT_EQ(failure_of({.directory = disk_.path() + "/journal"}).what, why::no_space);
}
}
