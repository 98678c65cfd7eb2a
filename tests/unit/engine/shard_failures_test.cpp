// Attempts that failed for good: told or parked; time-outs of the whole step, of heartbeats, and of undos; progress.

#include "fake_host.hpp"

#include <everstep/context.hpp>
#include <everstep/saga.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
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
    std::function<void(attempt&)> undo;
    std::function<int()> plain;
};

constexpr retry_policy twice{.first = 1s, .factor = 1, .jitter = 0, .attempts = 2};
constexpr retry_policy twice_then_park{.first = 1s, .factor = 1, .jitter = 0, .attempts = 2, .when_exhausted = exhausted::park_run};
constexpr step_options parking{.retry = twice_then_park};
constexpr step_options within_ten{.retry = {.first = 4s, .factor = 1, .jitter = 0, .attempts = 0}, .total_timeout = 10s};
constexpr step_options parking_within_ten{.retry = {.first = 4s, .factor = 1, .jitter = 0, .attempts = 0, .when_exhausted = exhausted::park_run},
                                          .total_timeout = 10s};
constexpr step_options beating{.retry = {.first = 1s, .jitter = 0, .attempts = 2}, .heartbeat_timeout = 5s};
constexpr step_options all_limits{.retry = {.attempts = 1}, .timeout = 8s, .total_timeout = 30s, .heartbeat_timeout = 5s};
constexpr step_options here{.retry = {.attempts = 1}, .heartbeat_timeout = 1ms, .place = step_place::shard};

template <const step_options& Options>
workflow<int> with(context& ctx, int)
{
    co_return co_await ctx.step("first", Options, [&](attempt& a) { return a.use<bodies>().first(a); });
}

workflow<int> mute(context& ctx, int)
{
    auto& all = ctx.use<bodies>();
    co_return co_await ctx.step("first", beating, [&] { return all.plain(); });
}

workflow<int> transacts(context& ctx, int)
{
    co_return co_await ctx.transact("take", twice_then_park, [](transaction& tx) { return tx.use<bodies>().plain(); });
}

workflow<int> side_by_side(context& ctx, int)
{
    co_await all(ctx.step("first", parking, [&](attempt& a) { return a.use<bodies>().first(a); }), ctx.step("other", [] { return 1; }));
    co_return 1;
}

constexpr auto undo_of = [](attempt& a, services& use, const int&) { use.get<bodies>().undo(a); };
constexpr step_options twice_within_five{.retry = twice, .timeout = 5s};

workflow<int> undone(context& ctx, int)
{
    saga undo{ctx};
    co_await undo.step("first", [&](attempt& a) { return a.use<bodies>().first(a); }, undo_of, twice_within_five);
    throw permanent_error("broke", "no money");
}

class ShardFailures : public testing::Test
{
protected:
    ShardFailures() { open(); }

    void open(std::unique_ptr<store::memory_store> left = nullptr)
    {
        host_ = std::make_unique<fake_host>(std::move(left));
        host_->add("parking", with<parking>);
        host_->add("within_ten", with<within_ten>);
        host_->add("parking_within_ten", with<parking_within_ten>);
        host_->add("beating", with<beating>);
        host_->add("all_limits", with<all_limits>);
        host_->add("here", with<here>);
        host_->add("mute", mute);
        host_->add("transacts", transacts);
        host_->add("side_by_side", side_by_side);
        host_->add("undone", undone);
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
    void pass(base::time_us us)
    {
        host_->clock().advance_by(us);
        host_->settle(undone);
    }
    /// Lets the next attempt end, and waits until the shard has seen it.
    void finish_next()
    {
        host_->finish(host_->take_job());
        host_->settle(undone);
    }
    void fail_twice()
    {
        fail();
        finish_next();
        pass(second);
        finish_next();
    }
    bodies bodies_;
    std::unique_ptr<fake_host> host_;
};

// Parking instead of throwing.

TEST_F(ShardFailures, ExhaustedStepParksItsRun)
{
    fake_host& host = started();
    host.start(with<parking>, "a", 1);
    fail_twice();
    const run_status now = host.status(with<parking>, "a");
    EXPECT_EQ(now.reason, "retries_exhausted");
    EXPECT_EQ(now.text.find("step 'first' (shard_failures_test.cpp:"), 0u) << now.text;
    EXPECT_NE(now.text.find(" at 0 has run out of attempts or time (attempts: 2): std::runtime_error: no line"), std::string::npos) << now.text;
}

TEST_F(ShardFailures, ResumeGivesAFreshSetOfAttempts)
{
    fake_host& host = started();
    host.start(with<parking>, "a", 1);
    fail_twice();
    host.ask(request_kind::resume, with<parking>, "a")->value();
    finish_next();
    succeed();
    pass(second);
    finish_next();
    EXPECT_EQ(host.result(with<parking>, "a")->text(), "2");
}

TEST_F(ShardFailures, ParkedRunStaysParkedAfterACrash)
{
    started().start(with<parking>, "a", 1);
    fail_twice();
    host_->status(with<parking>, "a"); // is answered when it is durable
    open(host_->crash());
    fake_host& again = started();
    EXPECT_EQ(again.status(with<parking>, "a").reason, "retries_exhausted");
    again.ask(request_kind::resume, with<parking>, "a")->value();
    succeed();
    finish_next();
    EXPECT_EQ(again.result(with<parking>, "a")->text(), "1");
}

TEST_F(ShardFailures, ExhaustedTransactionParksItsRun)
{
    fake_host& host = started();
    bodies_.plain = []() -> int { throw std::runtime_error("no line"); };
    host.start(transacts, "a", 1)->value();
    host.clock().advance_to(host.clock().await_alarm());
    EXPECT_EQ(host.result(transacts, "a")->text().substr(0, 26), "failed retries_exhausted: ");
    bodies_.plain = [] { return 7; };
    host.ask(request_kind::resume, transacts, "a")->value();
    EXPECT_EQ(host.result(transacts, "a")->text(), "7");
}

TEST_F(ShardFailures, PermanentErrorIsThrownWhateverThePolicy)
{
    fake_host& host = started();
    bodies_.first = [](attempt&) -> int { throw permanent_error("no_stock", "sold out"); };
    host.start(with<parking>, "a", 1);
    finish_next();
    EXPECT_EQ(host.result(with<parking>, "a")->text(), "failed no_stock: sold out");
}

TEST_F(ShardFailures, CancelledStepDoesNotPark)
{
    fake_host& host = started();
    host.start(with<parking>, "a", 1);
    fail();
    finish_next();
    pass(second);
    body_job& job = host.take_job();
    host.ask(request_kind::cancel, with<parking>, "a", "enough")->value();
    host.finish(job);
    EXPECT_EQ(host.result(with<parking>, "a")->text(), "failed cancelled: enough");
}

TEST_F(ShardFailures, BodiesOfOtherBranchesAreWaitedForBeforeTheRunIsParked)
{
    fake_host& host = started();
    host.start(side_by_side, "a", 1);
    fail();
    body_job& first = host.take_job();
    body_job& other = host.take_job();
    host.finish(first);
    host.settle(side_by_side);
    pass(second);
    host.finish(host.take_job());
    host.settle(side_by_side);
    EXPECT_EQ(host.status(side_by_side, "a").state, run_state::running);
    host.finish(other);
    host.settle(side_by_side);
    EXPECT_EQ(host.status(side_by_side, "a").reason, "retries_exhausted");
    host.ask(request_kind::resume, side_by_side, "a")->value();
    succeed();
    EXPECT_EQ(host.run_until(host.result(side_by_side, "a")), "1");
}

// The time-out of the whole step.

TEST_F(ShardFailures, TotalTimeOutEndsTheAttemptThatRuns)
{
    fake_host& host = started();
    host.start(with<within_ten>, "a", 1)->value();
    bool asked = false;
    bodies_.first = [&](attempt& a) -> int {
        asked = a.stop().stop_requested();
        throw std::runtime_error("stopped");
    };
    body_job& job = host.take_job();
    pass(10 * second - 1);
    pass(1);
    host.finish(job);
    EXPECT_EQ(host.result(with<within_ten>, "a")->text(),
              "failed timed_out: no result within 10000 ms over all attempts; the body ended with std::runtime_error: stopped");
    EXPECT_TRUE(asked);
}

TEST_F(ShardFailures, BodyIsNotStoppedBeforeTheTotalTimeOut)
{
    fake_host& host = started();
    host.start(with<within_ten>, "a", 1)->value();
    bool asked = true;
    bodies_.first = [&](attempt& a) {
        asked = a.stop().stop_requested();
        return 1;
    };
    body_job& job = host.take_job();
    pass(10 * second - 1);
    host.finish(job);
    EXPECT_EQ(host.result(with<within_ten>, "a")->text(), "1");
    EXPECT_FALSE(asked);
}

TEST_F(ShardFailures, TotalTimeOutCountsFromTheFirstAttempt)
{
    fake_host& host = started();
    host.start(with<within_ten>, "a", 1)->value();
    fail();
    pass(3 * second);
    finish_next();
    pass(4 * second);
    bool asked = false;
    bodies_.first = [&](attempt& a) {
        asked = a.stop().stop_requested();
        return 1;
    };
    body_job& job = host.take_job();
    pass(3 * second);
    host.finish(job);
    EXPECT_EQ(host.result(with<within_ten>, "a")->text(), "1");
    EXPECT_TRUE(asked);
}

TEST_F(ShardFailures, TotalTimeOutCountsThroughACrash)
{
    started().start(with<within_ten>, "a", 1)->value();
    pass(3 * second);
    open(host_->crash());
    host_->clock().advance_by(3 * second); // where the crash was
    fake_host& again = started();
    bool asked = false;
    bodies_.first = [&](attempt& a) {
        asked = a.stop().stop_requested();
        return 1;
    };
    body_job& job = again.take_job();
    pass(7 * second);
    again.finish(job);
    EXPECT_EQ(again.result(with<within_ten>, "a")->text(), "1");
    EXPECT_TRUE(asked);
}

TEST_F(ShardFailures, RetryThatWouldComeTooLateHasTimedOutAtOnce)
{
    fake_host& host = started();
    host.start(with<within_ten>, "a", 1)->value();
    fail();
    pass(6 * second);
    finish_next();
    EXPECT_EQ(host.result(with<within_ten>, "a")->text(),
              "failed timed_out: no result within 10000 ms over all attempts; the last one ended with std::runtime_error: no line");
}

TEST_F(ShardFailures, NoAttemptBeginsWhenItsTimeIsOver)
{
    started().start(with<within_ten>, "a", 1)->value();
    open(host_->crash());
    host_->clock().advance_by(10 * second);
    fake_host& again = started();
    EXPECT_EQ(again.result(with<within_ten>, "a")->text(),
              "failed timed_out: no result within 10000 ms over all attempts; no attempt was under way when they were over");
    EXPECT_EQ(again.jobs(), 0u);
}

TEST_F(ShardFailures, TimeThatIsOverParksWhereThePolicySaysSo)
{
    started().start(with<parking_within_ten>, "a", 1)->value();
    open(host_->crash());
    host_->clock().advance_by(10 * second);
    fake_host& again = started();
    again.settle(undone);
    EXPECT_EQ(again.status(with<parking_within_ten>, "a").reason, "retries_exhausted");
    again.ask(request_kind::resume, with<parking_within_ten>, "a")->value();
    succeed();
    finish_next();
    EXPECT_EQ(again.result(with<parking_within_ten>, "a")->text(), "1");
}

// Heartbeats.

TEST_F(ShardFailures, SilentBodyIsAskedToStop)
{
    fake_host& host = started();
    host.start(with<all_limits>, "a", 1)->value();
    body_job& job = host.take_job();
    pass(5 * second);
    bool asked = false;
    bodies_.first = [&](attempt& a) -> int {
        asked = a.stop().stop_requested();
        throw std::runtime_error("stopped");
    };
    host.finish(job);
    EXPECT_EQ(host.result(with<all_limits>, "a")->text(),
              "failed timed_out: no heartbeat within 5000 ms; the body ended with std::runtime_error: stopped");
    EXPECT_TRUE(asked);
    EXPECT_EQ(host.count.attempts_timed_out.load(), 1u);
}

TEST_F(ShardFailures, HeartbeatGivesTimeAgain)
{
    fake_host& host = started();
    host.start(with<beating>, "a", 1)->value();
    body_job& job = host.take_job();
    pass(4 * second);
    job.heart()->beat();
    pass(5 * second - 1);
    bool asked = true;
    bodies_.first = [&](attempt& a) {
        asked = a.stop().stop_requested();
        return 1;
    };
    host.finish(job);
    EXPECT_EQ(host.result(with<beating>, "a")->text(), "1");
    EXPECT_FALSE(asked);
}

TEST_F(ShardFailures, BodyThatFallsSilentIsAskedToStop)
{
    fake_host& host = started();
    host.start(with<beating>, "a", 1)->value();
    body_job& job = host.take_job();
    pass(4 * second);
    job.heart()->beat();
    pass(5 * second);
    bool asked = false;
    bodies_.first = [&](attempt& a) {
        asked = a.stop().stop_requested();
        return 1;
    };
    host.finish(job);
    EXPECT_EQ(host.result(with<beating>, "a")->text(), "1");
    EXPECT_TRUE(asked);
}

TEST_F(ShardFailures, HeartbeatsDoNotExtendTheTimeOutOfTheAttempt)
{
    fake_host& host = started();
    host.start(with<all_limits>, "a", 1)->value();
    body_job& job = host.take_job();
    pass(4 * second);
    job.heart()->beat();
    pass(4 * second);
    fail();
    host.finish(job);
    EXPECT_EQ(host.result(with<all_limits>, "a")->text(), "failed timed_out: no result within 8000 ms; the body ended with std::runtime_error: no line");
}

TEST_F(ShardFailures, HeartbeatsOfTheShardsOwnBodiesAreNotWaitedFor)
{
    fake_host& host = started();
    succeed();
    host.start(with<here>, "a", 1);
    EXPECT_EQ(host.result(with<here>, "a")->text(), "1");
    pass(second);
    EXPECT_EQ(host.count.attempts_timed_out.load(), 0u);
}

TEST_F(ShardFailures, BodyThatCannotSayAnythingIsNotTakenForSilent)
{
    fake_host& host = started();
    host.start(mute, "a", 1)->value();
    body_job& job = host.take_job();
    pass(5 * second);
    bodies_.plain = []() -> int { throw std::runtime_error("no line"); };
    host.finish(job);
    host.settle(mute);
    EXPECT_EQ(host.count.attempts_timed_out.load(), 0u);
}

TEST_F(ShardFailures, ProgressIsGivenToTheNextAttempt)
{
    fake_host& host = started();
    host.start(with<beating>, "a", 1)->value();
    bodies_.first = [](attempt& a) -> int {
        a.heartbeat(17);
        throw std::runtime_error("no line");
    };
    finish_next();
    pass(second);
    bodies_.first = [](attempt& a) { return a.last_progress<int>().value_or(0); };
    finish_next();
    EXPECT_EQ(host.result(with<beating>, "a")->text(), "17");
}

TEST_F(ShardFailures, ProgressOutlivesACrashBetweenTwoAttempts)
{
    started().start(with<beating>, "a", 1)->value();
    bodies_.first = [](attempt& a) -> int {
        a.heartbeat(17);
        throw std::runtime_error("no line");
    };
    finish_next();
    host_->status(with<beating>, "a"); // is answered when the failure is durable
    open(host_->crash());
    fake_host& again = started();
    pass(second);
    bodies_.first = [](attempt& a) { return a.last_progress<int>().value_or(0); };
    finish_next();
    EXPECT_EQ(again.result(with<beating>, "a")->text(), "17");
}

TEST_F(ShardFailures, ProgressOfTheLastAttemptIsThereWhenTheRunIsResumed)
{
    fake_host& host = started();
    host.start(with<parking>, "a", 1)->value();
    bodies_.first = [](attempt& a) -> int {
        a.heartbeat(16 + static_cast<int>(a.number()));
        throw std::runtime_error("no line");
    };
    finish_next();
    pass(second);
    finish_next();
    host.ask(request_kind::resume, with<parking>, "a")->value();
    bodies_.first = [](attempt& a) { return a.last_progress<int>().value_or(0); };
    finish_next();
    EXPECT_EQ(host.result(with<parking>, "a")->text(), "18");
}

// Undos.

TEST_F(ShardFailures, UndoThatRunsOutOfItsAttemptsParks)
{
    fake_host& host = started();
    succeed();
    host.start(undone, "a", 1);
    finish_next();
    bodies_.undo = [](attempt&) { throw std::runtime_error("jammed"); };
    finish_next();
    pass(second);
    finish_next();
    const run_status now = host.status(undone, "a");
    EXPECT_EQ(now.reason, "compensation_failed");
    EXPECT_EQ(now.text, "the compensation of step 'first' failed for good (attempts: 2): std::runtime_error: jammed");
    host.ask(request_kind::resume, undone, "a")->value();
    bodies_.undo = [](attempt&) {};
    finish_next();
    EXPECT_EQ(host.result(undone, "a")->text(), "failed broke: no money");
}

TEST_F(ShardFailures, UndoHasItsOwnTimeOut)
{
    fake_host& host = started();
    succeed();
    host.start(undone, "a", 1);
    finish_next();
    body_job& job = host.take_job();
    pass(5 * second);
    bool asked = false;
    bodies_.undo = [&](attempt& a) { asked = a.stop().stop_requested(); };
    host.finish(job);
    EXPECT_EQ(host.result(undone, "a")->text(), "failed broke: no money");
    EXPECT_TRUE(asked);
}

TEST_F(ShardFailures, UndoKnowsTheTokenOfItsStep)
{
    fake_host& host = started();
    std::vector<std::string> tokens;
    bodies_.first = [&](attempt& a) {
        tokens.push_back(a.token());
        tokens.push_back(a.undoes());
        return 1;
    };
    bodies_.undo = [&](attempt& a) {
        tokens.push_back(a.token());
        tokens.push_back(a.undoes());
    };
    host.start(undone, "a", 1);
    finish_next();
    finish_next();
    ASSERT_EQ(tokens.size(), 4u);
    EXPECT_EQ(tokens[1], "");
    EXPECT_EQ(tokens[3], tokens[0]);
    EXPECT_NE(tokens[2], tokens[0]);
}
}
}
