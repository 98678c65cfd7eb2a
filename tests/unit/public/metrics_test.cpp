#include <everstep/metrics.hpp>

#include "small_shop.hpp"
#include "store_directory.hpp"

#include <gtest/gtest.h>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

workflow<int> works(context& ctx, int from)
{
    const int one = co_await ctx.step("one", [&] { return from + 1; });
    co_await ctx.sleep_for(1us);
    co_return co_await ctx.step("two", [&] { return one + 1; });
}
workflow<int> fails(context&, int from)
{
    if (from != 0)
        throw permanent_error{"no", "never"};
    co_return from;
}
workflow<int> waits(context& ctx, int)
{
    co_await ctx.wait_forever();
    co_return 1;
}

TEST(Metrics, AreZeroBeforeOpen)
{
    small_shop shop;
    EXPECT_EQ(shop->metrics().runs_started, 0u);
    EXPECT_EQ(shop->metrics().commits, 0u);
}

TEST(Metrics, CountACompletedRun)
{
    small_shop shop;
    EXPECT_EQ(shop.start(works, 1).result(), 3);
    const metrics now = shop->metrics();
    EXPECT_EQ(now.runs_started, 1u);
    EXPECT_EQ(now.runs_completed, 1u);
    EXPECT_EQ(now.steps_recorded, 2u);
    EXPECT_EQ(now.timers_fired, 1u);
    EXPECT_EQ(now.entries_written, 6u); // started, done, set, fired, done, completed
    EXPECT_GE(now.commits, 2u);
    EXPECT_GT(now.journal_bytes, 0u);
}

TEST(Metrics, CountFailedAndCancelledRuns)
{
    small_shop shop;
    shop->add("fails", fails).add("waits", waits);
    shop->open();
    failure_of([&] { shop->start(fails, "a", 1).result(); });
    auto b = shop->start(waits, "b", 1);
    b.cancel("enough");
    failure_of([&] { b.result(); });
    EXPECT_EQ(shop->metrics().runs_failed, 1u);
    EXPECT_EQ(shop->metrics().runs_cancelled, 1u);
    EXPECT_EQ(shop->metrics().runs_completed, 0u);
}

TEST(Metrics, LevelsFallBackToNothing)
{
    small_shop shop;
    shop.start(works, 1).result();
    EXPECT_TRUE(shop->close(1h).empty());
    EXPECT_EQ(shop->metrics().bodies_running, 0u);
    EXPECT_EQ(shop->metrics().starts_waiting, 0u);
}
}
}
