#include "engine/inflight_map.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace
{
using everstep::core::inflight_map;
using suspects = std::vector<inflight_map::suspect>;

class InflightMap : public testing::Test
{
protected:
    InflightMap()
    {
        std::string name = std::filesystem::temp_directory_path() / "everstep_XXXXXX";
        folder_ = ::mkdtemp(name.data());
        path_ = folder_ / "inflight.map";
    }
    ~InflightMap() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<inflight_map> open(std::uint32_t slots = 64) { return std::make_unique<inflight_map>(path_, slots); }

    /// As a killed process leaves it: the file keeps what was in its slots.
    void die_with(std::initializer_list<std::pair<std::uint64_t, std::uint64_t>> in_flight, std::uint32_t slots = 64)
    {
        inflight_map map(path_, slots);
        std::uint32_t hint = 0;
        for (const auto& [run, step] : in_flight)
            map.acquire(run, step, hint);
    }

    std::filesystem::path folder_;
    std::string path_;
};

TEST_F(InflightMap, NewFileHoldsNothing)
{
    const auto map = open();
    EXPECT_TRUE(map->found().empty());
    EXPECT_EQ(map->trouble(), "");
}

TEST_F(InflightMap, FileIsForItsOwnerAlone)
{
    open();
    EXPECT_EQ(std::filesystem::status(path_).permissions(), std::filesystem::perms{0600});
}

TEST_F(InflightMap, FinishedBodyLeavesNothing)
{
    {
        const auto map = open();
        std::uint32_t hint = map->next_hint();
        map->release(map->acquire(5, 7, hint), hint);
    }
    EXPECT_TRUE(open()->found().empty());
}

TEST_F(InflightMap, BodyInFlightCountsAsOneDeath)
{
    die_with({{5, 7}});
    EXPECT_EQ(open()->found(), (suspects{{5, 7, 1}}));
}

TEST_F(InflightMap, KilledProcessLeavesItsBodiesBehind)
{
    const pid_t child = ::fork();
    if (child == 0)
    {
        inflight_map map(path_, 64);
        std::uint32_t hint = 0;
        map.acquire(5, 7, hint);
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(open()->found(), (suspects{{5, 7, 1}}));
}

TEST_F(InflightMap, SameStepInTwoSlotsIsOneDeath)
{
    die_with({{5, 7}, {5, 7}});
    EXPECT_EQ(open()->found(), (suspects{{5, 7, 1}}));
}

TEST_F(InflightMap, DeathsAddUpOverOpens)
{
    die_with({{5, 7}, {6, 7}});
    die_with({{5, 7}});
    EXPECT_EQ(open()->found(), (suspects{{5, 7, 2}, {6, 7, 1}}));
}

TEST_F(InflightMap, DeathsStayWhileTheStepHasNoResult)
{
    die_with({{5, 7}});
    open();
    EXPECT_EQ(open()->found(), (suspects{{5, 7, 1}}));
}

TEST_F(InflightMap, RecordedResultClearsTheStepAlone)
{
    die_with({{5, 7}, {5, 8}});
    open()->clear(5, 7);
    EXPECT_EQ(open()->found(), (suspects{{5, 8, 1}}));
}

TEST_F(InflightMap, ResumedRunIsClearedWhole)
{
    die_with({{5, 7}, {5, 8}, {6, 7}});
    open()->clear_run(5);
    EXPECT_EQ(open()->found(), (suspects{{6, 7, 1}}));
}

TEST_F(InflightMap, FullMapLetsBodiesRunUnwatched)
{
    const auto map = open(2);
    std::uint32_t hint = 0;
    EXPECT_NE(map->acquire(1, 1, hint), 0U);
    EXPECT_NE(map->acquire(2, 1, hint), 0U);
    const std::uint32_t none = map->acquire(3, 1, hint);
    EXPECT_EQ(none, 0U);
    map->release(none, hint);
}

TEST_F(InflightMap, ReleasedSlotIsUsedAgain)
{
    const auto map = open(1);
    std::uint32_t hint = 0;
    for (std::uint64_t run = 1; run < 100; ++run)
    {
        const std::uint32_t slot = map->acquire(run, 1, hint);
        ASSERT_EQ(slot, 1U);
        map->release(slot, hint);
    }
}

TEST_F(InflightMap, ThreadsNeverShareASlot)
{
    const auto map = open(4);
    std::atomic<int> users[4]{};
    std::atomic<bool> shared{};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back(
            [&]
            {
                std::uint32_t hint = map->next_hint();
                for (std::uint64_t run = 1; run < 20'000; ++run)
                {
                    const std::uint32_t slot = map->acquire(run, 1, hint);
                    if (slot == 0)
                        continue;
                    if (users[slot - 1].fetch_add(1) != 0)
                        shared = true;
                    users[slot - 1].fetch_sub(1);
                    map->release(slot, hint);
                }
            });
    for (auto& thread : threads)
        thread.join();
    EXPECT_FALSE(shared);
}

TEST_F(InflightMap, DamagedFileIsAnEmptyOne)
{
    die_with({{5, 7}});
    std::fstream(path_, std::ios::in | std::ios::out).seekp(8).put('\x55');
    EXPECT_TRUE(open()->found().empty());
}

TEST_F(InflightMap, DamagedCountIsForgotten)
{
    die_with({{5, 7}, {6, 7}});
    open(); // now the counts are records
    std::fstream(path_, std::ios::in | std::ios::out).seekp(4096 + 16).put('\x55');
    EXPECT_EQ(open()->found(), (suspects{{6, 7, 1}}));
}

TEST_F(InflightMap, CutFileIsAnEmptyOne)
{
    die_with({{5, 7}});
    std::filesystem::resize_file(path_, 5000);
    EXPECT_TRUE(open()->found().empty());
}

TEST_F(InflightMap, SmallerMapKeepsTheWorstSuspects)
{
    die_with({{1, 1}, {2, 1}, {3, 1}});
    die_with({{2, 1}});
    EXPECT_EQ(open(1)->found(), (suspects{{2, 1, 2}}));
}

TEST_F(InflightMap, FolderThatIsNotThereIsReportedAndNothingIsWatched)
{
    inflight_map map((folder_ / "absent" / "inflight.map").string(), 64);
    std::uint32_t hint = 0;
    EXPECT_NE(map.trouble().find("No such file"), std::string::npos);
    EXPECT_EQ(map.acquire(1, 1, hint), 0U);
}

TEST_F(InflightMap, MapOfAMemoryJournalWatchesNothing)
{
    inflight_map map;
    std::uint32_t hint = map.next_hint();
    EXPECT_EQ(map.acquire(1, 1, hint), 0U);
    map.release(0, hint);
    map.clear(1, 1);
    EXPECT_TRUE(map.found().empty());
}
}
