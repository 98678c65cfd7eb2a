#include "engine/io_place.hpp"

#include "place_jobs.hpp"

#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace
{
using namespace everstep;
using namespace everstep::core;

class IoPlace : public testing::Test
{
protected:
    ~IoPlace() override { io_.stop(); }

    /// A body that has begun and ends when its sink is told.
    body_job& add_open(const std::string& name)
    {
        return jobs_.add_spawned(name,
                                 [this](attempt&, void*, detail::body_sink& sink) { begun_.set_value(&sink); });
    }
    detail::body_sink& await_begin() { return *begun_.get_future().get(); }

    inflight_map inflight_;
    waiting_room home_;
    job_list jobs_{home_};
    std::promise<detail::body_sink*> begun_;
    io_place io_{inflight_};
};

TEST_F(IoPlace, BodyBeginsOnTheIoThreadWithItsExecutor)
{
    bool on_thread = false;
    const void* given = nullptr;
    jobs_.add_spawned("step",
                      [&](attempt&, void* executor, detail::body_sink& sink)
                      {
                          on_thread = io_.on_thread();
                          given = executor;
                          sink.succeeded("1");
                      });
    io_.submit(jobs_.all());
    home_.await(1);
    EXPECT_TRUE(on_thread);
    EXPECT_EQ(given, &io_.executor());
}

TEST_F(IoPlace, JobsThatEndTogetherComeBackTogether)
{
    for (int i = 0; i < 100; ++i)
        jobs_.add_spawned("step", [](attempt&, void*, detail::body_sink& sink) { sink.succeeded("1"); });
    io_.submit(jobs_.all());
    home_.await(100);
    EXPECT_EQ(home_.batches(), 1U);
}

TEST_F(IoPlace, BodyThatRunsIsNamedUntilItEnds)
{
    add_open("fetch");
    io_.submit(jobs_.all());
    detail::body_sink& sink = await_begin();
    const auto running = io_.running();
    sink.succeeded("1");
    home_.await(1);
    ASSERT_EQ(running.size(), 1U);
    EXPECT_EQ(running[0].name, "fetch");
    EXPECT_TRUE(io_.running().empty());
}

TEST_F(IoPlace, BodyMayEndOnAnotherThread)
{
    add_open("fetch");
    io_.submit(jobs_.all());
    await_begin().threw(std::make_exception_ptr(42));
    home_.await(1);
    EXPECT_EQ(home_.back()[0]->code, "int");
}

TEST_F(IoPlace, StopWaitsForTheBodyThatRuns)
{
    add_open("fetch");
    io_.submit(jobs_.all());
    detail::body_sink& sink = await_begin();
    std::thread stopper([&] { io_.stop(); });
    sink.succeeded("1");
    stopper.join();
    EXPECT_EQ(home_.back().size(), 1U);
}

TEST_F(IoPlace, JobsThatComeAfterHaltGoHomeUnbegun)
{
    io_.halt();
    add_open("fetch");
    io_.submit(jobs_.all());
    io_.stop();
    EXPECT_EQ(begun_.get_future().wait_for(std::chrono::seconds{0}), std::future_status::timeout);
    ASSERT_EQ(home_.back().size(), 1U);
    EXPECT_EQ(home_.back().front()->end, body_end::never_begun);
}

TEST_F(IoPlace, WhatWasPostedBeforeStopStillRuns)
{
    int ran = 0;
    for (int i = 0; i < 100; ++i)
        boost::asio::post(io_.executor(), [&] { ++ran; });
    io_.stop();
    EXPECT_EQ(ran, 100);
}
}
