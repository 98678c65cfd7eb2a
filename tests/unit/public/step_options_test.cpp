#include <everstep/step_options.hpp>

#include "small_shop.hpp"

#include <everstep/async.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;
namespace asio = boost::asio;

step_options at(std::uint8_t place) { return {.retry = {.attempts = 1}, .place = static_cast<step_place>(place)}; }

workflow<int> returns_there(context& ctx, std::uint8_t place)
{
    const step_options there = at(place);
    co_return co_await ctx.step("there", there, [] { return 17; });
}
workflow<int> throws_there(context& ctx, std::uint8_t place)
{
    const step_options there = at(place);
    co_return co_await ctx.step("there", there, []() -> int { throw std::runtime_error("as ever"); });
}
/// Ends when it is asked to, with a value or not.
workflow<std::string> outstays_there(context& ctx, std::uint8_t place)
{
    step_options there = at(place);
    there.timeout = 1ms;
    try
    {
        co_await ctx.step("there", there, [](attempt& a) {
            gate stopped;
            std::stop_callback opens(a.stop(), [&] { stopped.open(); });
            stopped.wait();
            throw std::runtime_error("was stopped");
        });
    }
    catch (const timed_out& e)
    {
        co_return "timed out: " + e.step();
    }
    co_return "did not";
}
workflow<int> returns_late(context& ctx, std::uint8_t place)
{
    step_options there = at(place);
    there.timeout = 1ms;
    co_return co_await ctx.step("there", there, [](attempt& a) {
        gate stopped;
        std::stop_callback opens(a.stop(), [&] { stopped.open(); });
        stopped.wait();
        return 17;
    });
}

class StepPlace : public testing::TestWithParam<step_place>
{
protected:
    std::uint8_t place() const { return static_cast<std::uint8_t>(GetParam()); }
    small_shop shop_;
};

TEST_P(StepPlace, BodyReturnsItsValue) { EXPECT_EQ(shop_.start(returns_there, place()).result(), 17); }
TEST_P(StepPlace, BodyThrows) { EXPECT_EQ(failure_of([&] { shop_.start(throws_there, place()).result(); }), "std::runtime_error: as ever"); }

INSTANTIATE_TEST_SUITE_P(Every, StepPlace, testing::Values(step_place::pool, step_place::shard), [](const auto& place) {
    return place.param == step_place::pool ? "Pool" : "Shard";
});

TEST(StepTimeout, StopsABodyThatGivesNoResult)
{
    small_shop shop;
    EXPECT_EQ(shop.start(outstays_there, 0).result(), "timed out: there");
    EXPECT_EQ(shop->metrics().attempts_timed_out, 1u);
}
TEST(StepTimeout, LateResultIsRecorded)
{
    small_shop shop;
    EXPECT_EQ(shop.start(returns_late, 0).result(), 17);
}

workflow<int> awaits_value(context& ctx, int from)
{
    co_return co_await ctx.step("await", once, [&]() -> asio::awaitable<int> {
        asio::steady_timer soon(co_await asio::this_coro::executor, 1us);
        co_await soon.async_wait(asio::use_awaitable);
        co_return from;
    });
}
workflow<int> awaits_failure(context& ctx, int)
{
    co_return co_await ctx.step("await", once, []() -> asio::awaitable<int> {
        asio::steady_timer soon(co_await asio::this_coro::executor, 1us);
        co_await soon.async_wait(asio::use_awaitable);
        throw std::runtime_error("as ever");
    });
}
workflow<int> awaits_too_long(context& ctx, int)
{
    const step_options short_of_time{.retry = {.attempts = 1}, .timeout = 1ms};
    co_return co_await ctx.step("await", short_of_time, []() -> asio::awaitable<int> {
        asio::steady_timer late(co_await asio::this_coro::executor, 1h);
        co_await late.async_wait(asio::use_awaitable);
        co_return 1;
    });
}
workflow<int> awaits_nothing(context& ctx, int from)
{
    co_await ctx.step("await", once, []() -> asio::awaitable<void> { co_return; });
    co_return from;
}
TEST(StepAwaitable, BodyReturnsItsValue) { EXPECT_EQ(small_shop().start(awaits_value, 17).result(), 17); }
TEST(StepAwaitable, BodyMayReturnNothing) { EXPECT_EQ(small_shop().start(awaits_nothing, 17).result(), 17); }
TEST(StepAwaitable, BodyThrows)
{
    small_shop shop;
    EXPECT_EQ(failure_of([&] { shop.start(awaits_failure, 1).result(); }), "std::runtime_error: as ever");
}
TEST(StepAwaitable, TimeoutCancelsWhatItAwaits)
{
    small_shop shop;
    EXPECT_NE(failure_of([&] { shop.start(awaits_too_long, 1).result(); }), "");
    EXPECT_EQ(shop->metrics().attempts_timed_out, 1u);
}

workflow<int> awaits_the_door(context& ctx, int from)
{
    auto& door = ctx.use<turnstile>();
    co_return co_await ctx.step("await", once, [&]() -> asio::awaitable<int> {
        door.began.open();
        door.may_end.wait(); // holds up the io thread: no stop ends it
        co_return from;
    });
}
TEST(StepAwaitable, BodyThatStillRunsIsNamedByClose)
{
    turnstile door;
    small_shop shop;
    shop->provide(door);
    shop.start(awaits_the_door, 1);
    door.began.wait();
    EXPECT_EQ(shop->close(0ms), std::vector<std::string>{"it/a step await"});
    door.may_end.open();
}

workflow<int> tries_until_told(context& ctx, int)
{
    const step_options asks{.retry = {.first = 0ms, .attempts = 0, .again = [](std::string_view, std::string_view text) { return text != "third"; }}};
    try
    {
        co_await ctx.step("try", asks, [](attempt& a) { throw std::runtime_error(a.number() == 3 ? "third" : "other"); });
    }
    catch (const step_failed& e)
    {
        co_return static_cast<int>(e.attempts());
    }
    co_return 0;
}
TEST(RetryPolicy, PredicateMakesAFailureFinal)
{
    small_shop shop;
    EXPECT_EQ(shop.start(tries_until_told, 1).result(), 3);
}

workflow<int> tries_ten_times(context& ctx, int)
{
    const step_options quick{.retry = {.first = 0ms}};
    try
    {
        co_await ctx.step("try", quick, [] { throw 1; });
    }
    catch (const step_failed& e)
    {
        co_return static_cast<int>(e.attempts());
    }
    co_return 0;
}
TEST(RetryPolicy, TenAttemptsWhereNothingElseIsSaid)
{
    small_shop shop;
    EXPECT_EQ(shop.start(tries_ten_times, 1).result(), 10);
    EXPECT_EQ(shop->metrics().attempts_failed, 10u);
}

workflow<std::string> falls_silent(context& ctx, int)
{
    const step_options beating{.retry = {.attempts = 1}, .heartbeat_timeout = 1ms};
    try
    {
        co_await ctx.step("import", beating, [](attempt& a) {
            a.heartbeat();
            gate stopped;
            std::stop_callback opens(a.stop(), [&] { stopped.open(); });
            stopped.wait();
            throw std::runtime_error("was stopped");
        });
    }
    catch (const timed_out& e)
    {
        co_return e.text();
    }
    co_return "did not";
}
TEST(StepTimeout, SilentBodyIsStopped)
{
    EXPECT_EQ(small_shop().start(falls_silent, 1).result(), "no heartbeat within 1 ms; the body ended with std::runtime_error: was stopped");
}

workflow<std::string> takes_too_long(context& ctx, int)
{
    const step_options bounded{.retry = {.attempts = 0}, .total_timeout = 1ms};
    try
    {
        co_await ctx.step("import", bounded, [](attempt& a) {
            gate stopped;
            std::stop_callback opens(a.stop(), [&] { stopped.open(); });
            stopped.wait();
            throw std::runtime_error("was stopped");
        });
    }
    catch (const timed_out& e)
    {
        co_return e.code();
    }
    co_return "did not";
}
TEST(StepTimeout, TotalTimeOutEndsAllAttempts) { EXPECT_EQ(small_shop().start(takes_too_long, 1).result(), "timed_out"); }

struct line
{
    std::atomic<bool> works{};
};
workflow<int> insists(context& ctx, int)
{
    auto& bank = ctx.use<line>();
    const step_options insistent{.retry = {.first = 0ms, .attempts = 2, .when_exhausted = exhausted::park_run}};
    co_return co_await ctx.step("charge", insistent, [&](attempt& a) {
        if (!bank.works)
            throw std::runtime_error("busy");
        return static_cast<int>(a.number());
    });
}
TEST(RetryPolicy, ExhaustedStepParksItsRunUntilItIsResumed)
{
    line bank;
    small_shop shop;
    shop->provide(bank);
    auto a = shop.start(insists, 1);
    EXPECT_EQ(failure_of([&] { a.result(); }).substr(0, 18), "retries_exhausted:");
    EXPECT_EQ(a.status().reason, "retries_exhausted");
    EXPECT_NE(a.status().text.find("(attempts: 2): std::runtime_error: busy"), std::string::npos) << a.status().text;
    bank.works = true;
    a.resume("the bank is open");
    EXPECT_EQ(a.result(), 1);
}

static_assert(std::is_trivially_destructible_v<step_options>);
}
}
