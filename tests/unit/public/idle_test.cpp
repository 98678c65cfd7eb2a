// An engine that has nothing to do wakes nobody: the kernel counts how often its threads have gone to wait.

#include "small_shop.hpp"
#include "store_directory.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

using thread_waits = std::map<std::string, std::uint64_t>; ///< by the thread's number

/// How often each thread of this process has gone to wait, but for `others`.
thread_waits count_waits(const thread_waits& others = {})
{
    constexpr std::string_view counter = "voluntary_ctxt_switches:";
    thread_waits counted;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task"))
    {
        const std::string number = thread.path().filename();
        std::ifstream status(thread.path() / "status");
        for (std::string line; std::getline(status, line);)
            if (line.starts_with(counter) && !others.contains(number))
                counted[number] = std::stoull(line.substr(counter.size()));
    }
    return counted;
}

/// Of the engine's threads, over a moment: what they did before has ended when a shorter one finds nothing.
thread_waits waits_over_a_moment(const thread_waits& others)
{
    thread_waits before = count_waits(others);
    for (int look = 0; look < 5; ++look)
    {
        std::this_thread::sleep_for(20ms);
        thread_waits now = count_waits(others);
        if (std::exchange(before, now) == now)
            break;
    }
    std::this_thread::sleep_for(200ms);
    thread_waits made = count_waits(others);
    for (auto& [thread, waits] : made)
        waits -= before[thread];
    std::erase_if(made, [](const auto& one) { return one.second == 0; });
    return made;
}

workflow<int> ends(context&, int from)
{
    co_return from;
}

workflow<int> sleeps(context& ctx, int from)
{
    co_await ctx.sleep_for(1h);
    co_return from;
}

TEST(IdleEngine, MakesNoWakeUpsInMemory)
{
    const thread_waits others = count_waits();
    small_shop shop;
    shop.start(sleeps, 1);
    EXPECT_EQ(waits_over_a_moment(others), thread_waits{});
}
TEST(IdleEngine, MakesNoWakeUpsOnDisk)
{
    const thread_waits others = count_waits();
    const store_directory journal;
    small_shop shop(journal.path());
    shop.start(sleeps, 1);
    EXPECT_EQ(waits_over_a_moment(others), thread_waits{});
}
TEST(IdleEngine, MakesNoWakeUpsWhileFinishedRunsWaitToBeDeleted)
{
    const thread_waits others = count_waits();
    small_shop shop(":memory:", [](engine_options& o) { o.keep_finished = 0ms; });
    shop->add("ends", ends);
    shop->open();
    shop->start(ends, "a", 1);
    EXPECT_EQ(waits_over_a_moment(others), thread_waits{});
}
TEST(IdleEngine, HasThreadsThatAreCounted)
{
    const thread_waits others = count_waits();
    small_shop shop;
    shop.start(sleeps, 1);
    EXPECT_GE(count_waits(others).size(), 3u); // shard, committer, io
}
}
}
