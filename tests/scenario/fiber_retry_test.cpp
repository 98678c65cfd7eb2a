// The scenarios of retry_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

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

constexpr step_options patient{.retry = {.first = 10s, .factor = 3, .longest = 1h, .jitter = 0, .attempts = 3}};

std::string third_time(fiber_context& ctx, int)
{
    return ctx.step("call", patient, [&](attempt& a) -> std::string {
        did(a, ctx.run_id(), "call");
        if (a.number() < 3)
            throw std::runtime_error("busy " + std::to_string(a.number()));
        return "done";
    });
}

TEST(FiberRetryScenario, AttemptsGoOnWhereTheyStoodAndAreNeverEarly)
{
    const auto left = all_ways({adds("third", third_time), [](engine_stage& s) {
                                    s.start(third_time, "a", 0);
                                    EXPECT_EQ(s.result(third_time, "a"), "\"done\"");
                                }});
    const engine_run& run = left.at("third/a");
    EXPECT_EQ(run.brief(), "started, step_retry call, step_retry call, step_done call, completed");
    EXPECT_EQ(run.entries[1].due - run.entries[1].at, 10'000'000);
    EXPECT_EQ(run.entries[2].due - run.entries[2].at, 30'000'000);
    EXPECT_EQ(run.entries[3].attempts, 3u);
}

std::string exhausted(fiber_context& ctx, int)
{
    try
    {
        ctx.step("call", patient, [&](attempt& a) {
            did(a, ctx.run_id(), "call");
            throw std::runtime_error("busy");
        });
    }
    catch (const step_failed& e)
    {
        return e.code() + "|" + e.text() + "|" + e.step() + "|" + e.path() + "|" + std::to_string(e.attempts());
    }
    return "no failure";
}

TEST(FiberRetryScenario, ExhaustedAttemptsAreCaughtAsStepFailed)
{
    const auto left = all_ways({adds("exhausted", exhausted), [](engine_stage& s) {
                                    s.start(exhausted, "a", 0);
                                    EXPECT_EQ(s.result(exhausted, "a"), "\"std::runtime_error|busy|call|0|3\"");
                                }});
    EXPECT_EQ(left.at("exhausted/a").brief(), "started, step_retry call, step_retry call, step_failed call, completed");
}

void declined(fiber_context& ctx, int)
{
    ctx.step("pay", patient, [&](attempt& a) {
        did(a, ctx.run_id(), "pay");
        throw permanent_error("no_money", "the card is empty");
    });
}

TEST(FiberRetryScenario, PermanentErrorIsNotTriedAgainAndFailsTheRun)
{
    const auto left = all_ways({adds("declined", declined), [](engine_stage& s) {
                                    s.start(declined, "a", 0);
                                    EXPECT_EQ(s.result(declined, "a"), "failed no_money: the card is empty");
                                    EXPECT_EQ(s.reply(declined, "a"), "failed no_money: the card is empty");
                                }});
    EXPECT_EQ(left.at("declined/a").brief(), "started, step_failed pay, failed");
}

int asked_to_wait(fiber_context& ctx, int)
{
    return ctx.step("call", [&](attempt& a) {
        did(a, ctx.run_id(), "call");
        if (a.number() == 1)
            throw retry_after(90s);
        return 7;
    });
}

TEST(FiberRetryScenario, RetryAfterSetsTheNextAttempt)
{
    const auto left = all_ways({adds("later", asked_to_wait), [](engine_stage& s) {
                                    s.start(asked_to_wait, "a", 0);
                                    EXPECT_EQ(s.result(asked_to_wait, "a"), "7");
                                }});
    const engine_run& run = left.at("later/a");
    EXPECT_EQ(run.brief(), "started, step_retry call, step_done call, completed");
    EXPECT_EQ(run.entries[1].due - run.entries[1].at, 90'000'000);
}

constexpr step_options hurried{.retry = {.attempts = 1}, .timeout = 2s};

std::string too_slow(fiber_context& ctx, int)
{
    try
    {
        ctx.step("call", hurried, [&](attempt& a) {
            did(a, ctx.run_id(), "call");
            if (!a.use<engine_effects>().wait_for_stop(a))
                throw std::logic_error("the gate is open");
            throw std::runtime_error("stopped");
        });
    }
    catch (const timed_out& e)
    {
        return e.text();
    }
    return "no time-out";
}

TEST(FiberRetryScenario, TimeOutAsksTheBodyToStopAndIsThrownAsTimedOut)
{
    const auto left = crashed_ways({adds("slow", too_slow), [](engine_stage& s) {
                                        s.start(too_slow, "a", 0);
                                        EXPECT_EQ(s.result(too_slow, "a"), "\"no result within 2000 ms; the body ended with "
                                                                           "std::runtime_error: stopped\"");
                                    }});
    EXPECT_EQ(left.at("slow/a").brief(), "started, step_failed call, completed");
}

constexpr step_options late{.timeout = 2s};

std::string late_but_done(fiber_context& ctx, int)
{
    return ctx.step("call", late, [&](attempt& a) {
        did(a, ctx.run_id(), "call");
        return std::string(a.use<engine_effects>().wait_for_stop(a) ? "late" : "early");
    });
}

TEST(FiberRetryScenario, ResultThatComesAfterTheTimeOutCounts)
{
    all_ways({adds("late", late_but_done), [](engine_stage& s) {
                  s.start(late_but_done, "a", 0);
                  EXPECT_EQ(s.result(late_but_done, "a"), "\"late\"");
              }});
}

constexpr step_options choosy{.retry = {.again = [](std::string_view code, std::string_view) { return code != "std::logic_error"; }}};

int predicate(fiber_context& ctx, int)
{
    return ctx.step("call", choosy, [&](attempt& a) -> int {
        did(a, ctx.run_id(), "call");
        if (a.number() == 1)
            throw std::runtime_error("try again");
        throw std::logic_error("do not");
    });
}

TEST(FiberRetryScenario, PredicateEndsTheAttempts)
{
    const auto left = all_ways({adds("choosy", predicate), [](engine_stage& s) {
                                    s.start(predicate, "a", 0);
                                    EXPECT_EQ(s.result(predicate, "a"), "failed std::logic_error: do not");
                                }});
    EXPECT_EQ(left.at("choosy/a").brief(), "started, step_retry call, step_failed call, failed");
}

constexpr step_options bounded{.retry = {.first = 10s, .factor = 1, .jitter = 0, .attempts = 0, .total = 25s}};

int limited_time(fiber_context& ctx, int)
{
    return ctx.step("call", bounded, [&](attempt& a) -> int {
        did(a, ctx.run_id(), "call");
        throw std::runtime_error("busy");
    });
}

TEST(FiberRetryScenario, TotalTimeEndsTheAttempts)
{
    const auto left = all_ways({adds("bounded", limited_time), [](engine_stage& s) {
                                    s.start(limited_time, "a", 0);
                                    EXPECT_EQ(s.result(limited_time, "a"), "failed std::runtime_error: busy");
                                }});
    EXPECT_EQ(left.at("bounded/a").brief(), "started, step_retry call, step_retry call, step_failed call, failed");
}

constexpr step_options insistent{.retry = {.first = 10s, .factor = 1, .jitter = 0, .attempts = 2, .when_exhausted = exhausted::park_run}};

std::string parks_when_exhausted(fiber_context& ctx, int)
{
    ctx.sleep_for(1h);
    return ctx.step("call", insistent, [&](attempt& a) -> std::string {
        did(a, ctx.run_id(), "call");
        if (!a.use<engine_effects>().bank_is_open)
            throw std::runtime_error("busy");
        return "done";
    });
}

TEST(FiberRetryScenario, ExhaustedAttemptsParkTheRunUntilItIsResumed)
{
    const std::string parked = "failed retries_exhausted: the run is parked: step 'call' (fiber_retry_test.cpp:";
    const auto left = all_ways({adds("parking", parks_when_exhausted), [=](engine_stage& s) {
                                    s.effects().attempts_may_begin_anew();
                                    s.start(parks_when_exhausted, "a", 0);
                                    if (!s.run("parking/a").has("resumed"))
                                    {
                                        EXPECT_EQ(s.result(parks_when_exhausted, "a").find(parked), 0u);
                                        const run_status now = s.status(parks_when_exhausted, "a");
                                        EXPECT_EQ(now.reason, "retries_exhausted");
                                        EXPECT_NE(now.text.find(" at 1 has run out of attempts or time (attempts: 2): std::runtime_error: busy"),
                                                  std::string::npos);
                                        s.effects().bank_is_open = true;
                                        EXPECT_EQ(s.resume(parks_when_exhausted, "a", "the bank is open"), "ok");
                                    }
                                    EXPECT_EQ(s.result(parks_when_exhausted, "a"), "\"done\"");
                                }});
    EXPECT_EQ(left.at("parking/a").brief(), "started, timer_set, timer_fired, step_retry call, step_retry call, resumed, step_done call, completed");
}

constexpr step_options all_in_all{.retry = {.first = 10s, .factor = 1, .jitter = 0, .attempts = 0}, .total_timeout = 25s};

std::string within_total(fiber_context& ctx, int)
{
    try
    {
        ctx.step("call", all_in_all, [&](attempt& a) {
            did(a, ctx.run_id(), "call");
            throw std::runtime_error("busy");
        });
    }
    catch (const timed_out& e)
    {
        return e.text() + "|" + std::to_string(e.attempts());
    }
    return "no time-out";
}

TEST(FiberRetryScenario, TotalTimeOutCountsThroughEverything)
{
    const auto left = all_ways({adds("total", within_total), [](engine_stage& s) {
                                    s.start(within_total, "a", 0);
                                    for (std::size_t failed = 1; failed < 3; ++failed)
                                    {
                                        s.until_has("total/a", "step_retry call", failed);
                                        s.time().advance_to(s.run("total/a").entries[failed].due);
                                    }
                                    s.until_has("total/a", "step_failed call");
                                    EXPECT_EQ(s.result(within_total, "a"), "\"no result within 25000 ms over all attempts; the last one ended with "
                                                                           "std::runtime_error: busy|3\"");
                                }});
    EXPECT_EQ(left.at("total/a").brief(), "started, step_retry call, step_retry call, step_failed call, completed");
}

constexpr step_options beating{.retry = {.first = 10s, .jitter = 0, .attempts = 2}, .heartbeat_timeout = 2s};

std::string falls_silent(fiber_context& ctx, int)
{
    return ctx.step("import", beating, [&](attempt& a) -> std::string {
        did(a, ctx.run_id(), "import");
        if (const auto row = a.last_progress<int>())
            return "went on at " + std::to_string(*row);
        a.heartbeat(417);
        if (!a.use<engine_effects>().wait_for_stop(a))
            throw std::logic_error("the gate is open");
        throw std::runtime_error("stopped");
    });
}

TEST(FiberRetryScenario, SilentAttemptTimesOutAndTheNextGoesOnWhereItStood)
{
    const auto left = crashed_ways({adds("silent", falls_silent), [](engine_stage& s) {
                                        s.start(falls_silent, "a", 0);
                                        EXPECT_EQ(s.result(falls_silent, "a"), "\"went on at 417\"");
                                    }});
    const engine_run& run = left.at("silent/a");
    EXPECT_EQ(run.brief(), "started, step_retry import, step_done import, completed");
    EXPECT_EQ(run.entries[1].code, "timed_out");
    EXPECT_EQ(run.entries[1].text, "no heartbeat within 2000 ms; the body ended with std::runtime_error: stopped");
    EXPECT_EQ(run.entries[1].payload, "417");
}
}
}
