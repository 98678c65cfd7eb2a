// Parking where bodies of other branches still run: the run is parked when they have ended, and what comes meanwhile waits.

#include "engine/shard.hpp"

#include "opened_engine.hpp"

#include <everstep/branches.hpp>
#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <future>
#include <string>

namespace everstep::core
{
namespace
{
using detail::request_kind;

struct door
{
    std::promise<void> began, may_end;
};

workflow<int> says_nothing(context& ctx, door& at)
{
    co_await ctx.receive<int>("go");
    (void)at;
    co_await ctx.step(std::string(), [] { return 0; }); // parks
    co_return 0;
}
workflow<int> parks(context& ctx, int)
{
    auto& at = ctx.use<door>();
    const auto waits = [&] {
        at.began.set_value();
        at.may_end.get_future().wait();
        return 7;
    };
    const auto [a, b] = co_await all(ctx.step("slow", waits), says_nothing(ctx, at));
    co_return a + b;
}

class ShardParking : public ::testing::Test
{
protected:
    ShardParking()
    {
        engine_.core->given.add(door_);
        engine_.add("parks", parks);
        engine_.core->open();
        engine_.start(parks, "a", 0)->value();
        door_.began.get_future().wait();
    }
    std::shared_ptr<test::given_answer> signal(const std::string& name, const std::string& id = "a")
    {
        detail::request what{request_kind::signal, admission::wait, test::fake_host::key_of(parks), id};
        what.message = {name, "i32", {}, "1"};
        return engine_.send(std::move(what));
    }
    /// The shard has done what was sent to it before.
    void settle() { signal("any", "nobody")->value(); }
    everstep::run_state state() { return engine_.ask(request_kind::status, parks, "a")->value().status.state; }

    door door_;
    opened_engine engine_;
};

TEST_F(ShardParking, ItWaitsForTheBodiesOfOtherBranches)
{
    const auto sent = signal("go");
    settle();
    EXPECT_EQ(state(), everstep::run_state::running);
    door_.may_end.set_value();
    EXPECT_EQ(sent->value().what, detail::answer_kind::value);
    EXPECT_EQ(state(), everstep::run_state::parked);
    EXPECT_EQ(engine_.core->count.steps_recorded, 0u); // it runs again when the run is resumed
}

TEST_F(ShardParking, WhatIsAskedMeanwhileIsAnsweredWhenItIsParked)
{
    const auto sent = signal("go");
    const auto cancelled = engine_.ask(request_kind::cancel, parks, "a");
    const auto other = signal("other");
    settle();
    door_.may_end.set_value();
    EXPECT_EQ(sent->value().what, detail::answer_kind::value);
    EXPECT_EQ(cancelled->value().why, errc::wrong_use);
    EXPECT_EQ(other->value().what, detail::answer_kind::value);
    EXPECT_EQ(engine_.core->count.signals, 2u);
}
}
}
