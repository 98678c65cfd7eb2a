#include "engine/pool_place.hpp"

#include "place_jobs.hpp"

#include <everstep/fiber.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <stdexcept>

namespace
{
using namespace everstep;
using namespace everstep::core;

class PoolPlace : public testing::Test
{
protected:
    inflight_map inflight_;
    waiting_room home_;
    job_list jobs_{home_};
};

TEST_F(PoolPlace, EveryJobComesBackOnceWithItsResult)
{
    pool_place pool({.threads_min = 2}, inflight_);
    for (int i = 0; i < 1000; ++i)
        jobs_.add("step", [i](attempt&) { return std::to_string(i); });
    pool.submit(jobs_.all());
    home_.await(1000);

    std::set<std::string> results;
    for (const body_job* job : home_.back())
        results.insert(job->encoded);
    EXPECT_EQ(results.size(), 1000U);
}

TEST_F(PoolPlace, QuickJobsComeBackInBatches)
{
    pool_place pool({.threads_min = 1}, inflight_);
    for (int i = 0; i < 10'000; ++i)
        jobs_.add("step", [](attempt&) { return "1"; });
    pool.submit(jobs_.all());
    home_.await(10'000);
    EXPECT_LT(home_.batches(), 5'000U);
}

TEST_F(PoolPlace, BodyThatThrowsComesBackFailed)
{
    pool_place pool({.threads_min = 1}, inflight_);
    jobs_.add("step", [](attempt&) -> std::string { throw 42; });
    pool.submit(jobs_.all());
    home_.await(1);
    EXPECT_EQ(home_.back()[0]->code, "int");
}

TEST_F(PoolPlace, JobsGoToTheirOwnHomes)
{
    waiting_room other;
    job_list others{other};
    pool_place pool({.threads_min = 1}, inflight_);
    std::vector<body_job*> mixed;
    for (int i = 0; i < 100; ++i)
    {
        mixed.push_back(&jobs_.add("mine", [](attempt&) { return "1"; }));
        mixed.push_back(&others.add("theirs", [](attempt&) { return "1"; }));
    }
    pool.submit(mixed);
    home_.await(100);
    other.await(100);
    for (const body_job* job : other.back())
        EXPECT_EQ(job->op().name().text(), "theirs");
}

TEST_F(PoolPlace, BodyIsInTheMapWhileItRuns)
{
    pool_place pool({.threads_min = 1}, inflight_);
    gate inside;
    gate go_on;
    body_job& job = jobs_.add("blocks",
                              [&](attempt&)
                              {
                                  inside.open();
                                  go_on.pass();
                                  return "1";
                              });
    pool.submit(jobs_.all());
    inside.pass();
    const auto running = pool.running();
    go_on.open();
    home_.await(1);
    ASSERT_EQ(running.size(), 1U);
    EXPECT_EQ(running[0].name, "blocks");
    EXPECT_EQ(job.slot, 0U);
    EXPECT_TRUE(pool.running().empty());
}

TEST_F(PoolPlace, StopWaitsForTheBodyThatRuns)
{
    auto pool = std::make_unique<pool_place>(pool_limits{.threads_min = 1}, inflight_);
    gate inside;
    gate go_on;
    jobs_.add("blocks",
              [&](attempt&)
              {
                  inside.open();
                  go_on.pass();
                  return "1";
              });
    pool->submit(jobs_.all());
    inside.pass();
    std::thread stopper([&] { pool->stop(); });
    go_on.open();
    stopper.join();
    EXPECT_EQ(home_.back().size(), 1U);
}

TEST_F(PoolPlace, NoBodyBeginsAfterHalt)
{
    pool_place pool({.threads_min = 1, .threads_max = 1}, inflight_);
    gate inside;
    gate go_on;
    std::atomic<bool> second{};
    jobs_.add("blocks",
              [&](attempt&)
              {
                  inside.open();
                  go_on.pass();
                  return "1";
              });
    jobs_.add("waits",
              [&](attempt&)
              {
                  second = true;
                  return "2";
              });
    pool.submit(jobs_.all());
    inside.pass();
    pool.halt();
    home_.await(1); // while the first still runs
    EXPECT_EQ(home_.back().front()->end, body_end::never_begun);
    go_on.open();
    pool.stop();
    EXPECT_FALSE(second);
    EXPECT_EQ(home_.back().size(), 2U);
}

TEST_F(PoolPlace, JobsThatComeAfterHaltGoHomeUnbegun)
{
    pool_place pool({.threads_min = 1}, inflight_);
    pool.halt();
    jobs_.add("late", [](attempt&) { return "1"; });
    pool.submit(jobs_.all());
    ASSERT_EQ(home_.back().size(), 1U);
    EXPECT_EQ(home_.back().front()->end, body_end::never_begun);
}

TEST_F(PoolPlace, EveryThreadIsAnnounced)
{
    std::atomic<int> announced{};
    {
        pool_place pool({.threads_min = 3}, inflight_, [&] { ++announced; });
    }
    EXPECT_EQ(announced, 3);
}

TEST_F(PoolPlace, BodyMayWaitWithFiberYieldAndBlocksItsThread)
{
    pool_place pool({.threads_min = 1, .threads_max = 1}, inflight_);
    std::thread completes;
    jobs_.add("waits",
              [&](attempt&)
              {
                  const int got = boost::asio::async_initiate<const fiber_yield_t, void(int)>(
                      [&](auto handler)
                      { completes = std::thread([h = std::move(handler)]() mutable { std::move(h)(17); }); },
                      fiber_yield);
                  return std::to_string(got);
              });
    pool.submit(jobs_.all());
    home_.await(1);
    completes.join();
    EXPECT_EQ(home_.back()[0]->encoded, "17");
}

TEST_F(PoolPlace, SubmittersFromManyThreadsLoseNothing)
{
    pool_place pool({.threads_min = 2}, inflight_);
    std::vector<std::unique_ptr<job_list>> lists;
    for (int i = 0; i < 4; ++i)
    {
        lists.push_back(std::make_unique<job_list>(home_));
        for (int j = 0; j < 500; ++j)
            lists.back()->add("step", [](attempt&) { return "1"; });
    }
    std::vector<std::thread> threads;
    for (const auto& list : lists)
        threads.emplace_back(
            [&, jobs = list->all()]
            {
                for (std::size_t at = 0; at < jobs.size(); ++at)
                    pool.submit(jobs.subspan(at, 1));
            });
    for (auto& thread : threads)
        thread.join();
    home_.await(2000);
    EXPECT_EQ(home_.back().size(), 2000U);
}
}
