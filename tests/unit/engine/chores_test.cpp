// What an engine does besides its runs: looks after the journal's readers, and warns of histories that grow too long.

#include "fake_host.hpp"
#include "opened_engine.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
using detail::request_kind;
using test::fake_host;

constexpr base::time_us minute = 60'000'000;

workflow<int> seven(context&, int)
{
    co_return 7;
}

workflow<std::size_t> says_often(context& ctx, std::string word)
{
    std::size_t said = 0;
    for (int n = 0; n < 8; ++n)
        said += (co_await ctx.step("say", [&] { return word; })).size();
    co_await ctx.wait_forever();
    co_return said;
}

/// Enough commits for the engine to look at its store.
void run_some(opened_engine& shop, const std::string& name)
{
    for (int n = 0; n < 20; ++n)
    {
        const std::string id = name + std::to_string(n);
        shop.start(seven, id, 0)->value();
        shop.ask(request_kind::result, seven, id)->value();
    }
}

TEST(Chores, ReadersAreLookedAfterEachMinute)
{
    opened_engine shop;
    shop.add("seven", seven);
    shop.core->open();
    run_some(shop, "a");
    const int checks = shop.reader_checks;
    run_some(shop, "b");
    EXPECT_EQ(shop.reader_checks, checks);
    shop.time->advance_by(minute);
    run_some(shop, "c");
    EXPECT_EQ(shop.reader_checks, checks + 1);
}

class LongHistory : public testing::Test
{
protected:
    std::size_t warnings(const std::string& word)
    {
        host_.add("says_often", says_often);
        host_.start();
        host_.bodies_run_by_themselves(true);
        host_.start(says_often, "a", word)->value();
        host_.settle(says_often);
        while (host_.count.steps_recorded.load() < 8)
            host_.settle(says_often);
        return host_.lines_with("its history has");
    }

    fake_host host_;
};

TEST_F(LongHistory, IsWarnedOfOnceAtAFifthOfItsEntries)
{
    host_.options.history_entries_max = 20;
    EXPECT_EQ(warnings("a"), 1u);
}

TEST_F(LongHistory, IsWarnedOfOnceAtAFifthOfItsBytes)
{
    host_.options.history_bytes_max = 5'000;
    EXPECT_EQ(warnings(std::string(500, 'a')), 1u);
}

TEST_F(LongHistory, IsNotWarnedOfBelowThat)
{
    EXPECT_EQ(warnings("a"), 0u);
}
}
}
