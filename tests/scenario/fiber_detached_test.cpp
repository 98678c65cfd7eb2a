// The scenarios of detached_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

constexpr step_options patient{.retry = {.first = 10s, .factor = 1, .jitter = 0, .attempts = 3}};

std::string call(attempt& a, const std::string& run, int cents)
{
    did(a, run, "call");
    if (a.number() == 1)
        throw std::runtime_error("busy");
    return "paid " + std::to_string(cents);
}

std::string calls(fiber_context& ctx, int cents)
{
    ctx.sleep_for(1h);
    return ctx.detached("call", patient, call, ctx.run_id(), cents);
}

TEST(FiberDetachedScenario, ActivityIsAStepWithItsArguments)
{
    const auto left = all_ways({adds("detached", calls), [](engine_stage& s) {
                                    s.start(calls, "a", 5);
                                    EXPECT_EQ(s.result(calls, "a"), "\"paid 5\"");
                                }});
    const engine_run& run = left.at("detached/a");
    EXPECT_EQ(run.brief(), "started, timer_set, timer_fired, step_retry call, step_done call, completed");
    EXPECT_EQ(run.entries[4].args, R"(["a",5])");
}

constexpr step_options hurried{.retry = {.attempts = 1}, .timeout = 2s};

int waits(attempt& a, const std::string& run)
{
    did(a, run, "wait");
    a.use<engine_effects>().wait_for_stop(a);
    return 1;
}

std::string runs_out_of_time(fiber_context& ctx, int)
{
    try
    {
        ctx.detached("wait", hurried, waits, ctx.run_id());
    }
    catch (const timed_out&)
    {
        return "left behind";
    }
    return "waited for";
}

TEST(FiberDetachedScenario, WhatComesAfterTheTimeOutIsDropped)
{
    const auto left = crashed_ways({adds("late", runs_out_of_time), [](engine_stage& s) {
                                        s.start(runs_out_of_time, "a", 0);
                                        EXPECT_EQ(s.result(runs_out_of_time, "a"), "\"left behind\"");
                                    }});
    EXPECT_EQ(left.at("late/a").brief(), "started, step_failed wait, completed");
}
}
}
