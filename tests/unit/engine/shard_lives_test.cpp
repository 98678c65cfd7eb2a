// What becomes of runs that stop, and of who waits for them.

#include "engine/shard.hpp"

#include "opened_engine.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <thread>

namespace everstep::core
{
namespace
{
using detail::request_kind;

struct door
{
    std::promise<void> began, may_end;
};

workflow<int> works(context& ctx, int)
{
    auto& at = ctx.use<door>();
    const int got = co_await ctx.step("work", [&] {
        at.began.set_value();
        at.may_end.get_future().wait();
        return 5;
    });
    co_return got + co_await ctx.receive<int>("n");
}
workflow<int> again_and_again(context& ctx, int n)
{
    co_await ctx.receive<int>("next");
    co_await ctx.continue_as_new(std::move(n));
    co_return 0;
}

/// The second run of it tells when the signal that the first has left woke it, counted from its start.
workflow<std::int64_t> leaves_one_unread(context& ctx, int n)
{
    const auto begin = ctx.now();
    if (n == 0)
    {
        co_await ctx.receive<int>("next");
        co_await ctx.continue_as_new(1);
    }
    co_await ctx.receive<int>("word");
    co_return (ctx.now() - begin).count();
}
workflow<int, std::string> replies(context& ctx, int)
{
    const std::string said("early");
    co_await ctx.reply(said);
    co_await ctx.receive<int>("n");
    co_return 1;
}

class ShardLives : public ::testing::Test
{
protected:
    ShardLives()
    {
        engine_.core->given.add(door_);
        engine_.add("works", works).add("again", again_and_again).add("leaves", leaves_one_unread);
        engine_.core->open();
    }
    template <class Function>
    std::string order(request_kind what, Function* function, const std::string& id)
    {
        return text_of(engine_.ask(what, function, id)->value());
    }
    template <class Function>
    std::shared_ptr<test::given_answer> signal(Function* function, const std::string& name, int value, const std::string& message = {})
    {
        detail::request what{request_kind::signal, admission::wait, test::fake_host::key_of(function), "a"};
        what.message = {name, "i32", message, std::to_string(value)};
        return engine_.send(std::move(what));
    }
    static std::string text_of(const detail::answer& a)
    {
        if (a.what == detail::answer_kind::run_failed)
            return "failed " + a.code + ": " + a.text;
        return a.what == detail::answer_kind::value ? a.bytes.empty() ? "ok" : a.bytes : std::string(name_of(a.why)) + ": " + a.text;
    }

    door door_;
    opened_engine engine_;
};

TEST_F(ShardLives, WhoWaitsForAPausedRunIsTold)
{
    engine_.start(works, "a", 0)->value();
    const auto result = engine_.ask(request_kind::result, works, "a");
    door_.began.get_future().wait();
    EXPECT_EQ(order(request_kind::pause, works, "a"), "ok");
    EXPECT_EQ(text_of(result->value()), "failed paused: the run is parked: ");
    door_.may_end.set_value();
    EXPECT_EQ(order(request_kind::resume, works, "a"), "ok");
    EXPECT_EQ(text_of(signal(works, "n", 2)->value()), "ok");
    EXPECT_EQ(order(request_kind::result, works, "a"), "7");
}

TEST_F(ShardLives, WhatComesWhileBodiesOfAPausedRunWorkWaitsForThem)
{
    engine_.start(works, "a", 0)->value();
    door_.began.get_future().wait();
    order(request_kind::pause, works, "a");
    const auto told = signal(works, "n", 2), resumed = engine_.ask(request_kind::resume, works, "a");
    EXPECT_EQ(order(request_kind::cancel, works, "a"), "wrong_use: 'works/a' is parked: resume it, then cancel it");
    door_.may_end.set_value();
    EXPECT_EQ(text_of(told->value()), "ok");
    EXPECT_EQ(text_of(resumed->value()), "ok");
    EXPECT_EQ(order(request_kind::result, works, "a"), "7");
}

TEST_F(ShardLives, ATerminatedRunsBodyIsAskedToStopAndItsResultIsDropped)
{
    engine_.start(works, "a", 0)->value();
    door_.began.get_future().wait();
    EXPECT_EQ(order(request_kind::terminate, works, "a"), "ok");
    EXPECT_EQ(order(request_kind::result, works, "a"), "failed terminated: ");
    EXPECT_EQ(text_of(signal(works, "n", 2)->value()).substr(0, 5), "ended");
    door_.may_end.set_value();
    engine_.close();
    EXPECT_EQ(engine_.core->count.steps_recorded, 0u);
}

TEST_F(ShardLives, ASignalThatIsCarriedOnDoesNotTurnTheClockBack)
{
    engine_.start(leaves_one_unread, "a", 0)->value();
    signal(leaves_one_unread, "word", 1)->value();
    engine_.time->advance_by(3'600'000'000);
    signal(leaves_one_unread, "next", 1)->value();
    EXPECT_EQ(order(request_kind::result, leaves_one_unread, "a"), "0");
}

TEST(ShardLivesOfEvictedRuns, ATerminatedRunKeepsItsReply)
{
    opened_engine engine(std::make_shared<store::memory_store>(), {.resident_wait_max = std::chrono::milliseconds(0)});
    engine.add("replies", replies);
    engine.core->open();
    engine.start(replies, "a", 0)->value();
    EXPECT_EQ(engine.ask(request_kind::reply, replies, "a")->value().bytes, "\"early\"");
    while (engine.core->count.runs_resident != 0)
        std::this_thread::yield();
    engine.ask(request_kind::terminate, replies, "a")->value();
    EXPECT_EQ(engine.ask(request_kind::reply, replies, "a")->value().bytes, "\"early\"");
}

TEST_F(ShardLives, ACallerWaitsThroughAllRunsOfAChain)
{
    engine_.start(again_and_again, "a", 0)->value();
    const auto result = engine_.ask(request_kind::result, again_and_again, "a");
    for (int n = 0; n < 3; ++n)
        EXPECT_EQ(text_of(signal(again_and_again, "next", n)->value()), "ok");
    EXPECT_EQ(order(request_kind::cancel, again_and_again, "a"), "ok");
    EXPECT_EQ(text_of(result->value()).substr(0, 16), "failed cancelled");
    EXPECT_EQ(engine_.core->count.runs_continued, 3u);
}
}
}
