// The async_ forms on a real engine. What the header promises of completions is tested in unit/engine/async_test.cpp.

#include <everstep/async.hpp>

#include "small_shop.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;
namespace asio = boost::asio;

workflow<int, std::string> answers(context& ctx, int from)
{
    const std::string text = std::to_string(from);
    co_await ctx.reply(text);
    co_return co_await ctx.step("twice", [&] { return from * 2; });
}
workflow<int> waits(context& ctx, int from)
{
    co_await ctx.wait_forever();
    co_return from;
}

class AsyncShop : public testing::Test
{
protected:
    AsyncShop()
    {
        shop_->add("answers", answers).add("waits", waits);
        shop_->open();
    }
    asio::io_context io_; // outlives the engine: whoever posts to it may still be in post() when run() has returned
    small_shop shop_;
};

TEST_F(AsyncShop, FuturesOfEveryCall)
{
    auto a = shop_->async_start(answers, "a", 4, asio::use_future).get();
    EXPECT_EQ(a.async_reply(asio::use_future).get(), "4");
    EXPECT_EQ(a.async_result(asio::use_future).get(), 8);
    EXPECT_EQ(a.async_status(asio::use_future).get().state, run_state::completed);
    EXPECT_NO_THROW(a.async_cancel("late", asio::use_future).get());
    EXPECT_NO_THROW(a.async_resume("why", asio::use_future).get());
}

TEST_F(AsyncShop, FutureHasTheFailure)
{
    auto b = shop_->async_start(waits, "b", 4, asio::use_future).get();
    b.async_cancel("enough", asio::use_future).get();
    EXPECT_EQ(failure_of([&] { b.async_result(asio::use_future).get(); }), "cancelled: enough");
}

TEST_F(AsyncShop, FutureOfAConflict)
{
    shop_->start(answers, "a", 4);
    EXPECT_EQ(why_not([&] { shop_->async_start(answers, "a", 5, asio::use_future).get(); }), errc::conflict);
}

asio::awaitable<int> buys(engine& shop)
{
    auto a = co_await shop.async_start(answers, "a", 4, asio::use_awaitable);
    const std::string reply = co_await a.async_reply(asio::use_awaitable);
    const int result = co_await a.async_result(asio::use_awaitable);
    co_return static_cast<int>(reply.size()) + result;
}
TEST_F(AsyncShop, AwaitableGoesOnOnItsOwnExecutor)
{
    std::future<int> got = asio::co_spawn(io_, buys(*shop_), asio::use_future);
    io_.run();
    EXPECT_EQ(got.get(), 9);
}

asio::awaitable<run_state> looks_at(run<int, std::string> a)
{
    const run_status status = co_await a.async_status(asio::use_awaitable);
    co_return status.state;
}
TEST_F(AsyncShop, AwaitableOfStatus)
{
    const auto a = shop_->start(answers, "a", 4);
    a.result();
    std::future<run_state> got = asio::co_spawn(io_, looks_at(a), asio::use_future);
    io_.run();
    EXPECT_EQ(got.get(), run_state::completed);
}

asio::awaitable<void> gives_up(run<int> b) { co_await b.async_cancel("enough", asio::use_awaitable); }
TEST_F(AsyncShop, AwaitableOfCancel)
{
    const auto b = shop_->start(waits, "b", 4);
    std::future<void> got = asio::co_spawn(io_, gives_up(b), asio::use_future);
    io_.run();
    got.get();
    EXPECT_EQ(failure_of([&] { b.result(); }), "cancelled: enough");
}

TEST_F(AsyncShop, CallbackOfStartAndResult)
{
    std::promise<int> got;
    shop_->async_start(answers, "a", 4, [&](std::exception_ptr failure, run<int, std::string> a) {
        if (failure)
            return got.set_exception(failure);
        a.async_result([&](std::exception_ptr, int value) { got.set_value(value); });
    });
    EXPECT_EQ(got.get_future().get(), 8);
}

/// A callback that keeps what it is given.
template <class Value>
auto keeps(std::promise<Value>& got)
{
    return [&got](std::exception_ptr failure, Value value) {
        if (failure)
            got.set_exception(failure);
        else
            got.set_value(std::move(value));
    };
}

TEST_F(AsyncShop, CallbackOfReply)
{
    std::promise<std::string> got;
    shop_->start(answers, "a", 4).async_reply(keeps(got));
    EXPECT_EQ(got.get_future().get(), "4");
}

TEST_F(AsyncShop, CallbackOfStatus)
{
    std::promise<run_status> got;
    const auto a = shop_->start(answers, "a", 4);
    a.result();
    a.async_status(keeps(got));
    EXPECT_EQ(got.get_future().get().state, run_state::completed);
}

TEST_F(AsyncShop, CallbackOfCancel)
{
    std::promise<std::exception_ptr> got;
    const auto b = shop_->start(waits, "b", 4);
    b.async_cancel("enough", [&](std::exception_ptr failure) { got.set_value(failure); });
    EXPECT_EQ(got.get_future().get(), nullptr);
    EXPECT_EQ(failure_of([&] { b.result(); }), "cancelled: enough");
}

TEST_F(AsyncShop, CallbackHasTheFailure)
{
    std::promise<run_status> got;
    shop_->run(answers, "nobody").async_status(keeps(got));
    EXPECT_EQ(why_not([&] { got.get_future().get(); }), errc::not_found);
}

TEST_F(AsyncShop, CallbackIsNotCalledInsideTheCall)
{
    gate done;
    std::thread::id on;
    shop_->async_start(answers, "a", 4, [&](std::exception_ptr, const run<int, std::string>&) {
        on = std::this_thread::get_id();
        done.open();
    });
    done.wait();
    EXPECT_NE(on, std::this_thread::get_id());
}

TEST_F(AsyncShop, BlockingCallInACallbackWouldDeadlock)
{
    std::promise<errc> got;
    auto a = shop_->start(answers, "a", 4);
    a.async_result([&](std::exception_ptr, int) { got.set_value(why_not([&] { a.result(); })); });
    EXPECT_EQ(got.get_future().get(), errc::would_deadlock);
}

TEST_F(AsyncShop, CloseInACallbackWouldDeadlock)
{
    std::promise<errc> got;
    auto a = shop_->start(answers, "a", 4);
    a.async_result([&](std::exception_ptr, int) { got.set_value(why_not([&] { shop_->close(0ms); })); });
    EXPECT_EQ(got.get_future().get(), errc::would_deadlock);
}

TEST_F(AsyncShop, ClosingCompletesWhatWaits)
{
    auto b = shop_->start(waits, "b", 4);
    std::future<int> never = b.async_result(asio::use_future);
    EXPECT_TRUE(shop_->close(1h).empty());
    EXPECT_THROW(never.get(), engine_closed);
}
}
}
