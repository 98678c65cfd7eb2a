// What a shard submits first: turns that somebody waits for; and what keeps its place nevertheless.

#include "engine/shard.hpp"

#include "fake_host.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
using detail::request_kind;
using test::fake_host;

workflow<int> one_step(context& ctx, int n)
{
    co_return co_await ctx.step("one", [&] { return n; });
}

workflow<int> two_steps(context& ctx, int n)
{
    const int one = co_await ctx.step("one", [&] { return n; });
    co_return co_await ctx.step("two", [&] { return one + 1; });
}

/// Three of them are more than a commit takes of background work while callers are about.
workflow<int> giant_step(context& ctx, int n)
{
    const std::string all = co_await ctx.step("giant", [] { return std::string(1'000'000, 'x'); });
    co_await ctx.step("after", [&] { return all.size(); });
    co_return n;
}

class ShardLanes : public testing::Test
{
protected:
    ShardLanes()
    {
        host_.add("one_step", one_step);
        host_.add("two_steps", two_steps);
        host_.add("giant_step", giant_step);
        host_.start();
    }

    /// The bodies of giants that nobody waits for.
    std::vector<body_job*> giants()
    {
        std::vector<body_job*> all;
        for (const char* id : {"g1", "g2", "g3"})
        {
            host_.start(giant_step, id, 1)->value();
            all.push_back(&host_.take_job());
        }
        return all;
    }
    /// Lets the commit that waits pass, and stops at the next one.
    void let_one_commit()
    {
        host_.let_one_commit();
        host_.await_commit();
        host_.settle(one_step);
    }
    /// Numbers of the entries that a crash would leave of the run.
    std::vector<std::uint64_t> entries_of(std::uint64_t run) const
    {
        std::vector<std::uint64_t> all;
        host_.crash()->read([&](const store::snapshot& now) {
            now.scan(journal::table::history, journal::history_key(base::run_number{run}, 0), [&](store::key at, std::string_view) {
                if (at.major == run)
                    all.push_back(at.minor >> 16);
                return at.major == run;
            });
        });
        return all;
    }

    fake_host host_;
};

TEST_F(ShardLanes, WhatACallerWaitsForIsCommittedBeforeWorkThatCameBeforeIt)
{
    const std::vector<body_job*> early = giants();
    const auto result = (host_.start(one_step, "w", 7)->value(), host_.result(one_step, "w"));
    host_.settle(one_step);
    body_job& late = host_.take_job();
    host_.hold_commits();
    host_.start(one_step, "x", 1);
    host_.await_commit();
    for (body_job* one : early)
        host_.finish(*one);
    host_.settle(one_step);
    host_.finish(late);
    host_.settle(one_step);
    let_one_commit(); // that of x
    EXPECT_FALSE(result->has_come());
    let_one_commit();
    EXPECT_TRUE(result->has_come());
    EXPECT_EQ(entries_of(3), (std::vector<std::uint64_t>{0})); // the last giant's: it still waits
}

TEST_F(ShardLanes, NoTurnOvertakesTheOneBeforeItOfTheSameRun)
{
    const std::vector<body_job*> early = giants();
    host_.start(two_steps, "a", 7)->value();
    body_job& first = host_.take_job();
    host_.hold_commits();
    host_.start(one_step, "x", 1);
    host_.await_commit();
    for (body_job* one : early)
        host_.finish(*one);
    host_.finish(first);
    host_.settle(one_step);
    const auto cancelled = host_.ask(request_kind::cancel, two_steps, "a"); // somebody waits for this
    host_.settle(one_step);
    let_one_commit(); // that of x
    let_one_commit();
    EXPECT_EQ(entries_of(4), (std::vector<std::uint64_t>{0})); // not the cancel without the step before it
    EXPECT_FALSE(cancelled->has_come());
    host_.let_commits();
    EXPECT_EQ(cancelled->text(), "ok");
    const std::vector<std::uint64_t> all = entries_of(4);
    ASSERT_GE(all.size(), 3u);
    EXPECT_EQ(std::vector<std::uint64_t>(all.begin(), all.begin() + 3), (std::vector<std::uint64_t>{0, 1, 2}));
}
}
}
