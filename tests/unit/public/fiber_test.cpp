// fiber_yield and the fiber place on a real engine.

#include <everstep/fiber.hpp>

#include "small_shop.hpp"

#include <everstep/async.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr step_options on_fiber{.retry = {.attempts = 1}, .place = step_place::fiber};

struct outside
{
    engine& shop;
    asio::io_context& io;
};

workflow<int, std::string> answers(context& ctx, int from)
{
    const std::string text = std::to_string(from);
    co_await ctx.reply(text);
    co_return co_await ctx.step("twice", [&] { return from * 2; });
}
/// Buys from the engine that it runs on, and waits for it.
workflow<std::string> buys(context& ctx, int from)
{
    auto& all = ctx.use<outside>();
    co_return co_await ctx.step("buy", on_fiber, [&] {
        auto other = all.shop.async_start(answers, "other", from, fiber_yield);
        const std::string reply = other.async_reply(fiber_yield);
        const int result = other.async_result(fiber_yield);
        const run_status status = other.async_status(fiber_yield);
        other.async_cancel("late", fiber_yield);
        return reply + " " + std::to_string(result) + " " + std::string(name_of(status.state));
    });
}
workflow<int> throws_there(context& ctx, int)
{
    co_return co_await ctx.step("there", on_fiber, []() -> int { throw std::runtime_error("as ever"); });
}
workflow<int> finds_nothing(context& ctx, int)
{
    auto& all = ctx.use<outside>();
    co_return co_await ctx.step("there", on_fiber, [&] { return all.shop.run(answers, "none").async_result(fiber_yield); });
}
workflow<int> waits_there(context& ctx, int from)
{
    auto& all = ctx.use<outside>();
    co_return co_await ctx.step("there", on_fiber, [&] {
        asio::steady_timer moment(all.io, 1ms);
        moment.async_wait(fiber_yield);
        return from;
    });
}
workflow<int> outstays(context& ctx, int)
{
    auto& all = ctx.use<outside>();
    const step_options short_of_time{.retry = {.attempts = 1}, .timeout = 1ms, .place = step_place::fiber};
    co_return co_await ctx.step("there", short_of_time, [&](attempt& a) -> int {
        asio::steady_timer moment(all.io);
        while (!a.stop().stop_requested())
        {
            moment.expires_after(1ms);
            moment.async_wait(fiber_yield);
        }
        throw std::runtime_error("stopped");
    });
}

workflow<int> waits_at_the_door(context& ctx, int from)
{
    auto& door = ctx.use<turnstile>();
    co_return co_await ctx.step("there", on_fiber, [&] {
        door.began.open();
        door.may_end.wait();
        return from;
    });
}

class FiberShop : public testing::Test
{
protected:
    FiberShop()
    {
        shop_->provide(outside_);
        shop_->add("answers", answers);
    }
    ~FiberShop() override { shop_.reset(); }

    small_shop shop_;
    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
    std::jthread thread_{[this](const std::stop_token& stop) {
        std::stop_callback ends(stop, [this] { io_.stop(); });
        io_.run();
    }};
    outside outside_{*shop_, io_};
};

TEST_F(FiberShop, BodyWaitsForTheEnginesOwnCalls) { EXPECT_EQ(shop_.start(buys, 4).result(), "4 8 completed"); }

TEST_F(FiberShop, BodyThrows)
{
    EXPECT_EQ(failure_of([&] { shop_.start(throws_there, 1).result(); }), "std::runtime_error: as ever");
}

TEST_F(FiberShop, FailureOfACallIsThrownInTheBody)
{
    EXPECT_EQ(failure_of([&] { shop_.start(finds_nothing, 1).result(); }).substr(0, 10), "not_found:");
}

TEST_F(FiberShop, ManyBodiesWaitAtOnce)
{
    shop_->add("waits", waits_there);
    shop_->open();
    std::vector<run<int>> runs;
    for (int n = 0; n < 200; ++n)
        runs.push_back(shop_->start(waits_there, std::to_string(n), n));
    int sum = 0;
    for (const run<int>& one : runs)
        sum += one.result();
    EXPECT_EQ(sum, 199 * 200 / 2);
}

TEST_F(FiberShop, TimeoutStopsTheBody)
{
    EXPECT_NE(failure_of([&] { shop_.start(outstays, 1).result(); }), "");
    EXPECT_EQ(shop_->metrics().attempts_timed_out, 1u);
}

TEST_F(FiberShop, BodyThatStillRunsIsNamedByClose)
{
    turnstile door;
    shop_->provide(door);
    shop_.start(waits_at_the_door, 1);
    door.began.wait();
    EXPECT_EQ(shop_->close(0ms), std::vector<std::string>{"it/a step there"});
    door.may_end.open();
    EXPECT_TRUE(shop_->close(1h).empty());
}
}
}
