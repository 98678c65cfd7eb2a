#include <everstep/async.hpp>

#include "engine/io_place.hpp"
#include "place_jobs.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <stdexcept>

namespace
{
using namespace everstep;
using namespace everstep::core;
namespace asio = boost::asio;

/// What async_submit does, with an answer at hand instead of an engine.
template <class Tag, class Token>
auto async_answer(Tag tag, detail::answer given, const asio::any_io_executor& fallback, Token&& token)
{
    return asio::async_initiate<Token, typename detail::completes_with<Tag>::signature>(
        [](auto handler, Tag to, detail::answer what, const asio::any_io_executor& on)
        {
            auto held = std::make_unique<detail::completion<Tag, decltype(handler)>>(std::move(to), std::weak_ptr<detail::engine_core>(),
                                                                                      std::move(handler), on);
            held->take(std::move(what));
        },
        token, std::move(tag), std::move(given), fallback);
}

detail::answer value(std::string bytes)
{
    detail::answer a;
    a.bytes = std::move(bytes);
    return a;
}

detail::answer failure()
{
    detail::answer a;
    a.what = detail::answer_kind::run_failed;
    a.code = "no_stock";
    a.text = "sold out";
    return a;
}

class Async : public testing::Test
{
protected:
    asio::io_context context_{1};
};

TEST_F(Async, CallbackGetsTheDecodedValue)
{
    int got = 0;
    async_answer(detail::answer_as<int>{}, value("17"), context_.get_executor(), [&](std::exception_ptr, int v) { got = v; });
    EXPECT_EQ(got, 0) << "completed inside the call";
    context_.run();
    EXPECT_EQ(got, 17);
}

TEST_F(Async, CallbackGetsTheFailure)
{
    std::exception_ptr got;
    async_answer(detail::answer_as<int>{}, failure(), context_.get_executor(), [&](std::exception_ptr e, int) { got = e; });
    context_.run();
    EXPECT_THROW(std::rethrow_exception(got), run_failed);
}

TEST_F(Async, BytesThatCannotBeDecodedAreAFailure)
{
    std::exception_ptr got;
    async_answer(detail::answer_as<int>{}, value("\"text\""), context_.get_executor(),
                 [&](std::exception_ptr e, int) { got = e; });
    context_.run();
    EXPECT_THROW(std::rethrow_exception(got), codec_error);
}

TEST_F(Async, VoidCompletesWithTheExceptionAlone)
{
    int calls = 0;
    async_answer(detail::answer_as<void>{}, value(""), context_.get_executor(), [&](std::exception_ptr e) { calls += e ? 10 : 1; });
    context_.run();
    EXPECT_EQ(calls, 1);
}

TEST_F(Async, StatusIsHandedOn)
{
    run_status got;
    detail::answer a;
    a.status.state = run_state::parked;
    async_answer(detail::answer_as<run_status>{}, std::move(a), context_.get_executor(),
                 [&](std::exception_ptr, run_status s) { got = std::move(s); });
    context_.run();
    EXPECT_EQ(got.state, run_state::parked);
}

TEST_F(Async, StartCompletesWithTheRun)
{
    std::string got;
    async_answer(detail::answer_run<int, void>{nullptr, "o-17"}, value(""), context_.get_executor(),
                 [&](std::exception_ptr, run<int, void> r) { got = r.id(); });
    context_.run();
    EXPECT_EQ(got, "o-17");
}

TEST_F(Async, MoveOnlyHandlerIsTaken)
{
    int got = 0;
    async_answer(detail::answer_as<int>{}, value("17"), context_.get_executor(),
                 [&, only = std::make_unique<int>(1)](std::exception_ptr, int v) { got = v * *only; });
    context_.run();
    EXPECT_EQ(got, 17);
}

TEST_F(Async, HandlersOwnExecutorIsUsed)
{
    asio::io_context other{1};
    bool on_other = false;
    async_answer(detail::answer_as<int>{}, value("17"), context_.get_executor(),
                 asio::bind_executor(other.get_executor(), [&](std::exception_ptr, int)
                                     { on_other = other.get_executor().running_in_this_thread(); }));
    context_.run();
    EXPECT_FALSE(on_other);
    other.run();
    EXPECT_TRUE(on_other);
}

TEST_F(Async, PendingCallKeepsItsExecutorAtWork)
{
    auto handler = asio::bind_executor(context_.get_executor(), [](std::exception_ptr, int) {});
    auto pending = std::make_unique<detail::completion<detail::answer_as<int>, decltype(handler)>>(
        detail::answer_as<int>{}, std::weak_ptr<detail::engine_core>(), std::move(handler), asio::system_executor());
    context_.poll();
    EXPECT_FALSE(context_.stopped());
    pending->take(value("17"));
    pending.reset();
    context_.poll();
    EXPECT_TRUE(context_.stopped());
}

TEST_F(Async, FutureGetsTheValue)
{
    auto future = async_answer(detail::answer_as<std::string>{}, value("\"x\""), context_.get_executor(), asio::use_future);
    context_.run();
    EXPECT_EQ(future.get(), "x");
}

TEST_F(Async, FutureGetsTheFailure)
{
    auto future = async_answer(detail::answer_as<int>{}, failure(), context_.get_executor(), asio::use_future);
    context_.run();
    EXPECT_THROW(future.get(), run_failed);
}

TEST_F(Async, AwaitableGetsTheValue)
{
    int got = 0;
    auto work = [&]() -> asio::awaitable<void>
    { got = co_await async_answer(detail::answer_as<int>{}, value("17"), context_.get_executor(), asio::use_awaitable); };
    asio::co_spawn(context_, work(), [](std::exception_ptr) {});
    context_.run();
    EXPECT_EQ(got, 17);
}

TEST_F(Async, CallOfAnEngineThatIsGoneIsClosed)
{
    run<int, void> gone(std::weak_ptr<detail::engine_core>(), nullptr, "o-17");
    std::promise<std::exception_ptr> got;
    gone.async_cancel("", [&](std::exception_ptr e) { got.set_value(e); });
    EXPECT_THROW(std::rethrow_exception(got.get_future().get()), engine_error);
}

/// Bodies that return awaitables, on an io thread.
class AwaitedBody : public testing::Test
{
protected:
    ~AwaitedBody() override { io_.stop(); }

    template <class Body>
    body_job& begin(Body body)
    {
        using returned = std::invoke_result_t<Body&, attempt&>;
        body_job& job = jobs_.add_spawned("step", [body](attempt& a, void* executor, detail::body_sink& sink) mutable
                                          { detail::awaited_body<returned>::spawn(body, a, executor, sink); });
        io_.submit(jobs_.all());
        return job;
    }
    template <class Body>
    body_job& run(Body body)
    {
        body_job& job = begin(std::move(body));
        home_.await(1);
        return job;
    }

    inflight_map inflight_;
    waiting_room home_;
    job_list jobs_{home_};
    io_place io_{inflight_};
};

TEST_F(AwaitedBody, ResultIsEncoded)
{
    EXPECT_EQ(run([](attempt&) -> asio::awaitable<int> { co_return 17; }).encoded, "17");
}

TEST_F(AwaitedBody, ResultNeedsNoDefaultConstructorToFail)
{
    const body_job& job = run([](attempt&) -> asio::awaitable<std::string>
                              { throw std::out_of_range("far"); co_return ""; });
    EXPECT_EQ(job.code, "std::out_of_range");
}

TEST_F(AwaitedBody, VoidIsNull)
{
    EXPECT_EQ(run([](attempt&) -> asio::awaitable<void> { co_return; }).encoded, "null");
}

TEST_F(AwaitedBody, RunsOnTheIoThread)
{
    bool there = false;
    run(
        [&](attempt&) -> asio::awaitable<void>
        {
            there = io_.on_thread();
            co_return;
        });
    EXPECT_TRUE(there);
}

TEST_F(AwaitedBody, WaitsWithoutHoldingTheThread)
{
    const body_job& job = run(
        [](attempt&) -> asio::awaitable<int>
        {
            asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::microseconds{1});
            co_await timer.async_wait(asio::use_awaitable);
            co_return 5;
        });
    EXPECT_EQ(job.encoded, "5");
}

TEST_F(AwaitedBody, StopCancelsWhatItAwaits)
{
    std::promise<void> waits;
    body_job& job = begin(
        [&](attempt&) -> asio::awaitable<int>
        {
            asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours{1});
            waits.set_value();
            co_await timer.async_wait(asio::use_awaitable);
            co_return 5;
        });
    waits.get_future().wait();
    job.ask_to_stop();
    home_.await(1);
    EXPECT_EQ(job.end, body_end::failed);
    EXPECT_EQ(job.code, "boost::system::system_error");
}

TEST_F(AwaitedBody, StopBeforeTheBeginCancelsToo)
{
    body_job& job = jobs_.add_spawned("step",
                                      [](attempt& a, void* executor, detail::body_sink& sink)
                                      {
                                          auto body = [](attempt&) -> asio::awaitable<int>
                                          {
                                              asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours{1});
                                              co_await timer.async_wait(asio::use_awaitable);
                                              co_return 5;
                                          };
                                          detail::awaited_body<asio::awaitable<int>>::spawn(body, a, executor, sink);
                                      });
    job.ask_to_stop();
    io_.submit(jobs_.all());
    home_.await(1);
    EXPECT_EQ(job.end, body_end::failed);
}

TEST_F(AwaitedBody, AwaitableOfAnotherExecutorIsRefused)
{
    using pool_awaitable = asio::awaitable<int, asio::thread_pool::executor_type>;
    const body_job& job = run([](attempt&) -> pool_awaitable { co_return 1; });
    EXPECT_EQ(job.code, "wrong_use");
}

TEST_F(AwaitedBody, AwaitableOfTheIoContextIsTaken)
{
    using context_awaitable = asio::awaitable<int, asio::io_context::executor_type>;
    EXPECT_EQ(run([](attempt&) -> context_awaitable { co_return 3; }).encoded, "3");
}

TEST_F(AwaitedBody, LocalsAreGoneBeforeTheJobGoesHome)
{
    auto alive = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = alive;
    run(
        [held = std::move(alive)](attempt&) mutable -> asio::awaitable<void>
        {
            const auto local = std::exchange(held, nullptr);
            co_return;
        });
    EXPECT_TRUE(watch.expired());
}
}
