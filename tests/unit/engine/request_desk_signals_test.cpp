// Signals as callers send them: what is refused, what came before is not taken twice, and where they wait.

#include "engine/request_desk.hpp"

#include "opened_engine.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
using detail::request_kind;

workflow<int> adds_two(context& ctx, int)
{
    const int one = co_await ctx.receive<int>("n");
    co_return one + co_await ctx.receive<int>("n");
}
workflow<int> ends(context&, int n) { co_return n; }
/// Parks by itself.
workflow<int> parks(context& ctx, int)
{
    co_await ctx.step(std::string(), [] { return 0; });
    co_return 0;
}

struct door
{
    std::promise<void> began, may_end;
};
workflow<int> writes_slowly(context& ctx, int)
{
    auto& at = ctx.use<door>();
    co_await ctx.transact("write", [&](transaction&) {
        at.began.set_value();
        at.may_end.get_future().wait();
    });
    co_return co_await ctx.receive<int>("n");
}

class RequestDeskSignals : public ::testing::Test
{
protected:
    RequestDeskSignals() : engine_(std::make_shared<store::memory_store>(), {.payload_bytes_max = 100, .history_entries_max = 5})
    {
        engine_.core->given.add(door_);
        engine_.add("adds", adds_two).add("ends", ends).add("parks", parks).add("writes", writes_slowly);
        engine_.core->open();
    }
    template <class Function>
    std::shared_ptr<test::given_answer> send(Function* function, const std::string& id, const std::string& name, const std::string& payload,
                                             const std::string& message = {})
    {
        detail::request what{request_kind::signal, admission::wait, test::fake_host::key_of(function), id};
        what.message = {name, "i32", message, payload};
        return engine_.send(std::move(what));
    }
    template <class Function>
    std::string signal(Function* function, const std::string& id, const std::string& name, const std::string& payload,
                       const std::string& message = {})
    {
        const detail::answer a = send(function, id, name, payload, message)->value();
        return a.what == detail::answer_kind::value ? "ok" : std::string(name_of(a.why)) + ": " + a.text;
    }
    std::string result(workflow<int> (*function)(context&, int), const std::string& id)
    {
        return engine_.ask(request_kind::result, function, id)->value().bytes;
    }

    door door_;
    opened_engine engine_;
};

TEST_F(RequestDeskSignals, ARunReceivesThem)
{
    engine_.start(adds_two, "a", 0)->value();
    EXPECT_EQ(signal(adds_two, "a", "n", "3"), "ok");
    EXPECT_EQ(signal(adds_two, "a", "n", "4"), "ok");
    EXPECT_EQ(result(adds_two, "a"), "7");
    EXPECT_EQ(engine_.core->count.signals, 2u);
}

TEST_F(RequestDeskSignals, AMessageThatComesAgainIsNotTakenTwice)
{
    engine_.start(adds_two, "a", 0)->value();
    EXPECT_EQ(signal(adds_two, "a", "n", "3", "m-1"), "ok");
    EXPECT_EQ(signal(adds_two, "a", "n", "3", "m-1"), "ok");
    EXPECT_EQ(signal(adds_two, "a", "n", "5", "m-2"), "ok");
    EXPECT_EQ(result(adds_two, "a"), "8");
    EXPECT_EQ(engine_.core->count.signals, 2u);
}

TEST_F(RequestDeskSignals, AfterItsEndAMessageThatItHadIsTakenAndAnotherRefused)
{
    engine_.start(adds_two, "a", 0)->value();
    signal(adds_two, "a", "n", "3", "m-1");
    signal(adds_two, "a", "n", "5", "m-2");
    result(adds_two, "a");
    EXPECT_EQ(signal(adds_two, "a", "n", "3", "m-1"), "ok");
    EXPECT_EQ(signal(adds_two, "a", "n", "3", "m-3"), "ended: 'adds/a' has ended: it takes no signal");
    EXPECT_EQ(signal(adds_two, "a", "n", "3"), "ended: 'adds/a' has ended: it takes no signal");
}

TEST_F(RequestDeskSignals, ARunThatIsNotThereIsNotFound)
{
    EXPECT_EQ(signal(adds_two, "a", "n", "3"), "not_found: there is no run 'adds/a': start it");
}

TEST_F(RequestDeskSignals, OverItsLimitsItIsRefused)
{
    engine_.start(adds_two, "a", 0)->value();
    EXPECT_EQ(signal(adds_two, "a", "", "3"), "limit: a signal's name has 1 to 128 bytes, this one has 0");
    EXPECT_EQ(signal(adds_two, "a", std::string(129, 'n'), "3"), "limit: a signal's name has 1 to 128 bytes, this one has 129");
    EXPECT_EQ(signal(adds_two, "a", "n", "3", std::string(256, 'm')), "limit: a message id has at most 255 bytes, this one has 256");
    EXPECT_EQ(signal(adds_two, "a", "n", std::string(101, '3')).substr(0, 54), "limit: a signal of 101 bytes is over payload_bytes_max");
}

TEST_F(RequestDeskSignals, AHistoryAtItsLimitTakesNoMore)
{
    engine_.start(adds_two, "a", 0)->value();
    for (int n = 1; n <= 4; ++n)
        EXPECT_EQ(signal(adds_two, "a", "other", "3"), "ok");
    EXPECT_EQ(signal(adds_two, "a", "n", "3"), "limit: 'adds/a' has a history at its limit: its next turn parks it");
}

TEST_F(RequestDeskSignals, AParkedRunKeepsThem)
{
    engine_.start(parks, "a", 0)->value();
    engine_.ask(request_kind::result, parks, "a")->value();
    EXPECT_EQ(signal(parks, "a", "n", "3", "m-1"), "ok");
    EXPECT_EQ(signal(parks, "a", "n", "3", "m-1"), "ok");
    EXPECT_EQ(engine_.core->count.signals, 1u);
    EXPECT_EQ(engine_.ask(request_kind::status, parks, "a")->value().status.state, everstep::run_state::parked);
    for (int n = 2; n <= 4; ++n)
        EXPECT_EQ(signal(parks, "a", "n", "3"), "ok");
    EXPECT_EQ(signal(parks, "a", "n", "3"), "limit: 'parks/a' has a history at its limit");
}

TEST_F(RequestDeskSignals, OneThatComesWhileATransactionWritesWaitsForItsEntry)
{
    engine_.start(writes_slowly, "a", 0)->value();
    door_.began.get_future().wait();
    const auto sent = send(writes_slowly, "a", "n", "9");
    door_.may_end.set_value();
    EXPECT_EQ(sent->value().what, detail::answer_kind::value);
    EXPECT_EQ(result(writes_slowly, "a"), "9");
}

TEST_F(RequestDeskSignals, OneWithAStartIsThereFromTheBegin)
{
    const auto start = [&](const std::string& payload, const std::string& message) {
        detail::request what{request_kind::start, admission::wait, test::fake_host::key_of(adds_two), "a", "0"};
        what.message = {"n", "i32", message, payload};
        return engine_.send(std::move(what))->value().what;
    };
    EXPECT_EQ(start("3", "m-1"), detail::answer_kind::value);
    EXPECT_EQ(start("3", "m-1"), detail::answer_kind::value);
    EXPECT_EQ(start("4", "m-2"), detail::answer_kind::value);
    EXPECT_EQ(result(adds_two, "a"), "7");
    EXPECT_EQ(engine_.core->count.runs_started, 1u);
}

TEST_F(RequestDeskSignals, WhatItsRunHasNotReceivedIsCountedAtItsEnd)
{
    detail::request what{request_kind::start, admission::wait, test::fake_host::key_of(ends), "a", "1"};
    what.message = {"n", "i32", "", "3"};
    engine_.send(std::move(what))->value();
    EXPECT_EQ(result(ends, "a"), "1");
    EXPECT_EQ(engine_.core->count.signals_unread, 1u);
}

TEST(RequestDeskSignalsLimit, AStartWithASignalThatHasNoRoomIsRefusedAndLeavesNothing)
{
    opened_engine engine(std::make_shared<store::memory_store>(), {.history_entries_max = 1});
    engine.add("ends", ends);
    engine.core->open();
    detail::request what{request_kind::start, admission::wait, test::fake_host::key_of(ends), "a", "1"};
    what.message = {"n", "i32", "", "3"};
    EXPECT_EQ(engine.send(std::move(what))->value().why, errc::limit);
    EXPECT_EQ(engine.ask(request_kind::status, ends, "a")->value().why, errc::not_found);
}
}
}
