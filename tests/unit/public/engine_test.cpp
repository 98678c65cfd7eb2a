#include <everstep/engine.hpp>

#include "small_shop.hpp"
#include "store_directory.hpp"

#include <gtest/gtest.h>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

workflow<int> twice(context& ctx, int from)
{
    co_return co_await ctx.step("twice", [&] { return from * 2; });
}
workflow<int> thrice(context& ctx, int from)
{
    co_return co_await ctx.step("thrice", [&] { return from * 3; });
}
workflow<std::size_t> measures(context& ctx, std::string text)
{
    co_return co_await ctx.step("measure", [&] { return text.size(); });
}
workflow<std::string> grows(context& ctx, std::size_t size)
{
    co_return co_await ctx.step("grow", once, [&] { return std::string(size, 'x'); });
}
workflow<int> waits(context& ctx, int from)
{
    auto& door = ctx.use<turnstile>();
    co_return co_await ctx.step("wait", [&] {
        door.began.open();
        door.may_end.wait();
        return from;
    });
}
workflow<int> waits_and_goes_on(context& ctx, int from)
{
    auto& door = ctx.use<turnstile>();
    const int held = co_await ctx.step("wait", [&] {
        door.began.open();
        door.may_end.wait();
        return from;
    });
    co_return co_await ctx.step("after", [&] { return held + 1; });
}

TEST(Engine, StartedRunGivesItsResult) { EXPECT_EQ(small_shop().start(twice, 4).result(), 8); }

TEST(Engine, IsOpenedOnce)
{
    small_shop shop;
    shop->open();
    EXPECT_EQ(why_not([&] { shop->open(); }), errc::wrong_use);
}

TEST(Engine, NothingIsAddedAfterOpen)
{
    small_shop shop;
    shop->open();
    EXPECT_EQ(why_not([&] { shop->add("twice", twice); }), errc::wrong_use);
}

TEST(Engine, NothingIsProvidedAfterOpen)
{
    small_shop shop;
    shop->open();
    int service = 0;
    EXPECT_EQ(why_not([&] { shop->provide(service); }), errc::wrong_use);
}

TEST(Engine, StartBeforeOpenIsWrongUse)
{
    small_shop shop;
    shop->add("twice", twice);
    EXPECT_EQ(why_not([&] { shop->start(twice, "a", 1); }), errc::wrong_use);
}

TEST(Engine, NameIsAddedOnce)
{
    small_shop shop;
    shop->add("twice", twice);
    EXPECT_EQ(why_not([&] { shop->add("twice", thrice); }), errc::wrong_use);
}

TEST(Engine, FunctionIsAddedOnce)
{
    small_shop shop;
    shop->add("twice", twice);
    EXPECT_EQ(why_not([&] { shop->add("double", twice); }), errc::wrong_use);
}

TEST(Engine, FunctionThatWasNotAddedIsWrongUse)
{
    small_shop shop;
    shop->open();
    EXPECT_EQ(why_not([&] { shop->start(twice, "a", 1); }), errc::wrong_use);
}

TEST(Engine, EmptyWorkflowNameIsRefused)
{
    small_shop shop;
    EXPECT_EQ(why_not([&] { shop->add("", twice); }), errc::limit);
}

TEST(Engine, WorkflowNameHas128BytesAtMost)
{
    small_shop shop;
    EXPECT_EQ(why_not([&] { shop->add(std::string(128, 'n'), twice); }), errc{});
    EXPECT_EQ(why_not([&] { shop->add(std::string(129, 'n'), thrice); }), errc::limit);
}

TEST(Engine, EmptyIdIsRefused)
{
    small_shop shop;
    shop->add("twice", twice);
    shop->open();
    EXPECT_EQ(why_not([&] { shop->start(twice, "", 1); }), errc::limit);
}

TEST(Engine, IdHas255BytesAtMost)
{
    small_shop shop;
    shop->add("twice", twice);
    shop->open();
    EXPECT_EQ(shop->start(twice, std::string(255, 'i'), 1).result(), 2);
    EXPECT_EQ(why_not([&] { shop->start(twice, std::string(256, 'i'), 1); }), errc::limit);
}

TEST(Engine, InputOverTheLimitIsRefused)
{
    small_shop shop(":memory:", [](engine_options& o) { o.payload_bytes_max = 100; });
    shop->add("measures", measures);
    shop->open();
    EXPECT_EQ(why_not([&] { shop->start(measures, "a", std::string(99, 'x')); }), errc::limit); // 101 with its quotes
    EXPECT_EQ(shop->start(measures, "a", std::string(98, 'x')).result(), 98u);
}

TEST(Engine, StepResultOverTheLimitFailsTheStep)
{
    small_shop shop(":memory:", [](engine_options& o) { o.payload_bytes_max = 100; });
    EXPECT_EQ(failure_of([&] { shop.start(grows, 200).result(); }).substr(0, 6), "limit:");
}

TEST(Engine, ZeroByteInAnIdIsKept)
{
    small_shop shop;
    shop->add("twice", twice);
    shop->open();
    shop->start(twice, std::string("a\0b", 3), 1);
    EXPECT_EQ(why_not([&] { shop->run(twice, "a").status(); }), errc::not_found);
    EXPECT_EQ(shop->run(twice, std::string("a\0b", 3)).result(), 2);
}

TEST(Engine, SameInputIsTheSameRun)
{
    small_shop shop;
    auto first = shop.start(twice, 4);
    EXPECT_EQ(shop->start(twice, "a", 4).result(), first.result());
    EXPECT_EQ(shop->metrics().runs_started, 1u);
}

TEST(Engine, OtherInputIsAConflict)
{
    small_shop shop;
    auto first = shop.start(twice, 4);
    EXPECT_EQ(why_not([&] { shop->start(twice, "a", 5); }), errc::conflict);
    EXPECT_EQ(first.result(), 8);
}

TEST(Engine, SameIdOfAnotherWorkflowIsAnotherRun)
{
    small_shop shop;
    shop->add("twice", twice).add("thrice", thrice);
    shop->open();
    EXPECT_EQ(shop->start(twice, "a", 4).result(), 8);
    EXPECT_EQ(shop->start(thrice, "a", 4).result(), 12);
}

TEST(Engine, EnginesInOneProcessDoNotMeet)
{
    small_shop one, two;
    auto first = one.start(twice, 4);
    auto second = two.start(twice, 5);
    EXPECT_EQ(first.result(), 8);
    EXPECT_EQ(second.result(), 10);
}

TEST(Engine, SameJournalTwiceInOneProcessIsInUse)
{
    const store_directory directory;
    small_shop one(directory / "journal");
    one->open();
    small_shop two(directory / "journal");
    EXPECT_EQ(why_not([&] { two->open(); }), errc::in_use);
}

TEST(Engine, EngineThatCouldNotOpenIsClosed)
{
    const store_directory directory;
    small_shop one(directory / "journal");
    one->open();
    small_shop two(directory / "journal");
    two->add("twice", twice);
    EXPECT_EQ(why_not([&] { two->open(); }), errc::in_use);
    EXPECT_EQ(why_not([&] { two->start(twice, "a", 1); }), errc::closed);
}

TEST(Engine, JournalWithoutANameIsWrongUse)
{
    small_shop shop("");
    EXPECT_EQ(why_not([&] { shop->open(); }), errc::wrong_use);
}

TEST(Engine, FileInTheWayIsABadDirectory)
{
    small_shop shop("/dev/null");
    EXPECT_EQ(why_not([&] { shop->open(); }), errc::bad_directory);
}

TEST(Engine, ResultIsThereAfterReopening)
{
    const store_directory directory;
    {
        small_shop shop(directory / "journal");
        shop.start(twice, 4).result();
    }
    small_shop again(directory / "journal");
    again->add("it", twice);
    again->open();
    EXPECT_EQ(again->run(twice, "a").result(), 8);
    EXPECT_EQ(why_not([&] { again->start(twice, "a", 5); }), errc::conflict);
}

TEST(Engine, CloseNamesTheBodyThatStillRuns)
{
    turnstile door;
    small_shop shop;
    shop->provide(door);
    shop.start(waits, 1);
    door.began.wait();
    EXPECT_EQ(shop->close(0ms), std::vector<std::string>{"it/a step wait"});
    door.may_end.open();
    EXPECT_EQ(shop->close(1h), std::vector<std::string>{});
}

workflow<int> waits_on_its_shard(context& ctx, int from)
{
    auto& door = ctx.use<turnstile>();
    const step_options here{.place = step_place::shard};
    co_return co_await ctx.step("wait", here, [&] {
        door.began.open();
        door.may_end.wait();
        return from;
    });
}
TEST(Engine, CloseNamesTheBodyThatStillRunsOnAShard)
{
    turnstile door;
    small_shop shop;
    shop->provide(door);
    shop->add("it", waits_on_its_shard);
    shop->open();
    shop->start(waits_on_its_shard, "a", 1);
    door.began.wait();
    EXPECT_EQ(shop->close(0ms), std::vector<std::string>{"it/a step wait"});
    door.may_end.open();
}

TEST(Engine, CloseBeginsNoBodyThatWaitsForAThread)
{
    const store_directory directory;
    turnstile door;
    {
        small_shop shop(directory / "journal", [](engine_options& options) { options.pool_threads_max = 1; });
        shop->provide(door);
        shop->add("waits", waits);
        shop->add("twice", twice);
        shop->open();
        shop->start(waits, "a", 1);
        door.began.wait();
        for (int n = 0; n < 50; ++n)
            shop->start(twice, std::to_string(n), n); // the pool's one thread is taken
        EXPECT_EQ(shop->close(0ms), std::vector<std::string>{"waits/a step wait"});
        door.may_end.open();
        EXPECT_EQ(shop->close(1h), std::vector<std::string>{});
        EXPECT_EQ(shop->metrics().steps_recorded, 1u);
    }
    small_shop again(directory / "journal");
    again->provide(door);
    again->add("waits", waits);
    again->add("twice", twice);
    again->open();
    EXPECT_EQ(again->run(twice, "49").result(), 98);
}

TEST(Engine, ResultReturnedDuringCloseIsRecorded)
{
    const store_directory directory;
    turnstile door;
    {
        small_shop shop(directory / "journal");
        shop->provide(door);
        shop.start(waits, 7);
        door.began.wait();
        EXPECT_FALSE(shop->close(0ms).empty());
        door.may_end.open();
    }
    turnstile untouched; // its body would never end
    small_shop again(directory / "journal");
    again->provide(untouched);
    again->add("it", waits);
    again->open();
    EXPECT_EQ(again->run(waits, "a").result(), 7);
}

TEST(Engine, ClosedEngineRefusesStarts)
{
    small_shop shop;
    shop->add("it", twice);
    shop->open();
    EXPECT_TRUE(shop->close(1h).empty());
    EXPECT_EQ(why_not([&] { shop->start(twice, "a", 1); }), errc::closed);
    EXPECT_TRUE(shop->close(1h).empty());
}

TEST(Engine, CloseBeforeOpenIsEmpty)
{
    small_shop shop;
    EXPECT_TRUE(shop->close(0ms).empty());
}

TEST(Engine, WorkflowWithoutCodeIsReportedAndWaits)
{
    const store_directory directory;
    turnstile door;
    {
        small_shop shop(directory / "journal");
        shop->provide(door);
        shop->add("waits", waits_and_goes_on);
        shop->open();
        shop->start(waits_and_goes_on, "a", 3);
        door.began.wait();
        shop->close(0ms);
        door.may_end.open();
    }
    {
        small_shop without(directory / "journal");
        without->open();
        without.wait_for_line("waits");
        EXPECT_EQ(without->metrics().runs_without_code, 1u);
    }
    small_shop with(directory / "journal");
    with->provide(door);
    with->add("waits", waits_and_goes_on);
    with->open();
    EXPECT_EQ(with->run(waits_and_goes_on, "a").result(), 4);
}
}
}
