#include <everstep/fiber.hpp>

#include "engine/fiber_place.hpp"
#include "engine/io_place.hpp"
#include "engine/pool_place.hpp"
#include "place_jobs.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <type_traits>

namespace
{
using namespace everstep;
using namespace everstep::core;
namespace asio = boost::asio;

template <class Signature, class Begin>
decltype(auto) yield_with(Begin begin)
{
    return asio::async_initiate<const fiber_yield_t, Signature>(begin, fiber_yield);
}

class FiberYield : public testing::Test
{
protected:
    ~FiberYield() override { place_.stop(); }

    /// Runs a body on a fiber.
    body_job& run(made_operation::body does)
    {
        jobs_.add("step", std::move(does));
        place_.submit(jobs_.all());
        home_.await(1);
        return *home_.back()[0];
    }

    inflight_map inflight_;
    waiting_room home_;
    job_list jobs_{home_};
    io_place io_{inflight_};
    pool_place pool_{{.threads_min = 1}, inflight_};
    fiber_place place_{{.blocks_after = std::chrono::hours{1}}, pool_, inflight_, nullptr};
};

TEST_F(FiberYield, ValueIsReturned)
{
    EXPECT_EQ(run([](attempt&) { return yield_with<void(std::string)>([](auto handler) { handler("17"); }); }).encoded,
              "17");
}

TEST_F(FiberYield, CompletionOnAnotherThreadWakesTheBody)
{
    const body_job& job = run(
        [this](attempt&)
        {
            return yield_with<void(std::string)>(
                [this](auto handler) { asio::post(io_.executor(), [h = std::move(handler)]() mutable { h("17"); }); });
        });
    EXPECT_EQ(job.encoded, "17");
}

TEST_F(FiberYield, SeveralValuesAreATuple)
{
    const body_job& job = run(
        [](attempt&)
        {
            const auto [number, text] = yield_with<void(int, std::string)>([](auto handler) { handler(4, "x"); });
            return std::to_string(number) + text;
        });
    EXPECT_EQ(job.encoded, "4x");
}

TEST_F(FiberYield, ErrorCodeIsThrown)
{
    const body_job& job = run(
        [](attempt&)
        {
            return yield_with<void(boost::system::error_code, std::string)>(
                [](auto handler) { handler(asio::error::eof, ""); });
        });
    EXPECT_EQ(job.code, "boost::system::system_error");
}

TEST_F(FiberYield, GoodErrorCodeLeavesTheValue)
{
    const body_job& job = run(
        [](attempt&)
        {
            return yield_with<void(boost::system::error_code, std::string)>(
                [](auto handler) { handler(boost::system::error_code(), "17"); });
        });
    EXPECT_EQ(job.encoded, "17");
}

TEST_F(FiberYield, ExceptionIsRethrown)
{
    const body_job& job = run(
        [](attempt&)
        {
            yield_with<void(std::exception_ptr)>([](auto handler)
                                                 { handler(std::make_exception_ptr(std::out_of_range("far"))); });
            return "not reached";
        });
    EXPECT_EQ(job.code, "std::out_of_range");
}

TEST_F(FiberYield, OperationThatIsDroppedThrows)
{
    const body_job& job = run([](attempt&) { return yield_with<void(std::string)>([](auto) {}); });
    EXPECT_EQ(job.code, "boost::system::system_error");
    EXPECT_NE(job.text.find("dropped"), std::string::npos);
}

TEST_F(FiberYield, ExceptionOfTheInitiationPasses)
{
    const body_job& job = run(
        [](attempt&)
        {
            return yield_with<void(std::string)>([](auto) { throw std::out_of_range("no begin"); });
        });
    EXPECT_EQ(job.code, "std::out_of_range");
}

TEST_F(FiberYield, ValueNeedsNoDefaultConstructor)
{
    struct sealed
    {
        explicit sealed(int given) : value(given) {}
        int value;
    };
    const body_job& job = run(
        [](attempt&)
        { return std::to_string(yield_with<void(sealed)>([](auto handler) { handler(sealed{5}); }).value); });
    EXPECT_EQ(job.encoded, "5");
}

TEST_F(FiberYield, TimerOfAsioIsWaitedFor)
{
    const body_job& job = run(
        [this](attempt&)
        {
            asio::steady_timer timer(io_.context(), std::chrono::microseconds{1});
            timer.async_wait(fiber_yield);
            return "rang";
        });
    EXPECT_EQ(job.encoded, "rang");
}

TEST_F(FiberYield, CancelledTimerThrowsOperationAborted)
{
    const body_job& job = run(
        [this](attempt&)
        {
            asio::steady_timer timer(io_.context(), std::chrono::hours{1});
            yield_with<void(boost::system::error_code)>(
                [&](auto handler)
                {
                    asio::post(io_.executor(),
                               [&timer, h = std::move(handler)]() mutable
                               {
                                   timer.async_wait(std::move(h));
                                   timer.cancel();
                               });
                });
            return "rang";
        });
    EXPECT_EQ(job.code, "boost::system::system_error");
}

TEST_F(FiberYield, ResultTypesFollowTheSignature)
{
    using returns_nothing = decltype(yield_with<void(boost::system::error_code)>([](auto) {}));
    using returns_text = decltype(yield_with<void(std::exception_ptr, std::string)>([](auto) {}));
    EXPECT_TRUE(std::is_void_v<returns_nothing>);
    EXPECT_TRUE((std::is_same_v<returns_text, std::string>));
}
}
