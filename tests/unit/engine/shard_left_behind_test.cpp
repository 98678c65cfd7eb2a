// Activities that nobody waits for any more: what their runs do, and what becomes of their bodies.

#include "fake_host.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

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
};

int activity(attempt& a, int) { return a.use<bodies>().first(a); }

constexpr step_options once_timed{.retry = {.attempts = 1}, .timeout = 5s};
constexpr step_options timed{.retry = {.first = 1s, .jitter = 0, .attempts = 2}, .timeout = 5s, .place = step_place::shard};
constexpr step_options silent{.retry = {.first = 1s, .jitter = 0, .attempts = 2}, .heartbeat_timeout = 5s};
constexpr step_options parks_at_once{.retry = {.attempts = 1, .when_exhausted = exhausted::park_run}};

workflow<int> with_one_timeout(context& ctx, int n) { co_return co_await ctx.detached("first", once_timed, activity, n); }
workflow<int> with_timeout(context& ctx, int n) { co_return co_await ctx.detached("first", timed, activity, n); }
workflow<int> with_heartbeat(context& ctx, int n) { co_return co_await ctx.detached("first", silent, activity, n); }
workflow<int> plain(context& ctx, int n) { co_return co_await ctx.detached("first", activity, n); }
workflow<int> loses(context& ctx, int n)
{
    const auto first = co_await race(ctx.detached("first", activity, n), ctx.step("other", [] { return 7; }));
    co_return static_cast<int>(first.index) + 7;
}
workflow<int> parks_beside(context& ctx, int n)
{
    co_await all(ctx.detached("first", activity, n), ctx.step("other", parks_at_once, []() -> int { throw std::runtime_error("no line"); }));
    co_return 1;
}

class ShardLeftBehind : public testing::Test
{
protected:
    ShardLeftBehind()
    {
        host_.add("with_one_timeout", with_one_timeout);
        host_.add("with_timeout", with_timeout);
        host_.add("with_heartbeat", with_heartbeat);
        host_.add("plain", plain);
        host_.add("loses", loses);
        host_.add("parks_beside", parks_beside);
        host_.given.add(bodies_);
        host_.start();
        bodies_.first = [](attempt& a) { return static_cast<int>(a.number()); };
    }
    void pass(base::time_us us)
    {
        host_.clock().advance_by(us);
        host_.settle(plain);
    }
    void finish(body_job& job)
    {
        host_.finish(job);
        host_.settle(plain);
    }

    bodies bodies_;
    fake_host host_;
};

TEST_F(ShardLeftBehind, ActivityInTimeGivesItsResult)
{
    host_.start(with_one_timeout, "a", 1);
    finish(host_.take_job());
    EXPECT_EQ(host_.result(with_one_timeout, "a")->text(), "1");
    pass(6 * second);
    EXPECT_EQ(host_.lines_with("left behind"), 0u);
}

TEST_F(ShardLeftBehind, TimeOutDoesNotWaitForTheBody)
{
    host_.start(with_one_timeout, "a", 1)->value();
    body_job& job = host_.take_job();
    pass(5 * second);
    EXPECT_EQ(host_.result(with_one_timeout, "a")->text(), "failed timed_out: no result within 5000 ms; the body was left behind and may still run");
    EXPECT_EQ(host_.the_shard().jobs_out(), 1u);
    finish(job);
    EXPECT_EQ(host_.the_shard().jobs_out(), 0u);
}

TEST_F(ShardLeftBehind, BodyThatWasLeftBehindIsAskedToStop)
{
    host_.start(with_one_timeout, "a", 1)->value();
    body_job& job = host_.take_job();
    pass(5 * second);
    bool asked = false;
    bodies_.first = [&](attempt& a) {
        asked = a.stop().stop_requested();
        return 1;
    };
    finish(job);
    EXPECT_TRUE(asked);
}

TEST_F(ShardLeftBehind, LateResultIsDroppedAndLogged)
{
    host_.start(with_one_timeout, "a", 1)->value();
    body_job& job = host_.take_job();
    pass(5 * second);
    finish(job);
    EXPECT_EQ(host_.await_log("was left behind"),
              "the body of with_one_timeout/a step first was left behind and has ended: what it came to is dropped");
    EXPECT_EQ(host_.result(with_one_timeout, "a")->text().find("failed timed_out"), 0u);
}

TEST_F(ShardLeftBehind, NextAttemptRunsBesideTheOneThatWasLeftBehind)
{
    host_.start(with_timeout, "a", 1)->value();
    body_job& old = host_.take_job();
    pass(5 * second);
    pass(second);
    body_job& next = host_.take_job();
    EXPECT_EQ(host_.the_shard().jobs_out(), 2u);
    finish(old);
    finish(next);
    EXPECT_EQ(host_.result(with_timeout, "a")->text(), "2");
}

TEST_F(ShardLeftBehind, SilentBodyIsLeftBehindWithItsProgress)
{
    host_.start(with_heartbeat, "a", 1)->value();
    body_job& old = host_.take_job();
    old.make_heart().beat("17");
    pass(5 * second);
    old.make_heart().beat("18"); // of no attempt any more
    pass(second);
    bodies_.first = [](attempt& a) { return a.last_progress<int>().value_or(0); };
    finish(host_.take_job());
    EXPECT_EQ(host_.result(with_heartbeat, "a")->text(), "17");
    finish(old);
}

TEST_F(ShardLeftBehind, CancelDoesNotWaitForTheBody)
{
    host_.start(plain, "a", 1)->value();
    body_job& job = host_.take_job();
    host_.ask(request_kind::cancel, plain, "a", "enough")->value();
    EXPECT_EQ(host_.result(plain, "a")->text(), "failed cancelled: enough");
    bool asked = false;
    bodies_.first = [&](attempt& a) {
        asked = a.stop().stop_requested();
        return 1;
    };
    finish(job);
    EXPECT_TRUE(asked);
}

TEST_F(ShardLeftBehind, CancelOfOneThatHasNotBegunBeginsNone)
{
    host_.hold_commits();
    const auto started = host_.start(plain, "a", 1);
    host_.await_commit();
    const auto cancelled = host_.ask(request_kind::cancel, plain, "a", "enough");
    host_.settle(plain);
    host_.let_commits();
    EXPECT_EQ(host_.result(plain, "a")->text(), "failed cancelled: enough");
    EXPECT_EQ(host_.jobs(), 0u);
    EXPECT_EQ(host_.the_shard().jobs_out(), 0u);
}

TEST_F(ShardLeftBehind, LostRaceDoesNotWaitForTheBody)
{
    host_.start(loses, "a", 1)->value();
    body_job& job = host_.take_job();
    finish(host_.take_job());
    EXPECT_EQ(host_.result(loses, "a")->text(), "8");
    finish(job);
}

TEST_F(ShardLeftBehind, ParkedRunDoesNotWaitForTheBody)
{
    host_.start(parks_beside, "a", 1)->value();
    body_job& job = host_.take_job();
    finish(host_.take_job());
    EXPECT_EQ(host_.status(parks_beside, "a").reason, "retries_exhausted");
    finish(job);
    EXPECT_EQ(host_.the_shard().jobs_out(), 0u);
}

TEST_F(ShardLeftBehind, CloseWaitsForTheBody)
{
    host_.start(with_one_timeout, "a", 1)->value();
    body_job& job = host_.take_job();
    pass(5 * second);
    EXPECT_EQ(job.describe(), "with_one_timeout/a step first");
    EXPECT_EQ(host_.the_shard().jobs_out(), 1u);
    finish(job);
    host_.close();
}
}
}
