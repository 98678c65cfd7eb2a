// What a body may do wrong, at the places pool, shard and io thread of a real engine. Of fibers: places_fiber_test.cpp.

#include "small_shop.hpp"

#include <everstep/async.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr auto an_int = "int: threw a value of type int, which is no std::exception";
constexpr auto goes_on = "was asked to stop and goes on";

step_options at(std::uint8_t place) { return {.retry = {.attempts = 1}, .place = static_cast<step_place>(place)}; }

void with_little_grace(engine_options& options) { options.stop_grace = 1ms; }

workflow<int> throws_an_int(context& ctx, std::uint8_t place)
{
    const step_options there = at(place);
    co_return co_await ctx.step("there", there, []() -> int { throw 17; });
}
workflow<int> awaits_and_throws_an_int(context& ctx, int)
{
    co_return co_await ctx.step("await", once, []() -> asio::awaitable<int> {
        asio::steady_timer soon(co_await asio::this_coro::executor, 1us);
        co_await soon.async_wait(asio::use_awaitable);
        throw 17;
    });
}
/// Not a coroutine itself: it throws where it would return one.
workflow<int> throws_an_int_for_an_awaitable(context& ctx, int)
{
    co_return co_await ctx.step("await", once, []() -> asio::awaitable<int> { throw 17; });
}

TEST(ThrownInt, IsNamedByItsTypeInPool)
{
    small_shop shop;
    EXPECT_EQ(failure_of([&] { shop.start(throws_an_int, std::uint8_t(step_place::pool)).result(); }), an_int);
}
TEST(ThrownInt, IsNamedByItsTypeInShard)
{
    small_shop shop;
    EXPECT_EQ(failure_of([&] { shop.start(throws_an_int, std::uint8_t(step_place::shard)).result(); }), an_int);
}
TEST(ThrownInt, IsNamedByItsTypeInAwaitable)
{
    small_shop shop;
    EXPECT_EQ(failure_of([&] { shop.start(awaits_and_throws_an_int, 1).result(); }), an_int);
}
TEST(ThrownInt, IsNamedByItsTypeWhereNoAwaitableCame)
{
    small_shop shop;
    EXPECT_EQ(failure_of([&] { shop.start(throws_an_int_for_an_awaitable, 1).result(); }), an_int);
}

workflow<int> ignores_its_stop(context& ctx, int from)
{
    auto& door = ctx.use<turnstile>();
    co_return co_await ctx.step("deaf", once, [&] {
        door.began.open();
        door.may_end.wait();
        return from;
    });
}
TEST(IgnoredStop, IsCountedOnceInPool)
{
    turnstile door;
    small_shop shop(":memory:", with_little_grace);
    shop->provide(door);
    const auto a = shop.start(ignores_its_stop, 1);
    door.began.wait();
    a.cancel("enough");
    shop.wait_for_line(goes_on);
    door.may_end.open();
    EXPECT_EQ(failure_of([&] { a.result(); }), "cancelled: enough");
    EXPECT_EQ(shop->metrics().bodies_ignoring_stop, 1u);
}

/// An awaitable that no cancellation reaches, and that leaves the io thread to others meanwhile.
struct deaf_wait
{
    gate began;
    asio::steady_timer* until{};

    void end()
    {
        asio::post(until->get_executor(), [this] { until->cancel(); });
    }
};
workflow<int> awaits_in_spite_of_its_stop(context& ctx, int from)
{
    auto& wait = ctx.use<deaf_wait>();
    co_return co_await ctx.step("deaf", once, [&]() -> asio::awaitable<int> {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        asio::steady_timer late(co_await asio::this_coro::executor, 1h);
        wait.until = &late;
        wait.began.open();
        boost::system::error_code ended;
        co_await late.async_wait(asio::redirect_error(asio::use_awaitable, ended));
        co_return from;
    });
}
TEST(IgnoredStop, IsCountedOnceInAwaitable)
{
    deaf_wait wait;
    small_shop shop(":memory:", with_little_grace);
    shop->provide(wait);
    const auto a = shop.start(awaits_in_spite_of_its_stop, 1);
    wait.began.wait();
    a.cancel("enough");
    shop.wait_for_line(goes_on);
    wait.end();
    EXPECT_EQ(failure_of([&] { a.result(); }), "cancelled: enough");
    EXPECT_EQ(shop->metrics().bodies_ignoring_stop, 1u);
}

/// Longer than its time-out, by the engine's clock, too. Nothing else than time makes a body late: it holds up the shard.
workflow<bool> is_late_on_the_shard(context& ctx, bool throws)
{
    const step_options short_of_time{.retry = {.attempts = 1}, .timeout = 1ms, .place = step_place::shard};
    co_return co_await ctx.step("late", short_of_time, [&](attempt& a) {
        std::this_thread::sleep_for(3ms);
        if (throws)
            throw std::runtime_error("as ever");
        return a.stop().stop_requested();
    });
}
TEST(TimeoutOnShard, DoesNotStopTheBodyAndItsLateResultIsRecorded)
{
    small_shop shop;
    EXPECT_FALSE(shop.start(is_late_on_the_shard, false).result());
}
TEST(TimeoutOnShard, LateFailureIsTheBodysOwn)
{
    small_shop shop;
    EXPECT_EQ(failure_of([&] { shop.start(is_late_on_the_shard, true).result(); }), "std::runtime_error: as ever");
}
TEST(TimeoutOnShard, IsNotCounted)
{
    small_shop shop;
    EXPECT_THROW(shop.start(is_late_on_the_shard, true).result(), run_failed);
    EXPECT_EQ(shop->metrics().attempts_timed_out, 0u);
}
}
}
