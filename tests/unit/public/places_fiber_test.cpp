// What a body may do wrong on a fiber of a real engine. Of the other places: places_test.cpp.

#include "small_shop.hpp"

#include <gtest/gtest.h>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

constexpr step_options on_fiber{.retry = {.attempts = 1}, .place = step_place::fiber};

workflow<int> throws_an_int(context& ctx, int)
{
    co_return co_await ctx.step("there", on_fiber, []() -> int { throw 17; });
}
workflow<int> ignores_its_stop(context& ctx, int from)
{
    auto& door = ctx.use<turnstile>();
    co_return co_await ctx.step("deaf", on_fiber, [&] {
        door.began.open();
        door.may_end.wait();
        return from;
    });
}

TEST(ThrownInt, IsNamedByItsTypeInFiber)
{
    small_shop shop;
    EXPECT_EQ(failure_of([&] { shop.start(throws_an_int, 1).result(); }),
              "int: threw a value of type int, which is no std::exception");
}
TEST(IgnoredStop, IsCountedOnceInFiber)
{
    turnstile door;
    small_shop shop(":memory:", [](engine_options& options) { options.stop_grace = 1ms; });
    shop->provide(door);
    const auto a = shop.start(ignores_its_stop, 1);
    door.began.wait();
    a.cancel("enough");
    shop.wait_for_line("was asked to stop and goes on");
    door.may_end.open();
    EXPECT_EQ(failure_of([&] { a.result(); }), "cancelled: enough");
    EXPECT_EQ(shop->metrics().bodies_ignoring_stop, 1u);
}
}
}
