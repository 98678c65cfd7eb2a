#include <everstep/detached.hpp>

#include "small_shop.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

int sum_of(int a, const std::string& b) { return a + static_cast<int>(b.size()); }
std::string token_of(attempt& a) { return a.token(); }
void throws_for(int cents) { throw permanent_error("no_money", std::to_string(cents)); }

workflow<int> calls_a_function(context& ctx, int n) { co_return co_await ctx.detached("sum", sum_of, n, "four"); }
workflow<int> calls_a_lambda(context& ctx, int n)
{
    co_return co_await ctx.detached("sum", once, [](attempt& a, int from) { return from + static_cast<int>(a.number()); }, n);
}
workflow<int> sees_its_attempt(context& ctx, int)
{
    const std::string token = co_await ctx.detached("token", token_of);
    co_return static_cast<int>(token.size());
}
workflow<int> calls_a_thrower(context& ctx, int n)
{
    co_await ctx.detached("charge", throws_for, n);
    co_return 1;
}

TEST(Detached, FunctionIsGivenItsArguments) { EXPECT_EQ(small_shop().start(calls_a_function, 13).result(), 17); }
TEST(Detached, LambdaIsGivenItsArguments) { EXPECT_EQ(small_shop().start(calls_a_lambda, 16).result(), 17); }
TEST(Detached, ActivityMaySeeItsAttempt) { EXPECT_EQ(small_shop().start(sees_its_attempt, 1).result(), 32); }
TEST(Detached, ActivityThrowsAsAStep)
{
    EXPECT_EQ(failure_of([] { small_shop().start(calls_a_thrower, 5).result(); }), "no_money: 5");
}

/// Ignores its stop.
int stubborn(attempt& a)
{
    auto& door = a.use<turnstile>();
    door.began.open();
    door.may_end.wait();
    return 1;
}
workflow<std::string> does_not_wait(context& ctx, int)
{
    const step_options hurried{.retry = {.attempts = 1}, .timeout = 1ms};
    try
    {
        co_await ctx.detached("stubborn", hurried, stubborn);
    }
    catch (const timed_out& e)
    {
        co_return e.text();
    }
    co_return "it ended";
}

TEST(Detached, TimeOutLeavesTheBodyBehindAndCloseNamesIt)
{
    turnstile door;
    small_shop shop;
    shop->provide(door);
    EXPECT_EQ(shop.start(does_not_wait, 1).result(), "no result within 1 ms; the body was left behind and may still run");
    door.began.wait();
    EXPECT_EQ(shop->close(0ms), std::vector<std::string>{"it/a step stubborn"});
    door.may_end.open();
}

workflow<int> waits_for_stubborn(context& ctx, int) { co_return co_await ctx.detached("stubborn", stubborn); }

TEST(Detached, CancelLeavesTheBodyBehind)
{
    turnstile door;
    small_shop shop;
    shop->provide(door);
    auto a = shop.start(waits_for_stubborn, 1);
    door.began.wait();
    a.cancel("enough");
    EXPECT_EQ(failure_of([&] { a.result(); }), "cancelled: enough");
    door.may_end.open();
    shop.wait_for_line("left behind and has ended");
}
}
}
