// Turns: attempts that fail, time out or are cancelled, timers, crash loops, and runs that reach a limit.

#include "fake_host.hpp"

#include <everstep/context.hpp>
#include <everstep/saga.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
using detail::request_kind;
using test::fake_host;

constexpr base::time_us second = 1'000'000;

/// What the bodies of these tests do; set by each test.
struct bodies
{
    std::function<int(attempt&)> first;
    std::vector<std::string> undone;
};

constexpr step_options once_a_second{.retry = {.first = 1s, .factor = 1, .jitter = 0, .attempts = 3}};
constexpr step_options timed{.retry = {.first = 1s, .factor = 1, .jitter = 0, .attempts = 3}, .timeout = 5s};
constexpr step_options once_timed{.retry = {.attempts = 1}, .timeout = 5s};

workflow<int> retried(context& ctx, int)
{
    co_return co_await ctx.step("first", once_a_second, [&](attempt& a) { return a.use<bodies>().first(a); });
}

workflow<int> with_timeout(context& ctx, int)
{
    co_return co_await ctx.step("first", timed, [&](attempt& a) { return a.use<bodies>().first(a); });
}

workflow<int> with_one_timeout(context& ctx, int)
{
    co_return co_await ctx.step("first", once_timed, [&](attempt& a) { return a.use<bodies>().first(a); });
}

workflow<int> plain(context& ctx, int)
{
    co_return co_await ctx.step("first", [&](attempt& a) { return a.use<bodies>().first(a); });
}

constexpr retry_policy asks_and_throws{.first = 1s, .attempts = 3, .again = [](std::string_view, std::string_view) -> bool { throw 1; }};
constexpr step_options with_thrower{.retry = asks_and_throws};

workflow<int> policy_throws(context& ctx, int)
{
    co_return co_await ctx.step("first", with_thrower, [&](attempt& a) { return a.use<bodies>().first(a); });
}

constexpr auto undo_of = [](attempt& a, services& use, const int&) {
    use.get<bodies>().undone.push_back("first");
    if (a.number() == 1)
        throw std::runtime_error("not yet");
    if (a.number() == 3)
        throw permanent_error("jammed", "by sand");
};

workflow<int> undone(context& ctx, int)
{
    saga undo{ctx};
    co_await undo.step("first", [&](attempt& a) { return a.use<bodies>().first(a); }, undo_of);
    throw permanent_error("broke", "no money");
}

workflow<int> naps_without_end(context& ctx, int)
{
    for (;;)
        co_await ctx.sleep_for(0s);
}

workflow<int> steps_without_end(context& ctx, int)
{
    for (;;)
        co_await ctx.step("first", [] { return 1; });
}

class ShardTurns : public testing::Test
{
protected:
    ShardTurns() { open(); }

    void open(std::unique_ptr<store::memory_store> left = nullptr)
    {
        host_ = std::make_unique<fake_host>(std::move(left));
        host_->add("retried", retried);
        host_->add("with_timeout", with_timeout);
        host_->add("with_one_timeout", with_one_timeout);
        host_->add("plain", plain);
        host_->add("policy_throws", policy_throws);
        host_->add("undone", undone);
        host_->add("naps_without_end", naps_without_end);
        host_->add("steps_without_end", steps_without_end);
        host_->given.add(bodies_);
    }
    fake_host& started()
    {
        host_->start();
        return *host_;
    }
    void fail() { bodies_.first = [](attempt&) -> int { throw std::runtime_error("no line"); }; }
    void succeed()
    {
        bodies_.first = [](attempt& a) { return static_cast<int>(a.number()); };
    }
    /// Lets the next attempt fail, and waits until its retry is armed.
    base::time_us fail_next(fake_host& host)
    {
        fail();
        host.finish(host.take_job());
        host.settle(plain); // an alarm of another kind may be armed already
        return host.clock().await_alarm();
    }

    bodies bodies_;
    std::unique_ptr<fake_host> host_;
};

// Retries.

TEST_F(ShardTurns, FailedAttemptIsTriedAgainLater)
{
    fake_host& host = started();
    host.start(retried, "a", 1);
    EXPECT_EQ(fail_next(host), fake_host::begin_of_time + second);
    EXPECT_EQ(host.jobs(), 0u);
    host.clock().advance_by(second);
    succeed();
    host.finish(host.take_job());
    EXPECT_EQ(host.result(retried, "a")->text(), "2");
}

TEST_F(ShardTurns, LastAttemptThatFailsIsFinal)
{
    fake_host& host = started();
    host.start(retried, "a", 1);
    fail_next(host);
    host.clock().advance_by(second);
    fail_next(host);
    host.clock().advance_by(second);
    host.finish(host.take_job());
    EXPECT_EQ(host.result(retried, "a")->text(), "failed std::runtime_error: no line");
}

TEST_F(ShardTurns, AttemptsCountOnAfterACrash)
{
    fake_host& host = started();
    host.start(retried, "a", 1);
    fail_next(host);
    open(host.crash());
    fake_host& again = started();
    again.clock().advance_by(second);
    succeed();
    again.finish(again.take_job());
    EXPECT_EQ(again.result(retried, "a")->text(), "2");
}

TEST_F(ShardTurns, PermanentErrorIsFinal)
{
    fake_host& host = started();
    bodies_.first = [](attempt&) -> int { throw permanent_error("no_stock", "sold out"); };
    host.start(retried, "a", 1);
    host.finish(host.take_job());
    EXPECT_EQ(host.result(retried, "a")->text(), "failed no_stock: sold out");
}

TEST_F(ShardTurns, BodyMayAskForItsNextTime)
{
    fake_host& host = started();
    bodies_.first = [](attempt&) -> int { throw retry_after(30s); };
    host.start(retried, "a", 1);
    host.finish(host.take_job());
    EXPECT_EQ(host.clock().await_alarm(), fake_host::begin_of_time + 30 * second);
}

TEST_F(ShardTurns, PolicyThatThrowsMakesTheFailureFinal)
{
    fake_host& host = started();
    fail();
    host.start(policy_throws, "a", 1);
    host.finish(host.take_job());
    EXPECT_EQ(host.result(policy_throws, "a")->text(), "failed std::runtime_error: no line (and its policy's `again` threw)");
}

TEST_F(ShardTurns, EveryAttemptHasTheSameToken)
{
    fake_host& host = started();
    std::vector<std::string> tokens;
    bodies_.first = [&](attempt& a) -> int {
        tokens.push_back(a.token());
        throw std::runtime_error("no line");
    };
    host.start(retried, "a", 1);
    host.finish(host.take_job());
    host.clock().await_alarm();
    host.clock().advance_by(second);
    host.finish(host.take_job());
    ASSERT_EQ(tokens.size(), 2u);
    EXPECT_EQ(tokens[0], tokens[1]);
    EXPECT_EQ(tokens[0].size(), 32u);
}

// Cancel.

TEST_F(ShardTurns, CancelBetweenTwoAttemptsDropsTheStep)
{
    fake_host& host = started();
    host.start(retried, "a", 1);
    fail_next(host);
    host.ask(request_kind::cancel, retried, "a", "enough");
    EXPECT_EQ(host.result(retried, "a")->text(), "failed cancelled: enough");
}

TEST_F(ShardTurns, CancelAsksTheBodyToStop)
{
    fake_host& host = started();
    bool asked = false;
    bodies_.first = [&](attempt& a) {
        asked = a.stop().stop_requested();
        return 1;
    };
    host.start(plain, "a", 1)->value();
    body_job& job = host.take_job();
    host.ask(request_kind::cancel, plain, "a")->value();
    host.finish(job);
    EXPECT_TRUE(asked);
}

TEST_F(ShardTurns, FailureOfACancelledBodyIsFinal)
{
    fake_host& host = started();
    host.start(retried, "a", 1)->value();
    body_job& job = host.take_job();
    host.ask(request_kind::cancel, retried, "a", "enough")->value();
    fail();
    host.finish(job);
    EXPECT_EQ(host.result(retried, "a")->text(), "failed cancelled: enough");
}

TEST_F(ShardTurns, BodyThatIgnoresItsStopIsNamedAfterItsGrace)
{
    host_->options.stop_grace = 7s;
    fake_host& host = started();
    succeed();
    host.start(plain, "a", 1)->value();
    body_job& job = host.take_job();
    host.ask(request_kind::cancel, plain, "a")->value();
    host.clock().advance_by(7 * second - 1);
    host.settle(plain);
    EXPECT_EQ(host.lines_with("was asked to stop and goes on"), 0u);
    host.clock().advance_by(1);
    EXPECT_EQ(host.await_log("was asked to stop and goes on"),
              "the body of plain/a step first was asked to stop and goes on: look at attempt.stop()");
    host.finish(job);
}

TEST_F(ShardTurns, GraceOfOneAttemptDoesNotNameTheNext)
{
    host_->options.stop_grace = 10s;
    fake_host& host = started();
    host.start(with_timeout, "a", 1)->value();
    body_job& first = host.take_job();
    host.clock().advance_by(5 * second);
    host.settle(plain); // its grace stays in the heap, due at 15
    fail();
    host.finish(first);
    host.settle(plain);
    host.clock().advance_by(second);
    body_job& next = host.take_job();
    host.clock().advance_by(5 * second);
    host.settle(plain); // asked to stop at 11
    host.clock().advance_by(4 * second);
    host.settle(plain);
    EXPECT_EQ(host.count.bodies_ignoring_stop.load(), 0u);
    host.finish(next);
}

TEST_F(ShardTurns, BodyThatStopsInTimeIsNotNamed)
{
    host_->options.stop_grace = 7s;
    fake_host& host = started();
    succeed();
    host.start(plain, "a", 1)->value();
    body_job& job = host.take_job();
    host.ask(request_kind::cancel, plain, "a")->value();
    host.finish(job);
    host.result(plain, "a")->value();
    host.clock().advance_by(8 * second);
    host.settle(plain);
    EXPECT_EQ(host.count.bodies_ignoring_stop.load(), 0u);
}

// Time-outs.

TEST_F(ShardTurns, TimeOutAsksTheBodyToStop)
{
    fake_host& host = started();
    bool asked = false;
    bodies_.first = [&](attempt& a) -> int {
        asked = a.stop().stop_requested();
        throw std::runtime_error("stopped");
    };
    host.start(with_one_timeout, "a", 1)->value();
    body_job& job = host.take_job();
    host.clock().advance_by(5 * second);
    host.settle(with_one_timeout);
    host.finish(job);
    EXPECT_EQ(host.result(with_one_timeout, "a")->text(),
              "failed timed_out: no result within 5000 ms; the body ended with std::runtime_error: stopped");
    EXPECT_TRUE(asked);
}

TEST_F(ShardTurns, ResultThatComesAfterTheTimeOutCounts)
{
    fake_host& host = started();
    succeed();
    host.start(with_one_timeout, "a", 1)->value();
    body_job& job = host.take_job();
    host.clock().advance_by(5 * second);
    host.settle(with_one_timeout);
    host.finish(job);
    EXPECT_EQ(host.result(with_one_timeout, "a")->text(), "1");
}

TEST_F(ShardTurns, BodyIsNotStoppedBeforeItsTime)
{
    fake_host& host = started();
    bool asked = true;
    bodies_.first = [&](attempt& a) {
        asked = a.stop().stop_requested();
        return 1;
    };
    host.start(with_one_timeout, "a", 1)->value();
    body_job& job = host.take_job();
    host.clock().advance_by(5 * second - 1);
    host.settle(with_one_timeout);
    host.finish(job);
    EXPECT_FALSE(asked);
}

TEST_F(ShardTurns, TimeOutOfOneAttemptDoesNotHitTheNext)
{
    fake_host& host = started();
    host.start(with_timeout, "a", 1)->value();
    host.clock().advance_by(3 * second);
    fail_next(host); // the time-out of this attempt stays in the heap, due in two seconds
    host.clock().advance_by(second);
    bool asked = true;
    bodies_.first = [&](attempt& a) {
        asked = a.stop().stop_requested();
        return 1;
    };
    body_job& next = host.take_job();
    host.clock().advance_by(2 * second);
    host.settle(with_timeout);
    host.finish(next);
    EXPECT_FALSE(asked);
}

// Undos.

TEST_F(ShardTurns, UndoIsTriedUntilItSucceedsOrFailsForGood)
{
    fake_host& host = started();
    succeed();
    host.start(undone, "a", 1);
    host.finish(host.take_job());
    host.finish(host.take_job());
    host.clock().advance_to(host.clock().await_alarm());
    host.finish(host.take_job());
    EXPECT_EQ(host.result(undone, "a")->text(), "failed broke: no money");
    EXPECT_EQ(bodies_.undone.size(), 2u);
}

// Crash loops.

TEST_F(ShardTurns, StepThatKilledItsProcessTooOftenParks)
{
    host_->deaths_of_each = 3;
    fake_host& host = started();
    host.start(plain, "a", 1)->value();
    EXPECT_EQ(host.status(plain, "a").reason, "crash_loop");
    EXPECT_EQ(host.jobs(), 0u);
}

TEST_F(ShardTurns, ParkedCrashLoopNamesTheStep)
{
    host_->deaths_of_each = 3;
    fake_host& host = started();
    host.start(plain, "a", 1)->value();
    EXPECT_EQ(host.status(plain, "a").text.find("the process died 3 times in step 'first' (shard_turns_test.cpp:"), 0u);
}

TEST_F(ShardTurns, StepThatKilledLessOftenRuns)
{
    host_->deaths_of_each = 2;
    fake_host& host = started();
    succeed();
    host.start(plain, "a", 1);
    EXPECT_EQ(host.run_until(host.result(plain, "a")), "1");
}

TEST_F(ShardTurns, CrashLoopsAreLetBeOnRequest)
{
    host_->options.crash_loop_deaths = 0;
    host_->deaths_of_each = 1'000;
    fake_host& host = started();
    succeed();
    host.start(plain, "a", 1);
    EXPECT_EQ(host.run_until(host.result(plain, "a")), "1");
}

TEST_F(ShardTurns, ResumedCrashLoopRuns)
{
    host_->deaths_of_each = 3;
    fake_host& host = started();
    succeed();
    host.start(plain, "a", 1)->value();
    host.ask(request_kind::resume, plain, "a")->value();
    EXPECT_EQ(host.run_until(host.result(plain, "a")), "1");
}

// Limits.

class ShardTurnsLimit : public ShardTurns, public testing::WithParamInterface<std::uint32_t>
{
};

TEST_P(ShardTurnsLimit, SleepsWithoutEndPark)
{
    host_->options.history_entries_max = GetParam();
    fake_host& host = started();
    host.start(naps_without_end, "a", 1)->value();
    EXPECT_EQ(host.status(naps_without_end, "a").reason, "limits");
}

TEST_P(ShardTurnsLimit, StepsWithoutEndPark)
{
    host_->options.history_entries_max = GetParam();
    fake_host& host = started();
    host.start(steps_without_end, "a", 1)->value();
    EXPECT_EQ(host.run_until(host.result(steps_without_end, "a")).find("failed limits: the run is parked: its history is at its limit"), 0u);
}

INSTANTIATE_TEST_SUITE_P(Entries, ShardTurnsLimit, testing::Range(2u, 6u));

TEST_F(ShardTurns, ParkedTurnLeavesNothingButItsReason)
{
    host_->options.history_entries_max = 10;
    fake_host& host = started();
    host.start(naps_without_end, "a", 1)->value();
    host.status(naps_without_end, "a");
    std::size_t rows = 0;
    host.journal().read([&](const store::snapshot& now) {
        now.scan(journal::table::history, {}, [&](store::key, std::string_view) { return ++rows != 0; });
    });
    EXPECT_EQ(rows, 1u); // its start
}

TEST_F(ShardTurns, ParkedRunHasOneWakeRow)
{
    host_->options.history_entries_max = 10;
    fake_host& host = started();
    host.start(naps_without_end, "a", 1)->value();
    host.status(naps_without_end, "a");
    std::vector<store::key> rows;
    host.journal().read([&](const store::snapshot& now) {
        now.scan(journal::table::wake, {}, [&](store::key at, std::string_view) {
            rows.push_back(at);
            return true;
        });
    });
    EXPECT_EQ(rows, (std::vector<store::key>{journal::wake_key(journal::due_never, base::run_number{1})}));
}
}
}
