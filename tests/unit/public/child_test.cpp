// Children as users write them, over an engine in memory.

#include <everstep/child.hpp>
#include <everstep/engine.hpp>

#include <boost/describe.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace everstep
{
namespace
{
workflow<std::string> echoes(context&, std::string text) { co_return text + "!"; }
workflow<void> says_nothing(context&, int n)
{
    if (n < 0)
        throw permanent_error("negative", "less than nothing");
    co_return;
}
workflow<int> not_added(context&, int n) { co_return n; }

workflow<std::string> asks_both(context& ctx, int)
{
    const auto one = co_await ctx.start_child(echoes, "e-1", "one");
    const auto two = co_await ctx.start_child(echoes, "e-2", "two");
    const std::string second = co_await two.result(), first = co_await one.result();
    co_await ctx.call(says_nothing, "n-1", 1);
    co_return one.id() + " " + first + second;
}
workflow<int> says_no_text(context&, int)
{
    throw std::runtime_error("\xE9" + std::string(5'000, 'x') + "\xC3\xA4");
    co_return 1;
}
workflow<std::string> asks_for_no_text(context& ctx, int)
{
    std::string why;
    try
    {
        co_await ctx.call(says_no_text, "t", 1);
    }
    catch (const child_failed& e)
    {
        why = e.text().substr(0, 4);
    }
    co_return why;
}
workflow<std::string> asks_wrongly(context& ctx, int how)
{
    std::string why;
    try
    {
        if (how == 0)
            co_await ctx.call(says_nothing, "n-2", -1);
        if (how == 1)
            co_await ctx.call(not_added, "x", 1);
        if (how == 2)
            co_await ctx.call(says_nothing, "", 1);
    }
    catch (const error& e)
    {
        why = e.code();
    }
    co_return why;
}

struct kept
{
    std::optional<child_reference> open;
};
BOOST_DESCRIBE_STRUCT(kept, (), (open))

workflow<std::string> hands_on(context& ctx, kept before)
{
    if (before.open)
        co_return co_await ctx.child<std::string>(*before.open).result();
    const auto one = co_await ctx.start_child(echoes, "e-3", "three");
    const kept next{one.reference()};
    co_await ctx.continue_as_new(next);
    co_return "never";
}

class Child : public ::testing::Test
{
protected:
    Child()
    {
        shop_.add("echoes", echoes).add("says_nothing", says_nothing).add("asks_both", asks_both).add("asks_wrongly", asks_wrongly);
        shop_.add("hands_on", hands_on).add("no_text", says_no_text).add("asks_for_no_text", asks_for_no_text);
        shop_.open();
    }
    engine shop_{{.journal = ":memory:", .log = [](const log_line&) {}}};
};

TEST_F(Child, ResultsAreAwaitedInAnyOrder)
{
    EXPECT_EQ(shop_.start(asks_both, "a", 0).result(), "e-1 one!two!");
}

TEST_F(Child, AFailureIsThrownWithTheCodeOfTheChild)
{
    EXPECT_EQ(shop_.start(asks_wrongly, "a", 0).result(), "negative");
}

TEST_F(Child, WhatIsNoTextIsMadeOneForTheParent)
{
    EXPECT_EQ(shop_.start(asks_for_no_text, "a", 0).result(), "\xEF\xBF\xBDx");
}

TEST_F(Child, OneThatWasNotAddedOrHasNoIdIsRefused)
{
    EXPECT_EQ(shop_.start(asks_wrongly, "a", 1).result(), "wrong_use");
    EXPECT_EQ(shop_.start(asks_wrongly, "b", 2).result(), "limit");
}

TEST_F(Child, ARunThatContinuesMayHandOneOn)
{
    EXPECT_EQ(shop_.start(hands_on, "a", {}).result(), "three!");
}
}
}
