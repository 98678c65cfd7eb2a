// The pool while bodies block: nothing waits behind them.

#include "engine/pool_place.hpp"

#include "place_jobs.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace
{
using namespace everstep;
using namespace everstep::core;

class PoolWatch : public testing::Test
{
protected:
    ~PoolWatch() override { go_on_.open(); }

    body_job& add_blocking()
    {
        return jobs_.add("blocks",
                         [this](attempt&)
                         {
                             inside_.fetch_add(1);
                             go_on_.pass();
                             return "1";
                         });
    }
    body_job& add_quick()
    {
        return jobs_.add("quick", [](attempt&) { return "2"; });
    }

    inflight_map inflight_;
    waiting_room home_;
    job_list jobs_{home_};
    gate go_on_;
    std::atomic<int> inside_{};
};

TEST_F(PoolWatch, QuickJobsPassThoseThatBlock)
{
    pool_place pool({.threads_min = 1}, inflight_);
    for (int i = 0; i < 64; ++i)
        add_blocking();
    for (int i = 0; i < 1000; ++i)
        add_quick();
    pool.submit(jobs_.all());
    home_.await(1000); // while all 64 still block
    for (const body_job* job : home_.back())
        EXPECT_EQ(job->encoded, "2");
    EXPECT_EQ(pool.running().size(), static_cast<std::size_t>(inside_.load()));
    go_on_.open();
    home_.await(1064);
}

TEST_F(PoolWatch, WorkBehindABlockingBodyInTheSameShareIsTakenByOthers)
{
    pool_place pool({.threads_min = 1}, inflight_);
    for (int i = 0; i < 2000; ++i) // the pool learns that bodies are quick, and takes large shares
        add_quick();
    pool.submit(jobs_.all());
    home_.await(2000);
    for (int i = 0; i < 10; ++i)
        add_quick();
    add_blocking();
    for (int i = 0; i < 100; ++i)
        add_quick();
    pool.submit(jobs_.from(2000));
    home_.await(2110); // those before it, which its thread had finished, and those behind
    EXPECT_EQ(inside_, 1);
    go_on_.open();
    home_.await(2111);
}

TEST_F(PoolWatch, GrowsNoFurtherThanItsLimit)
{
    pool_place pool({.threads_min = 1, .threads_max = 3}, inflight_);
    for (int i = 0; i < 10; ++i)
        add_blocking();
    pool.submit(jobs_.all());
    while (inside_ < 3)
        std::this_thread::yield();
    EXPECT_EQ(pool.threads(), 3U);
    EXPECT_EQ(inside_, 3);
    go_on_.open();
    home_.await(10);
    EXPECT_EQ(pool.threads(), 3U);
}

TEST_F(PoolWatch, ThreadsAboveTheMinimumEndWhenIdle)
{
    pool_place pool({.threads_min = 1, .idle_max = std::chrono::milliseconds{1}}, inflight_);
    for (int i = 0; i < 8; ++i)
        add_blocking();
    pool.submit(jobs_.all());
    while (inside_ < 8)
        std::this_thread::yield();
    go_on_.open();
    home_.await(8);
    while (pool.threads() > 1)
        std::this_thread::yield();
    add_quick();
    pool.submit(jobs_.from(8));
    home_.await(9);
}
}
