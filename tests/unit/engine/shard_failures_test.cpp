// Attempts that failed for good: told or parked; time-outs of the whole step, and of undos.

#include "failing_shard.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace everstep::core::failing
{
namespace
{
class ShardFailures : public failing_shard
{
};

// Parking instead of throwing.

TEST_F(ShardFailures, ExhaustedStepParksItsRun)
{
    fake_host& host = started();
    host.start(with<parking>, "a", 1);
    fail_twice();
    const run_status now = host.status(with<parking>, "a");
    EXPECT_EQ(now.reason, "retries_exhausted");
    EXPECT_EQ(now.text.find("step 'first' (failing_shard.hpp:"), 0u) << now.text;
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
