// The scenarios of clock_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

constexpr base::time_us hour = 3600LL * 1'000'000;
constexpr base::time_us start_of_time = 1'000'000'000'000'000;

int until(fiber_context& ctx, std::int64_t when)
{
    ctx.sleep_until(fiber_context::time_point(std::chrono::microseconds(when)));
    return 1;
}

int for_an_hour(fiber_context& ctx, int)
{
    ctx.sleep_for(1h);
    return 1;
}

engine_stage::adder both()
{
    return [](detail::engine_core& core) {
        adds("until", until)(core);
        adds("for", for_an_hour)(core);
    };
}

TEST(FiberClockScenario, SleepsByBothClocksInEveryWay)
{
    const auto left = all_ways({both(), [](engine_stage& s) {
                                    s.start(for_an_hour, "a", 0);
                                    s.start(until, "b", start_of_time + 2 * hour);
                                    EXPECT_EQ(s.result(until, "b"), "1");
                                    EXPECT_EQ(s.result(for_an_hour, "a"), "1");
                                }});
    EXPECT_EQ(left.at("until/b").brief(), "started, timer_set, timer_fired, completed");
}

/// With runs in memory, and evicted.
class FiberClockScenarioOfJumps : public ::testing::TestWithParam<int>
{
protected:
    life_plan plan() const
    {
        return {.decide = {}, .change = [wait = GetParam()](engine_options& o) { o.resident_wait_max = std::chrono::milliseconds(wait); }};
    }
    engine_world world{std::make_unique<memory_disk>()};
};

TEST_P(FiberClockScenarioOfJumps, JumpForwardWakesSleepUntilAndNotSleepFor)
{
    engine_stage s(world, both(), plan());
    s.start(for_an_hour, "a", 0);
    s.start(until, "b", start_of_time + 2 * hour);
    s.until_has("until/b", "timer_set");
    s.until_has("for/a", "timer_set");
    s.until([&] { return s.time().alarm() != watched_time::never; }, false);
    s.time().set_wall(start_of_time + 3 * hour);
    const auto result = s.send({detail::request_kind::result, admission::wait, engine_stage::key_of(until), "b", {}});
    EXPECT_EQ(s.wait(result, false), "1");
    EXPECT_FALSE(s.run("for/a").has("timer_fired"));
    EXPECT_EQ(s.core().metrics().clock_jumps, 1u);
    EXPECT_EQ(s.result(for_an_hour, "a"), "1");
}

TEST_P(FiberClockScenarioOfJumps, JumpBackDelaysSleepUntilAndNotSleepFor)
{
    engine_stage s(world, both(), plan());
    s.start(for_an_hour, "a", 0);
    s.start(until, "b", start_of_time + 2 * hour);
    s.until_has("until/b", "timer_set");
    s.until([&] { return s.time().alarm() != watched_time::never; }, false);
    const base::time_us engine = s.time().now();
    s.time().set_wall(start_of_time - 10 * hour);
    const auto result = s.send({detail::request_kind::result, admission::wait, engine_stage::key_of(for_an_hour), "a", {}});
    s.time().advance_to(engine + hour);
    EXPECT_EQ(s.wait(result, false), "1");
    EXPECT_FALSE(s.run("until/b").has("timer_fired"));
    EXPECT_EQ(s.result(until, "b"), "1");
    EXPECT_GE(s.time().wall(), start_of_time + 2 * hour) << "not before the wall clock says so";
    EXPECT_GE(s.time().now(), engine + 12 * hour);
}

INSTANTIATE_TEST_SUITE_P(ResidentAndEvicted, FiberClockScenarioOfJumps, ::testing::Values(1000 * 3600 * 24 * 20, 0));

TEST(FiberClockScenario, EngineTimeNeverGoesBackBetweenOpens)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, both());
        s.start(for_an_hour, "a", 0);
        s.until_has("for/a", "timer_set");
    }
    const base::time_us set = world.look().at("for/a").entries[1].at;
    world.wall -= 100 * hour;
    engine_stage s(world, both());
    EXPECT_GE(s.time().now(), set);
    EXPECT_EQ(s.result(for_an_hour, "a"), "1");
    const engine_run run = s.run("for/a");
    EXPECT_GE(run.entries[2].at, run.entries[1].due);
    EXPECT_LT(run.entries[2].at, run.entries[1].due + hour) << "the clock of the machine went back: the sleep did not grow";
}

TEST(FiberClockScenario, TimeThatHasPassedIsNotWaitedForAndIsRecorded)
{
    engine_world world(std::make_unique<memory_disk>());
    engine_stage s(world, both());
    s.start(until, "past", -5);
    const auto result = s.send({detail::request_kind::result, admission::wait, engine_stage::key_of(until), "past", {}});
    EXPECT_EQ(s.wait(result, false), "1");
    EXPECT_EQ(s.run("until/past").brief(), "started, timer_set, timer_fired, completed");
}
}
}
