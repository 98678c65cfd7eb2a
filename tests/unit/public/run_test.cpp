#include <everstep/run.hpp>

#include "small_shop.hpp"

#include <everstep/async.hpp>

#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <thread>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

workflow<int, std::string> answers(context& ctx, int from)
{
    const std::string text = std::to_string(from);
    co_await ctx.reply(text);
    co_return co_await ctx.step("twice", [&] { return from * 2; });
}
workflow<int, std::string> is_silent(context&, int from) { co_return from; }
workflow<int, std::string> gives_up(context& ctx, int from)
{
    co_await ctx.step("give up", [&] {
        if (from == 0)
            throw permanent_error{"no_stock", "sold out"};
    });
    co_return from;
}
workflow<int, std::string> waits(context& ctx, int from)
{
    co_await ctx.step("begin", [] {});
    co_await ctx.wait_forever();
    co_return from;
}
workflow<void> gives_nothing(context& ctx, int)
{
    co_await ctx.step("nothing", [] {});
}
workflow<int> blocks_shard(context& ctx, int)
{
    auto& shop = ctx.use<engine>();
    const step_options here{.retry = {.attempts = 1}, .place = step_place::shard};
    co_return co_await ctx.step("ask", here, [&] { return shop.run(answers, "other").result(); });
}

TEST(Run, ReplyComesBeforeTheEndAndStays)
{
    small_shop shop;
    auto a = shop.start(answers, 4);
    EXPECT_EQ(a.reply(), "4");
    EXPECT_EQ(a.result(), 8);
    EXPECT_EQ(a.reply(), "4");
    EXPECT_EQ(a.id(), "a");
}

TEST(Run, CompletedWithoutAReplyThrowsNoReply)
{
    small_shop shop;
    auto a = shop.start(is_silent, 4);
    EXPECT_THROW(a.reply(), no_reply);
    EXPECT_EQ(a.result(), 4);
}

TEST(Run, FailedRunSaysWhyFromReplyAndResult)
{
    small_shop shop;
    auto a = shop.start(gives_up, 0);
    EXPECT_EQ(failure_of([&] { a.result(); }), "no_stock: sold out");
    EXPECT_EQ(failure_of([&] { a.reply(); }), "no_stock: sold out");
}

TEST(Run, StatusOfACompletedRun)
{
    small_shop shop;
    auto a = shop.start(answers, 4);
    a.result();
    EXPECT_EQ(a.status().state, run_state::completed);
}

TEST(Run, StatusOfAFailedRunHasItsReason)
{
    small_shop shop;
    auto a = shop.start(gives_up, 0);
    EXPECT_THROW(a.result(), run_failed);
    const run_status now = a.status();
    EXPECT_EQ(now.state, run_state::failed);
    EXPECT_EQ(now.reason, "no_stock");
    EXPECT_EQ(now.text, "sold out");
}

TEST(Run, StatusOfAWaitingRunIsRunning)
{
    small_shop shop;
    EXPECT_EQ(shop.start(waits, 4).status().state, run_state::running);
}

TEST(Run, CancelledRunFailsWithTheReason)
{
    small_shop shop;
    auto a = shop.start(waits, 4);
    a.cancel("changed their mind");
    EXPECT_EQ(failure_of([&] { a.result(); }), "cancelled: changed their mind");
    EXPECT_EQ(failure_of([&] { a.reply(); }), "cancelled: changed their mind");
    EXPECT_EQ(a.status().state, run_state::cancelled);
}

TEST(Run, CancelOfAnEndedRunChangesNothing)
{
    small_shop shop;
    auto a = shop.start(answers, 4);
    EXPECT_EQ(a.result(), 8);
    a.cancel("too late");
    EXPECT_EQ(a.status().state, run_state::completed);
    EXPECT_EQ(a.result(), 8);
}

TEST(Run, ResumeOfARunThatIsNotParkedChangesNothing)
{
    small_shop shop;
    auto a = shop.start(waits, 4);
    a.resume("why not");
    EXPECT_EQ(a.status().state, run_state::running);
}

TEST(Run, HandleOfNoRunIsNotFoundFromEveryCall)
{
    small_shop shop;
    shop->add("it", answers);
    shop->open();
    const auto none = shop->run(answers, "none");
    EXPECT_EQ(why_not([&] { none.reply(); }), errc::not_found);
    EXPECT_EQ(why_not([&] { none.result(); }), errc::not_found);
    EXPECT_EQ(why_not([&] { none.status(); }), errc::not_found);
    EXPECT_EQ(why_not([&] { none.cancel(); }), errc::not_found);
    EXPECT_EQ(why_not([&] { none.resume(); }), errc::not_found);
}

/// Every call of a handle, blocking and not.
template <class Handle>
std::vector<errc> every_refusal(const Handle& a)
{
    namespace asio = boost::asio;
    return {why_not([&] { a.reply(); }),
            why_not([&] { a.result(); }),
            why_not([&] { a.status(); }),
            why_not([&] { a.cancel(); }),
            why_not([&] { a.resume(); }),
            why_not([&] { a.async_reply(asio::use_future).get(); }),
            why_not([&] { a.async_result(asio::use_future).get(); }),
            why_not([&] { a.async_status(asio::use_future).get(); }),
            why_not([&] { a.async_cancel({}, asio::use_future).get(); }),
            why_not([&] { a.async_resume({}, asio::use_future).get(); })};
}

TEST(Run, EveryCallOnAClosedEngineIsClosed)
{
    small_shop shop;
    auto a = shop.start(answers, 4);
    a.result();
    shop->close(1h);
    EXPECT_EQ(every_refusal(a), std::vector<errc>(10, errc::closed));
}

TEST(Run, EveryCallOnAnEngineThatIsGoneIsClosed)
{
    small_shop shop;
    auto a = shop.start(answers, 4);
    a.result();
    shop.reset();
    EXPECT_EQ(every_refusal(a), std::vector<errc>(10, errc::closed));
}

TEST(Run, ClosingEndsABlockingWait)
{
    small_shop shop;
    auto a = shop.start(waits, 4);
    errc why{};
    std::jthread waiting([&] { why = why_not([&] { a.result(); }); });
    EXPECT_TRUE(shop->close(1h).empty());
    waiting.join();
    EXPECT_EQ(why, errc::closed);
}

TEST(Run, ManyThreadsMayWaitForOneRun)
{
    small_shop shop;
    auto a = shop.start(answers, 4);
    std::vector<int> got(8);
    {
        std::vector<std::jthread> threads;
        for (int& to : got)
            threads.emplace_back([&a, &to] { to = a.result(); });
    }
    EXPECT_EQ(got, std::vector<int>(8, 8));
}

TEST(Run, ResultOfNothingReturns)
{
    small_shop shop;
    EXPECT_NO_THROW(shop.start(gives_nothing, 1).result());
}

TEST(Run, BlockingCallFromAShardWouldDeadlock)
{
    small_shop shop;
    shop->provide(*shop);
    shop->add("answers", answers);
    EXPECT_EQ(failure_of([&] { shop.start(blocks_shard, 1).result(); }).substr(0, 15), "would_deadlock:");
}
}
}
