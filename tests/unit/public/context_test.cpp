#include <everstep/context.hpp>

#include "small_shop.hpp"
#include "store_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

workflow<int> sums(context& ctx, int count)
{
    int sum = 0;
    for (int n = 1; n <= count; ++n)
    {
        const std::string name = "line " + std::to_string(n);
        sum += co_await ctx.step(name, [&] { return n; });
    }
    co_return sum;
}
TEST(Context, StepNamesMayBeMadeAtRunTime)
{
    small_shop shop;
    EXPECT_EQ(shop.start(sums, 4).result(), 10);
}

workflow<std::unique_ptr<int>> moves(context& ctx, int from)
{
    std::unique_ptr<int> box = co_await ctx.step("box", [&] { return std::make_unique<int>(from); });
    ++*box;
    co_return std::move(box);
}
TEST(Context, ResultsMayBeMoveOnly)
{
    small_shop shop;
    EXPECT_EQ(*shop.start(moves, 4).result(), 5);
}

workflow<int> empty_name(context& ctx, int)
{
    const std::string name;
    co_await ctx.step(name, [] {});
    co_return 1;
}
TEST(Context, EmptyNameMadeAtRunTimeParksTheRun)
{
    small_shop shop;
    auto a = shop.start(empty_name, 1);
    EXPECT_EQ(failure_of([&] { a.result(); }).substr(0, 7), "limits:");
    EXPECT_EQ(a.status().state, run_state::parked);
}

workflow<int> long_name(context& ctx, int size)
{
    const std::string name(static_cast<std::size_t>(size), 'n');
    co_await ctx.step(name, [] {});
    co_return 1;
}
TEST(Context, NameOf128BytesIsTaken)
{
    small_shop shop;
    EXPECT_EQ(shop.start(long_name, 128).result(), 1);
}
TEST(Context, LongerNameParksTheRun)
{
    small_shop shop;
    EXPECT_EQ(failure_of([&] { shop.start(long_name, 129).result(); }).substr(0, 7), "limits:");
}

struct chance
{
    std::uint64_t number{};
    std::string uuid;
    std::int64_t now{};
    std::string id;
};
BOOST_DESCRIBE_STRUCT(chance, (), (number, uuid, now, id))

workflow<chance, chance> draws(context& ctx, int)
{
    chance drawn{ctx.random(), ctx.uuid(), ctx.now().time_since_epoch().count(), std::string(ctx.run_id())};
    co_await ctx.reply(drawn);
    co_await ctx.sleep_for(1us);
    co_return drawn;
}
TEST(Context, RandomAndUuidAndNowAreTheSameInReplay)
{
    const store_directory directory;
    // Evicted at every wait, so that what the run returns was drawn in its replay.
    small_shop shop(directory / "journal", [](engine_options& o) { o.resident_wait_max = 0ms; });
    auto a = shop.start(draws, 1);
    const chance first = a.reply();
    const chance last = a.result();
    EXPECT_EQ(last.number, first.number);
    EXPECT_EQ(last.uuid, first.uuid);
    EXPECT_EQ(last.now, first.now);
    EXPECT_EQ(last.id, "a");
}
TEST(Context, RunsDrawDifferently)
{
    small_shop shop;
    const chance one = shop.start(draws, 1).result();
    const chance two = shop->start(draws, "b", 1).result();
    EXPECT_NE(one.number, two.number);
    EXPECT_NE(one.uuid, two.uuid);
}
TEST(Context, UuidIsOfVersionFour)
{
    small_shop shop;
    const std::string uuid = shop.start(draws, 1).result().uuid;
    ASSERT_EQ(uuid.size(), 36u);
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string_view("89ab").find(uuid[19]), std::string_view::npos);
    EXPECT_EQ(std::count(uuid.begin(), uuid.end(), '-'), 4);
}

workflow<int, int> replies_twice(context& ctx, int from)
{
    co_await ctx.reply(from);
    co_await ctx.reply(from + 1);
    co_return from;
}
TEST(Context, FirstReplyTakesEffect)
{
    small_shop shop;
    auto a = shop.start(replies_twice, 4);
    EXPECT_EQ(a.result(), 4);
    EXPECT_EQ(a.reply(), 4);
}

workflow<bool> sleeps(context& ctx, std::int64_t us)
{
    const auto before = ctx.now();
    co_await ctx.sleep_for(std::chrono::microseconds(us));
    co_return ctx.now() - before >= std::chrono::microseconds(us);
}
TEST(Context, SleepTakesItsTimeByNow)
{
    small_shop shop;
    EXPECT_TRUE(shop.start(sleeps, 1'500).result());
}
TEST(Context, SleepOfLessThanNothingGoesOnAtOnce)
{
    small_shop shop;
    EXPECT_TRUE(shop.start(sleeps, -1'000'000).result());
}

workflow<bool> sleeps_until(context& ctx, std::int64_t us)
{
    const context::time_point when{std::chrono::microseconds(us)};
    co_await ctx.sleep_until(when);
    co_return ctx.now() >= when;
}
TEST(Context, TimeThatIsPastIsNotWaitedFor)
{
    small_shop shop;
    EXPECT_TRUE(shop.start(sleeps_until, 1).result());
}

workflow<std::string> asks_for_what_is_not_there(context& ctx, int)
{
    struct not_there
    {
    };
    ctx.use<not_there>();
    co_return "never";
}
TEST(Context, ServiceThatWasNotProvidedFailsTheRun)
{
    small_shop shop;
    const std::string why = failure_of([&] { shop.start(asks_for_what_is_not_there, 1).result(); });
    EXPECT_EQ(why.substr(0, 10), "wrong_use:");
    EXPECT_NE(why.find("not_there"), std::string::npos) << why;
}

workflow<double> encodes_what_cannot_come_back(context& ctx, int)
{
    co_return co_await ctx.step("nan", once, [] { return std::numeric_limits<double>::quiet_NaN(); });
}
TEST(Context, StepResultThatCannotComeBackFailsTheStep)
{
    small_shop shop;
    EXPECT_EQ(failure_of([&] { shop.start(encodes_what_cannot_come_back, 1).result(); }).substr(0, 10), "bad_value:");
}

// One step with two references is a step in a frame, hundreds of times over.
struct captures_two
{
    int& one;
    int& two;
    int operator()() const { return one + two; }
};
static_assert(sizeof(detail::step_operation<captures_two>) <= 96);
static_assert(sizeof(detail::timer_operation) <= 96);
static_assert(sizeof(detail::reply_operation<int>) <= 96);
static_assert(!std::is_copy_constructible_v<context>);
}
}
