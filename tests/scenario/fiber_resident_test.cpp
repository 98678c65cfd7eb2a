// The scenarios of resident_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

int naps(fiber_context& ctx, int n)
{
    int sum = n;
    for (int nap = 0; nap < 3; ++nap)
    {
        sum = ctx.step("add", [&](attempt& a) {
            did(a, ctx.run_id(), "add");
            return sum + 1;
        });
        ctx.sleep_for(1h);
    }
    return sum;
}

TEST(FiberResidentScenario, FiftyRunsGoThroughTwoFrames)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, adds("naps", naps), {.decide = {}, .change = [](engine_options& o) { o.resident_runs_max = 2; }});
        for (int n = 0; n < 50; ++n)
            EXPECT_EQ(s.start(naps, std::to_string(n), n), "ok");
        for (int n = 0; n < 50; ++n)
            EXPECT_EQ(s.result(naps, std::to_string(n)), std::to_string(n + 3));
        EXPECT_GE(s.core().metrics().runs_evicted, 48u);
        EXPECT_LE(s.core().metrics().runs_resident, 2u);
    }
    EXPECT_EQ(world.effects.violations(), std::vector<std::string>{});
    EXPECT_EQ(world.effects.calls().size(), 150u);
    for (const auto& [name, run] : world.look())
        EXPECT_EQ(run.brief(), "started, step_done add, timer_set, timer_fired, step_done add, timer_set, timer_fired, step_done add, "
                               "timer_set, timer_fired, completed") << name;
}

int sleeps(fiber_context& ctx, int n)
{
    ctx.sleep_for(std::chrono::seconds(3600 + n));
    return n;
}

TEST(FiberResidentScenario, ThousandSleepingRunsSurviveAnOpenAndWakeOnce)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, adds("sleeps", sleeps));
        std::vector<std::shared_ptr<engine_stage::pending>> starts;
        for (int n = 0; n < 1000; ++n)
            starts.push_back(
                s.send({detail::request_kind::start, admission::wait, engine_stage::key_of(sleeps), std::to_string(n), std::to_string(n)}));
        for (const auto& one : starts)
            EXPECT_EQ(s.wait(one, false), "ok");
        EXPECT_EQ(s.start(sleeps, "0", 0), "ok"); // comes behind all that those starts left to do
        EXPECT_EQ(s.core().metrics().runs_evicted, 1000u);
        EXPECT_EQ(s.core().metrics().runs_resident, 0u) << "a sleeping run costs no memory";
    }
    {
        engine_stage s(world, adds("sleeps", sleeps));
        for (int n = 0; n < 1000; ++n)
            EXPECT_EQ(s.result(sleeps, std::to_string(n)), std::to_string(n));
        EXPECT_EQ(s.core().metrics().timers_fired, 1000u);
    }
    for (const auto& [name, run] : world.look())
    {
        ASSERT_EQ(run.brief(), "started, timer_set, timer_fired, completed") << name;
        ASSERT_GE(run.entries[2].at, run.entries[1].due) << name;
    }
}

constexpr std::size_t megabyte = 1u << 20;

std::size_t large(replying_fiber_context<std::string>& ctx, std::size_t bytes)
{
    // With its quotes the text is as many bytes as asked for.
    const std::string made = ctx.step("make", [&] { return std::string(bytes - 2, 'x'); });
    ctx.reply(made);
    ctx.sleep_for(1h);
    return made.size();
}

TEST(FiberResidentScenario, PayloadInManyChunksIsKeptInEveryWay)
{
    all_ways({adds("large", large), [](engine_stage& s) {
                  s.start(large, "a", 50'000);
                  EXPECT_EQ(s.reply(large, "a").size(), 50'000u);
                  EXPECT_EQ(s.result(large, "a"), "49998");
              }});
}

TEST(FiberResidentScenario, PayloadOfOneMegabyteIsKept)
{
    engine_world world(std::make_unique<lmdb_disk>());
    {
        engine_stage s(world, adds("large", large));
        s.start(large, "a", megabyte);
        EXPECT_EQ(s.reply(large, "a").size(), megabyte);
    }
    engine_stage s(world, adds("large", large));
    EXPECT_EQ(s.reply(large, "a").size(), megabyte);
    EXPECT_EQ(s.result(large, "a"), std::to_string(megabyte - 2));
}

TEST(FiberResidentScenario, PayloadAboveTheLimitFailsItsStepForGood)
{
    engine_world world(std::make_unique<memory_disk>());
    engine_stage s(world, adds("large", large));
    s.start(large, "a", megabyte + 1);
    EXPECT_EQ(s.result(large, "a").find("failed limit: the result has 1048577 bytes, the limit is 1048576"), 0u) << s.result(large, "a");
}

std::string echo(fiber_context&, std::string text)
{
    return text;
}

int long_reply(replying_fiber_context<std::string>& ctx, std::size_t bytes)
{
    ctx.reply(std::string(bytes - 2, 'y'));
    return 1;
}

TEST(FiberResidentScenario, InputReplyAndResultHaveTheSameLimit)
{
    engine_world world(std::make_unique<memory_disk>());
    const auto add = [](detail::engine_core& core) {
        adds("echo", echo)(core);
        adds("long", long_reply)(core);
    };
    engine_stage s(world, add, {.decide = {}, .change = [](engine_options& o) { o.payload_bytes_max = 1000; }});
    EXPECT_EQ(s.start(echo, "below", std::string(998, 'z')), "ok");
    EXPECT_EQ(s.result(echo, "below").size(), 1000u);
    EXPECT_EQ(s.start(echo, "above", std::string(999, 'z')),
              "refused limit: an input of 1001 bytes is over payload_bytes_max (1000): keep it outside and pass a reference");
    s.start(long_reply, "below", 1000);
    EXPECT_EQ(s.reply(long_reply, "below").size(), 1000u);
    s.start(long_reply, "above", 1001);
    EXPECT_EQ(s.reply(long_reply, "above"),
              "failed limits: the run is parked: a payload of 1001 bytes in reply (fiber_resident_test.cpp:135) is over payload_bytes_max (1000)");
    EXPECT_EQ(s.start(echo, std::string(255, 'i'), "x"), "ok");
    EXPECT_EQ(s.start(echo, std::string(256, 'i'), "x"), "refused limit: a run id has 1 to 255 bytes, this one has 256");
    EXPECT_EQ(s.start(echo, "", "x"), "refused limit: a run id has 1 to 255 bytes, this one has 0");
}

int long_history(fiber_context& ctx, int steps)
{
    for (int n = 0; n < steps; ++n)
        ctx.step("more", [] {});
    return steps;
}

TEST(FiberResidentScenario, HistoryAtItsLimitParksAndGoesOnWithAHigherOne)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, adds("long", long_history), {.decide = {}, .change = [](engine_options& o) { o.history_entries_max = 20; }});
        s.start(long_history, "a", 40);
        s.start(long_history, "b", 10);
        EXPECT_EQ(s.result(long_history, "a").find("failed limits: the run is parked: its history is at its limit"), 0u);
        EXPECT_EQ(s.result(long_history, "b"), "10");
        EXPECT_EQ(s.resume(long_history, "a"), "refused limit: 'long/a' has a history at its limit: raise the limit it was parked for");
        EXPECT_EQ(s.status(long_history, "a").reason, "limits");
    }
    engine_stage s(world, adds("long", long_history));
    EXPECT_EQ(s.resume(long_history, "a"), "ok");
    EXPECT_EQ(s.result(long_history, "a"), "40");
}

int endless(fiber_context& ctx, int)
{
    for (;;)
        ctx.sleep_for(0s);
}

TEST(FiberResidentScenario, LoopWithoutEndParksAndOthersGoOn)
{
    engine_world world(std::make_unique<memory_disk>());
    const auto add = [](detail::engine_core& core) {
        adds("endless", endless)(core);
        adds("long", long_history)(core);
    };
    engine_stage s(world, add, {.decide = {}, .change = [](engine_options& o) { o.history_entries_max = 500; }});
    s.start(endless, "a", 0);
    s.start(long_history, "b", 3);
    EXPECT_EQ(s.result(endless, "a").find("failed limits: the run is parked: "), 0u) << s.result(endless, "a");
    EXPECT_EQ(s.result(long_history, "b"), "3");
    EXPECT_EQ(s.run("endless/a").brief(), "started") << "nothing of the turn is written";
}
}
}
