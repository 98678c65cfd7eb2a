#include "engine/fiber_place.hpp"

#include "engine/pool_place.hpp"
#include "place_jobs.hpp"

#include <everstep/fiber.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>

namespace
{
using namespace everstep;
using namespace everstep::core;

/// Waits that a test ends by hand.
class hand_wait
{
public:
    /// In a body: waits until release().
    int wait()
    {
        return boost::asio::async_initiate<const fiber_yield_t, void(int)>(
            [this](auto handler)
            {
                const std::scoped_lock lock(mutex_);
                waiting_.push_back([held = std::make_shared<decltype(handler)>(std::move(handler))](int value)
                                   { std::move (*held)(value); });
                came_.notify_all();
            },
            fiber_yield);
    }
    void await(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [&] { return waiting_.size() >= count; });
    }
    void release()
    {
        std::vector<std::function<void(int)>> all;
        {
            const std::scoped_lock lock(mutex_);
            all.swap(waiting_);
        }
        int value = 0;
        for (auto& one : all)
            one(value++);
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<std::function<void(int)>> waiting_;
};

class FiberPlace : public testing::Test
{
protected:
    std::unique_ptr<fiber_place> open(fiber_limits limits = {})
    {
        limits.blocks_after = std::chrono::hours{1}; // a slow machine is no body that blocks
        return std::make_unique<fiber_place>(limits, pool_, inflight_, nullptr);
    }

    inflight_map inflight_;
    pool_place pool_{{.threads_min = 1}, inflight_};
    waiting_room home_;
    job_list jobs_{home_};
    hand_wait waits_;
};

TEST_F(FiberPlace, EveryJobComesBackOnceWithItsResult)
{
    const auto place = open();
    for (int i = 0; i < 1000; ++i)
        jobs_.add("step", [i](attempt&) { return std::to_string(i); });
    place->submit(jobs_.all());
    home_.await(1000);
    std::set<std::string> results;
    for (const body_job* job : home_.back())
        results.insert(job->encoded);
    EXPECT_EQ(results.size(), 1000U);
}

TEST_F(FiberPlace, ThousandsWaitOnTwoThreads)
{
    const auto place = open();
    for (int i = 0; i < 3000; ++i)
        jobs_.add("waits", [this](attempt&) { return std::to_string(waits_.wait()); });
    place->submit(jobs_.all());
    waits_.await(3000);
    EXPECT_EQ(place->live(), 3000U);
    waits_.release();
    home_.await(3000);
    std::set<std::string> results;
    for (const body_job* job : home_.back())
        results.insert(job->encoded);
    EXPECT_EQ(results.size(), 3000U);
}

TEST_F(FiberPlace, BodyGoesOnOnItsOwnThread)
{
    const auto place = open();
    std::atomic<int> moved{};
    for (int i = 0; i < 100; ++i)
        jobs_.add("waits",
                  [&](attempt&)
                  {
                      const auto before = std::this_thread::get_id();
                      waits_.wait();
                      if (before != std::this_thread::get_id())
                          ++moved;
                      return "1";
                  });
    place->submit(jobs_.all());
    waits_.await(100);
    waits_.release();
    home_.await(100);
    EXPECT_EQ(moved, 0);
}

TEST_F(FiberPlace, LiveFibersAreBoundedAndTheRestQueues)
{
    const auto place = open({.threads = 2, .live_max = 10});
    std::atomic<int> begun{};
    for (int i = 0; i < 30; ++i)
        jobs_.add("waits",
                  [&](attempt&)
                  {
                      ++begun;
                      return std::to_string(waits_.wait());
                  });
    place->submit(jobs_.all());
    for (std::size_t done = 0; done < 30; done = home_.back().size())
    {
        waits_.await(std::min<std::size_t>(10, 30 - done));
        EXPECT_LE(place->live(), 10U);
        waits_.release();
        home_.await(std::min<std::size_t>(done + 10, 30));
    }
    EXPECT_EQ(begun, 30);
}

TEST_F(FiberPlace, WaitingBodyIsNamedAsRunning)
{
    const auto place = open();
    jobs_.add("fetch", [this](attempt&) { return std::to_string(waits_.wait()); });
    place->submit(jobs_.all());
    waits_.await(1);
    const auto running = place->running();
    waits_.release();
    home_.await(1);
    ASSERT_EQ(running.size(), 1U);
    EXPECT_EQ(running[0].name, "fetch");
}

TEST_F(FiberPlace, StopWaitsForBodiesThatWait)
{
    const auto place = open();
    for (int i = 0; i < 10; ++i)
        jobs_.add("waits", [this](attempt&) { return std::to_string(waits_.wait()); });
    place->submit(jobs_.all());
    waits_.await(10);
    std::thread stopper([&] { place->stop(); });
    waits_.release();
    stopper.join();
    EXPECT_EQ(home_.back().size(), 10U);
}

TEST_F(FiberPlace, JobsThatComeAfterHaltGoHomeUnbegun)
{
    const auto place = open();
    place->halt();
    jobs_.add("step", [](attempt&) { return "1"; });
    place->submit(jobs_.all());
    place->stop();
    ASSERT_EQ(home_.back().size(), 1U);
    EXPECT_EQ(home_.back().front()->end, body_end::never_begun);
}

TEST_F(FiberPlace, ExceptionsInFlightStayWithTheirBody)
{
    const auto place = open({.threads = 1});
    for (int i = 0; i < 50; ++i)
        jobs_.add("waits",
                  [this, mine = std::to_string(i)](attempt&) -> std::string
                  {
                      try
                      {
                          throw std::runtime_error(mine);
                      }
                      catch (const std::exception&)
                      {
                          waits_.wait();
                          try
                          {
                              std::rethrow_exception(std::current_exception());
                          }
                          catch (const std::exception& seen)
                          {
                              if (seen.what() != mine)
                                  return "the exception of another";
                          }
                          waits_.wait();
                          throw;
                      }
                  });
    place->submit(jobs_.all());
    waits_.await(50);
    waits_.release();
    waits_.await(50);
    waits_.release();
    home_.await(50);
    std::set<std::string> texts;
    for (const body_job* job : home_.back())
        texts.insert(job->text);
    EXPECT_EQ(texts.size(), 50U);
}

TEST_F(FiberPlace, BodyThatThrowsComesBackFailed)
{
    const auto place = open();
    jobs_.add("step", [](attempt&) -> std::string { throw 42; });
    place->submit(jobs_.all());
    home_.await(1);
    EXPECT_EQ(home_.back()[0]->code, "int");
}

TEST_F(FiberPlace, SubmittersFromManyThreadsLoseNothing)
{
    const auto place = open();
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
                    place->submit(jobs.subspan(at, 1));
            });
    for (auto& thread : threads)
        thread.join();
    home_.await(2000);
    EXPECT_EQ(home_.back().size(), 2000U);
}
}
