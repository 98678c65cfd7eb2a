// Restarts and forks as callers order them: what is refused, and what the new run has.

#include "engine/request_desk.hpp"

#include "opened_engine.hpp"

#include <everstep/context.hpp>

#include <gtest/gtest.h>

#include <string>

namespace everstep::core
{
namespace
{
using detail::request_kind;

workflow<std::string> draws(context& ctx, int)
{
    const std::string first = ctx.uuid();
    const std::string token = co_await ctx.transact("write", [](transaction&) { return std::string("written"); });
    const int got = co_await ctx.receive<int>("n");
    co_return first + " " + token + " " + std::to_string(got);
}
/// Parks by itself.
workflow<int> parks(context& ctx, int)
{
    co_await ctx.step(std::string(), [] { return 0; });
    co_return 0;
}

class RequestDeskSuccessors : public ::testing::Test
{
protected:
    RequestDeskSuccessors()
    {
        engine_.add("draws", draws).add("parks", parks);
        engine_.core->open();
    }
    template <class Function>
    std::string order(request_kind what, Function* function, const std::string& id)
    {
        return text_of(engine_.ask(what, function, id)->value());
    }
    std::string fork(const std::string& from, const std::string& id, std::uint64_t entries)
    {
        detail::request what{request_kind::fork, admission::wait, test::fake_host::key_of(draws), id};
        what.message.name = from;
        what.number = entries;
        return text_of(engine_.send(std::move(what))->value());
    }
    void signal(const std::string& id, int value)
    {
        detail::request what{request_kind::signal, admission::wait, test::fake_host::key_of(draws), id};
        what.message = {"n", "i32", {}, std::to_string(value)};
        engine_.send(std::move(what))->value();
    }
    std::string result(const std::string& id) { return engine_.ask(request_kind::result, draws, id)->value().bytes; }
    static std::string text_of(const detail::answer& a)
    {
        return a.what == detail::answer_kind::value ? "ok" : std::string(name_of(a.why)) + ": " + a.text;
    }

    opened_engine engine_;
};

TEST_F(RequestDeskSuccessors, OnlyWhatHasEndedOrIsParkedIsRestarted)
{
    EXPECT_EQ(order(request_kind::restart, draws, "a"), "not_found: there is no run 'draws/a': start it");
    engine_.start(draws, "a", 0)->value();
    EXPECT_EQ(order(request_kind::restart, draws, "a"), "wrong_use: 'draws/a' goes on: terminate it, then restart it");
    engine_.start(parks, "p", 0)->value();
    engine_.ask(request_kind::result, parks, "p")->value();
    EXPECT_EQ(order(request_kind::restart, parks, "p"), "ok");
    EXPECT_EQ(engine_.core->count.runs_terminated, 1u);
}

TEST_F(RequestDeskSuccessors, AForkDrawsTheSameNumbersAndGoesItsOwnWay)
{
    engine_.start(draws, "a", 0)->value();
    signal("a", 1);
    const std::string first = result("a");
    EXPECT_EQ(fork("a", "b", 2), "ok");
    signal("b", 2);
    EXPECT_EQ(result("b").substr(0, 38), first.substr(0, 38));
    EXPECT_EQ(result("b").back(), '"');
    EXPECT_EQ(result("b")[result("b").size() - 2], '2');
    EXPECT_EQ(result("a"), first);
}

TEST_F(RequestDeskSuccessors, AForkIsRefusedWhereItCannotBe)
{
    EXPECT_EQ(fork("a", "b", 1), "not_found: there is no run 'draws/a'");
    engine_.start(draws, "a", 0)->value();
    signal("a", 1);
    result("a");
    EXPECT_EQ(fork("a", "b", 0), "limit: 'draws/a' has 0 entries before its end: fork from 1 to so many of them");
    EXPECT_EQ(fork("a", "b", 4), "limit: 'draws/a' has 3 entries before its end: fork from 1 to so many of them");
    EXPECT_EQ(fork("a", "a", 1), "conflict: 'draws/a' is there: choose another id for the fork");
    EXPECT_EQ(fork("a", "b", 3), "ok");
    EXPECT_EQ(result("b"), result("a"));
}

TEST_F(RequestDeskSuccessors, TheIdStandsForTheNewRunAfterReopening)
{
    engine_.start(parks, "p", 0)->value();
    engine_.ask(request_kind::result, parks, "p")->value();
    EXPECT_EQ(order(request_kind::restart, parks, "p"), "ok");
    engine_.ask(request_kind::result, parks, "p")->value(); // parks again
    engine_.close();
    opened_engine again(engine_.store);
    again.add("draws", draws).add("parks", parks);
    again.core->open();
    EXPECT_EQ(again.ask(request_kind::status, parks, "p")->value().status.state, everstep::run_state::parked);
    EXPECT_EQ(text_of(again.start(parks, "p", 0)->value()), "ok");
}
}
}
