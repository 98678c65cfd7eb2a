// Bodies that run on the shard's own thread.

#include "engine/shard.hpp"

#include "fake_host.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
using test::fake_host;

constexpr int runs = 100; ///< more than a sweep takes of what nobody waits for

struct tally
{
    std::atomic<int> bodies{};
    std::atomic<bool> closes{};
    fake_host* host{};
};

constexpr step_options on_shard{.retry = {}, .timeout = {}, .place = step_place::shard};

workflow<int> counted(context& ctx, int n)
{
    auto& count = ctx.use<tally>();
    co_return co_await ctx.step("count", on_shard, [&] {
        if (count.bodies.fetch_add(1) == 0 && count.closes)
            count.host->the_shard().put_closing();
        return n;
    });
}

class ShardBodies : public testing::Test
{
protected:
    ShardBodies()
    {
        count_.host = &host_;
        host_.given.add(count_);
        host_.add("counted", counted);
        host_.start();
    }
    /// All of them are started, and begin in one sweep.
    void start_all()
    {
        std::vector<std::shared_ptr<test::given_answer>> starts;
        host_.hold_commits();
        for (int n = 0; n < runs; ++n)
            starts.push_back(host_.start(counted, std::to_string(n), n));
        host_.settle(counted);
        host_.let_commits();
        for (const auto& one : starts)
            one->text();
    }

    tally count_;
    fake_host host_;
};

TEST_F(ShardBodies, AllOfThemRunAlsoWhereNobodyWaitsForThem)
{
    start_all();
    for (int n = 0; n < runs; ++n)
        EXPECT_EQ(host_.result(counted, std::to_string(n))->text(), std::to_string(n));
    EXPECT_EQ(count_.bodies, runs);
}

TEST_F(ShardBodies, WhatWaitedForTheNextSweepDoesNotBeginInAShardThatCloses)
{
    count_.closes = true;
    start_all();
    host_.await_closing();
    host_.close();
    EXPECT_LT(count_.bodies, runs);
    EXPECT_EQ(host_.the_shard().jobs_out(), 0u);
}
}
}
