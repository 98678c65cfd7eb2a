// The fiber place while a body blocks its thread.

#include "engine/fiber_place.hpp"
#include "engine/pool_place.hpp"
#include "place_jobs.hpp"

#include <everstep/fiber.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace
{
using namespace everstep;
using namespace everstep::core;

class FiberWatch : public testing::Test
{
protected:
    ~FiberWatch() override
    {
        go_on_.open();
        place_.stop();
    }

    body_job& add_blocking(const std::string& name)
    {
        return jobs_.add(name,
                         [this](attempt&)
                         {
                             go_on_.pass();
                             return "1";
                         });
    }

    inflight_map inflight_;
    waiting_room home_;
    job_list jobs_{home_};
    gate go_on_;
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<std::string> noticed_;
    pool_place pool_{{.threads_min = 1}, inflight_};
    fiber_place place_{{.threads = 1}, pool_, inflight_, [this](std::string_view step)
                       {
                           const std::scoped_lock lock(mutex_);
                           noticed_.emplace_back(step);
                           came_.notify_all();
                       }};

    void await_notice()
    {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [&] { return !noticed_.empty(); });
    }
};

TEST_F(FiberWatch, StepThatBlocksItsThreadIsNoticedWhileItDoes)
{
    add_blocking("blocks");
    place_.submit(jobs_.all());
    await_notice();
    EXPECT_EQ(noticed_, std::vector<std::string>{"blocks"});
    EXPECT_TRUE(place_.sent_to_pool(fiber_place::hash_of("blocks")));
    EXPECT_FALSE(place_.sent_to_pool(fiber_place::hash_of("other")));
}

TEST_F(FiberWatch, BodiesOfTheStepThatStillQueueGoToThePool)
{
    add_blocking("blocks");
    jobs_.add("blocks", [](attempt&) { return "2"; });
    place_.submit(jobs_.all());
    home_.await(1); // the only fiber thread is still blocked
    EXPECT_EQ(home_.back()[0]->encoded, "2");
}

TEST_F(FiberWatch, WhatTheThreadHadFinishedGoesHomeWithoutIt)
{
    jobs_.add("quick", [](attempt&) { return "0"; });
    add_blocking("blocks");
    place_.submit(jobs_.all());
    home_.await(1);
    EXPECT_EQ(home_.back()[0]->encoded, "0");
}

TEST_F(FiberWatch, StepIsReportedOnce)
{
    add_blocking("blocks");
    place_.submit(jobs_.all());
    await_notice();
    add_blocking("blocks"); // begins as soon as the first ends, and does not block any more
    place_.submit(jobs_.from(1));
    go_on_.open();
    home_.await(2);
    place_.stop();
    EXPECT_EQ(noticed_.size(), 1U);
}

TEST_F(FiberWatch, StepThatKeepsItsProcessorBusyIsNoticedToo)
{
    std::atomic<bool> enough{};
    jobs_.add("spins",
              [&](attempt&)
              {
                  while (!enough)
                  {
                  }
                  return "1";
              });
    place_.submit(jobs_.all());
    await_notice();
    enough = true;
    home_.await(1);
    EXPECT_EQ(noticed_, std::vector<std::string>{"spins"});
}

TEST_F(FiberWatch, BodyThatWaitsIsNotTakenForOneThatBlocks)
{
    std::promise<std::function<void()>> handler_kept;
    jobs_.add("waits",
              [&](attempt&)
              {
                  boost::asio::async_initiate<const fiber_yield_t, void()>(
                      [&](auto handler)
                      {
                          auto held = std::make_shared<decltype(handler)>(std::move(handler));
                          handler_kept.set_value([held] { std::move (*held)(); });
                      },
                      fiber_yield);
                  return "1";
              });
    place_.submit(jobs_.all());
    auto complete = handler_kept.get_future().get();
    add_blocking("blocks");
    place_.submit(jobs_.from(1));
    await_notice(); // the watcher has looked more than once by now
    complete();
    go_on_.open();
    home_.await(2);
    EXPECT_EQ(noticed_, std::vector<std::string>{"blocks"});
}
}
