#include <everstep/error.hpp>

#include "small_shop.hpp"

#include <gtest/gtest.h>

#include <set>
#include <type_traits>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

TEST(Error, EveryReasonHasANameOfItsOwn)
{
    std::set<std::string_view> names;
    for (auto code = static_cast<unsigned>(errc::closed); code <= static_cast<unsigned>(errc::bad_value); ++code)
        names.insert(name_of(static_cast<errc>(code)));
    EXPECT_EQ(names.size(), static_cast<unsigned>(errc::bad_value));
}

TEST(Error, WhatHasCodeAndText)
{
    const permanent_error e("no_stock", "sold out");
    EXPECT_STREQ(e.what(), "no_stock: sold out");
    EXPECT_EQ(e.code(), "no_stock");
    EXPECT_EQ(e.text(), "sold out");
}

TEST(Error, EngineClosedSaysWhatToDo)
{
    const engine_closed e;
    EXPECT_EQ(e.why(), errc::closed);
    EXPECT_NE(e.text().find("open"), std::string::npos);
}

TEST(Error, RetryAfterKeepsItsDelay) { EXPECT_EQ(retry_after(30s).delay(), 30s); }

workflow<std::string> looks_at_the_failure(context& ctx, int)
{
    std::string seen;
    const step_options twice{.retry = {.first = 0ms, .attempts = 2}};
    try
    {
        co_await ctx.step("before", [] {});
        co_await ctx.step("ship", twice, [] { throw std::runtime_error("no truck"); });
    }
    catch (const step_failed& e)
    {
        seen = e.code() + "|" + e.text() + "|" + e.step() + "|" + e.path() + "|" + std::to_string(e.attempts());
    }
    co_return seen;
}
TEST(StepFailed, SaysWhatFailedAndWhere)
{
    small_shop shop;
    EXPECT_EQ(shop.start(looks_at_the_failure, 1).result(), "std::runtime_error|no truck|ship|1|2");
}

workflow<int> is_told_for_good(context& ctx, int)
{
    auto& calls = ctx.use<std::atomic<int>>();
    try
    {
        co_await ctx.step("ship", at_once, [&] {
            ++calls;
            throw permanent_error{"no", "never"};
        });
    }
    catch (const step_failed&)
    {
    }
    co_return 1;
}
TEST(PermanentError, IsNotTriedAgain)
{
    std::atomic<int> calls{};
    small_shop shop;
    shop->provide(calls);
    shop.start(is_told_for_good, 1).result();
    EXPECT_EQ(calls, 1);
}

workflow<std::uint32_t> comes_later(context& ctx, int)
{
    const step_options slow{.retry = {.first = 1h, .attempts = 3}};
    co_return co_await ctx.step("ship", slow, [](attempt& a) {
        if (a.number() == 1)
            throw retry_after{1ms};
        return a.number();
    });
}
TEST(RetryAfter, ReplacesThePolicysDelay)
{
    small_shop shop;
    EXPECT_EQ(shop.start(comes_later, 1).result(), 2u);
}

static_assert(std::is_base_of_v<error, step_failed> && std::is_base_of_v<step_failed, timed_out>);
static_assert(std::is_base_of_v<std::exception, error>);
static_assert(!std::is_base_of_v<std::exception, cancelled>);
}
}
