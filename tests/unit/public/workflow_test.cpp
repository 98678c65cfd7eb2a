#include <everstep/workflow.hpp>

#include "small_shop.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <type_traits>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

enum class thrown_thing : std::uint8_t
{
    std_exception,
    number,
    text,
    own_type,
    permanent,
    nothing_at_all
};
BOOST_DESCRIBE_ENUM(thrown_thing, std_exception, number, text, own_type, permanent, nothing_at_all)

struct own_type
{
};

void throw_it(thrown_thing what)
{
    switch (what)
    {
    case thrown_thing::std_exception: throw std::runtime_error("as ever");
    case thrown_thing::number: throw 17;
    case thrown_thing::text: throw "text";
    case thrown_thing::own_type: throw own_type{};
    case thrown_thing::permanent: throw permanent_error{"no_stock", "sold out"};
    case thrown_thing::nothing_at_all: return;
    }
}

workflow<int> throws_itself(context& ctx, thrown_thing what)
{
    co_await ctx.step("before", [] {});
    throw_it(what);
    co_return 1;
}
workflow<int> throws_at_once(context&, thrown_thing what)
{
    throw_it(what);
    co_return 1;
}
workflow<int> throws_in_a_step(context& ctx, thrown_thing what)
{
    co_await ctx.step("throw", once, [&] { throw_it(what); });
    co_return 1;
}
workflow<int> inner(context& ctx, const thrown_thing& what)
{
    co_await ctx.step("inner", [] {});
    throw_it(what);
    co_return 2;
}
workflow<int> catches_the_inner(context& ctx, thrown_thing what)
{
    try
    {
        co_return co_await inner(ctx, what);
    }
    catch (...)
    {
        co_return 17;
    }
}

std::string code_of(const std::string& failure) { return failure.substr(0, failure.find(": ")); }

class Thrown : public testing::TestWithParam<std::pair<thrown_thing, std::string>>
{
protected:
    thrown_thing what() const { return GetParam().first; }
    const std::string& code() const { return GetParam().second; }
};

TEST_P(Thrown, FromTheBodyOfAWorkflowFailsItsRun)
{
    small_shop shop;
    EXPECT_EQ(code_of(failure_of([&] { shop.start(throws_itself, what()).result(); })), code());
}
TEST_P(Thrown, BeforeTheFirstWaitFailsItsRun)
{
    small_shop shop;
    EXPECT_EQ(code_of(failure_of([&] { shop.start(throws_at_once, what()).result(); })), code());
}
TEST_P(Thrown, FromAStepFailsItsRun)
{
    small_shop shop;
    EXPECT_EQ(code_of(failure_of([&] { shop.start(throws_in_a_step, what()).result(); })), code());
}
TEST_P(Thrown, FromASubCoroutineMayBeCaught)
{
    small_shop shop;
    EXPECT_EQ(shop.start(catches_the_inner, what()).result(), 17);
}
TEST_P(Thrown, TouchesNoOtherRun)
{
    small_shop shop;
    failure_of([&] { shop.start(throws_itself, what()).result(); });
    EXPECT_EQ(shop->start(throws_itself, "b", thrown_thing::nothing_at_all).result(), 1);
}

INSTANTIATE_TEST_SUITE_P(Every, Thrown,
                         testing::Values(std::pair{thrown_thing::std_exception, std::string("std::runtime_error")},
                                         std::pair{thrown_thing::number, std::string("int")},
                                         std::pair{thrown_thing::text, std::string("char const*")},
                                         std::pair{thrown_thing::own_type, std::string("everstep::test::(anonymous namespace)::own_type")},
                                         std::pair{thrown_thing::permanent, std::string("no_stock")}),
                         [](const auto& what) { return boost::describe::enum_to_string(what.param.first, "none"); });

workflow<int> counts_down(context& ctx, const int& from)
{
    if (from == 0)
        co_return 0;
    const int less = from - 1;
    const int below = co_await counts_down(ctx, less);
    co_return below + 1;
}
workflow<int> goes_deep(context& ctx, int from)
{
    co_return co_await counts_down(ctx, from);
}
TEST(Workflow, SubCoroutinesMayBeNestedDeeply)
{
    small_shop shop;
    EXPECT_EQ(shop.start(goes_deep, 1'000).result(), 1'000);
}

workflow<void> nothing(context& ctx, int)
{
    co_await ctx.step("nothing", [] {});
}
workflow<int> awaits_nothing(context& ctx, int from)
{
    co_await nothing(ctx, from);
    co_return from;
}
TEST(Workflow, SubCoroutineMayGiveNothing)
{
    small_shop shop;
    EXPECT_EQ(shop.start(awaits_nothing, 4).result(), 4);
}

workflow<int> many_steps(context& ctx, int count)
{
    int sum = 0;
    const step_options here{.place = step_place::shard};
    for (int n = 0; n < count; ++n)
        sum += co_await ctx.step("one", here, [] { return 1; });
    co_return sum;
}
TEST(Workflow, ManyStepsDoNotGrowTheStack)
{
    small_shop shop;
    EXPECT_EQ(shop.start(many_steps, 2'000).result(), 2'000);
}
TEST(Workflow, HistoryOverItsLimitParksTheRun)
{
    small_shop shop(":memory:", [](engine_options& o) { o.history_entries_max = 20; });
    auto a = shop.start(many_steps, 100);
    EXPECT_EQ(code_of(failure_of([&] { a.result(); })), "limits");
    EXPECT_EQ(a.status().state, run_state::parked);
}

workflow<int> swallows(context& ctx, int)
{
    try
    {
        co_await ctx.wait_forever();
    }
    catch (const cancelled&)
    {
    }
    co_await ctx.sleep_for(1h);
    co_return 1;
}
TEST(Workflow, SwallowedCancelIsThrownAtTheNextWait)
{
    small_shop shop;
    auto a = shop.start(swallows, 1);
    a.cancel("enough");
    EXPECT_EQ(failure_of([&] { a.result(); }), "cancelled: enough");
}

static_assert(!std::is_copy_constructible_v<workflow<int>>);
static_assert(std::is_same_v<workflow<int, long>::reply_type, long>);
static_assert(std::is_void_v<workflow<int>::reply_type>);
}
}
