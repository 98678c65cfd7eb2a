// Heartbeats: bodies that fall silent, and progress.

#include "failing_shard.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace everstep::core::failing
{
namespace
{
class ShardHeartbeats : public failing_shard
{
};

TEST_F(ShardHeartbeats, SilentBodyIsAskedToStop)
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

TEST_F(ShardHeartbeats, HeartbeatGivesTimeAgain)
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

TEST_F(ShardHeartbeats, BodyThatFallsSilentIsAskedToStop)
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

TEST_F(ShardHeartbeats, HeartbeatsDoNotExtendTheTimeOutOfTheAttempt)
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

TEST_F(ShardHeartbeats, HeartbeatsOfTheShardsOwnBodiesAreNotWaitedFor)
{
    fake_host& host = started();
    succeed();
    host.start(with<here>, "a", 1);
    EXPECT_EQ(host.result(with<here>, "a")->text(), "1");
    pass(second);
    EXPECT_EQ(host.count.attempts_timed_out.load(), 0u);
}

TEST_F(ShardHeartbeats, BodyThatCannotSayAnythingIsNotTakenForSilent)
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

TEST_F(ShardHeartbeats, ProgressIsGivenToTheNextAttempt)
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

TEST_F(ShardHeartbeats, ProgressOutlivesACrashBetweenTwoAttempts)
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

TEST_F(ShardHeartbeats, ProgressOfTheLastAttemptIsThereWhenTheRunIsResumed)
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
}
}
