// Processes around one journal: a second owner, a forked child, a process that stands still for a while.

#include "kill_block.hpp"
#include "store_child.hpp"

#include <everstep/engine.hpp>

#include <gtest/gtest.h>

#include <functional>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

workflow<int> twice(context& ctx, int from)
{
    co_return co_await ctx.step("twice", [&] { return from * 2; });
}

errc why_not(const std::function<void()>& call)
{
    try
    {
        call();
    }
    catch (const engine_error& e)
    {
        return e.why();
    }
    return errc{};
}

std::unique_ptr<engine> engine_on(const std::string& journal)
{
    engine_options options;
    options.journal = journal;
    options.map_bytes = 512u << 20;
    options.log = [](const log_line&) {};
    auto made = std::make_unique<engine>(options);
    made->add("twice", twice);
    return made;
}

TEST(Process, JournalOfAnotherProcessIsInUseUntilItDies)
{
    const store_directory directory;
    child_program owner("victim_main", {directory.path()});
    ASSERT_EQ(owner.line(60s), "open");
    const auto second = engine_on(directory / "journal");
    EXPECT_EQ(why_not([&] { second->open(); }), errc::in_use);

    owner.kill(SIGKILL);
    owner.wait();
    const auto third = engine_on(directory / "journal");
    EXPECT_NO_THROW(third->open());
}

TEST(Process, ForkedChildIsRefusedAndTheParentGoesOn)
{
    const store_directory directory;
    const auto shop = engine_on(directory / "journal");
    shop->open();
    const auto kept = shop->start(twice, "a", 4);
    EXPECT_EQ(kept.result(), 8);
    EXPECT_EQ(in_child([&] {
        const bool refused = why_not([&] { kept.status(); }) == errc::forked && why_not([&] { kept.result(); }) == errc::forked &&
                             why_not([&] { kept.cancel(); }) == errc::forked &&
                             why_not([&] { shop->start(twice, "b", 4); }) == errc::forked;
        return refused ? 0 : 1;
    }), 0);
    EXPECT_EQ(shop->start(twice, "c", 5).result(), 10);
}

TEST(Process, ForkedChildDoesNotKeepTheJournal)
{
    const store_directory directory;
    auto shop = engine_on(directory / "journal");
    shop->open();
    const waiting_child child;
    shop.reset();
    const auto again = engine_on(directory / "journal");
    EXPECT_NO_THROW(again->open());
}

TEST(Process, ProcessThatStandsStillLosesNothing)
{
    std::mt19937_64 chance(17);
    kill_block block(chance);
    for (int n = 0; n < 5; ++n)
    {
        child_program victim("victim_main", {block.path()});
        ASSERT_EQ(victim.line(60s), "open");
        for (const auto runs : {5ms, 10ms})
        {
            ASSERT_FALSE(victim.ends_within(runs));
            victim.kill(SIGSTOP);
            ASSERT_FALSE(victim.ends_within(20ms));
            victim.kill(SIGCONT);
        }
        ASSERT_FALSE(victim.ends_within(5ms));
    }
    ASSERT_TRUE(block.drain());
    EXPECT_TRUE(block.keeps_its_promises(block_stage::drained));
}
}
}
