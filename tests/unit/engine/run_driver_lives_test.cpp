// Delays, deadlines and continuing as new, and values that stand for results.

#include "driven_run.hpp"

#include <everstep/branches.hpp>
#include <everstep/saga.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

std::string own(std::uint32_t path, base::time_us due)
{
    std::string bytes;
    journal::encode(journal::own_timer(path, 1'000'000, due), bytes);
    return bytes;
}
const std::string starts_later = own(journal::start_timer_path, 5'000'000);
const std::string has_deadline = own(journal::deadline_timer_path, 9'000'000);

workflow<int> works(context& ctx, int)
{
    const int got = co_await ctx.step("work", [] { return 1; });
    co_await ctx.sleep_for(1h);
    co_return got;
}

using texts = std::vector<std::string>;

TEST(RunDriverLives, TheCodeBeginsWhenItsTimeHasCome)
{
    driven_run run(works, 0, {starts_later});
    EXPECT_EQ(run.begin(), driver_state::waiting);
    EXPECT_EQ(run.waiting(), (texts{"timer start at 4294967295"}));
    EXPECT_EQ(run.fire(), driver_state::waiting);
    EXPECT_EQ(run.waiting(), (texts{"step work at 0"}));
    driven_run again(works, 0, run.history());
    again.begin();
    EXPECT_EQ(again.waiting(), (texts{"step work at 0"}));
}

TEST(RunDriverLives, ACancelBeginsTheCodeAndItsFirstWaitSaysSo)
{
    driven_run run(works, 0, {starts_later});
    run.begin();
    EXPECT_EQ(run.cancel("no more"), driver_state::ended);
    EXPECT_EQ(run.driver().end().kind, entry_kind::cancelled);
}

TEST(RunDriverLives, TheDeadlineCancels)
{
    driven_run run(works, 0, {has_deadline});
    run.begin();
    EXPECT_EQ(run.driver().deadline(), 9'000'000);
    EXPECT_EQ(run.waiting(), (texts{"timer deadline at 4294967294", "step work at 0"}));
    EXPECT_EQ(run.fire(), driver_state::waiting); // the step is waited for
    EXPECT_TRUE(run.driver().machine().has_cancels());
    EXPECT_EQ(run.succeed("1"), driver_state::ended);
    EXPECT_EQ(run.driver().end().text, "its deadline has passed");
}

TEST(RunDriverLives, ACancelLeavesTheDeadlineAlone)
{
    driven_run run(works, 0, {has_deadline});
    run.begin();
    run.cancel("no more");
    EXPECT_EQ(run.waiting(), (texts{"timer deadline at 4294967294", "step work at 0"}));
}

workflow<int> ends_at_once(context&, int) { co_return 1; }

TEST(RunDriverLives, ARunThatEndsInTimeNeedsNoDeadline)
{
    driven_run run(ends_at_once, 0, {has_deadline});
    EXPECT_EQ(run.begin(), driver_state::ended);
    EXPECT_TRUE(run.waiting().empty());
}

workflow<int> continues(context& ctx, int n)
{
    co_await ctx.step("work", [] { return 1; });
    co_await ctx.continue_as_new(n + 1);
    co_return 0;
}

TEST(RunDriverLives, AContinuedRunEndsWithTheNextInput)
{
    driven_run run(continues, 4);
    run.begin();
    EXPECT_EQ(run.succeed("1"), driver_state::ended);
    EXPECT_EQ(run.driver().end().kind, entry_kind::continued);
    EXPECT_EQ(run.driver().end().payload, "5");
}

template <int how>
workflow<std::string> may_not_continue(context& ctx, int n)
{
    std::string why;
    saga undo{ctx};
    if (how == 1)
        co_await undo.transact("charge", [](transaction&) { return 1; }, [](transaction&, const int&) {});
    try
    {
        if (how == 2)
            co_await ctx.continue_as_new(std::string("text"));
        else
            co_await ctx.continue_as_new(std::move(n));
    }
    catch (const step_failed& e)
    {
        why = e.code() + ": " + e.text();
    }
    co_return why;
}

workflow<int> continues_inside(context& ctx, int n)
{
    co_await ctx.continue_as_new(n);
    co_return 1;
}
workflow<std::string> branches(context& ctx, int n)
{
    std::string why;
    try
    {
        co_await all(continues_inside(ctx, n), continues_inside(ctx, n));
    }
    catch (const step_failed& e)
    {
        why = e.code() + ": " + e.text();
    }
    co_return why;
}

TEST(RunDriverLives, WhatTheNextRunWouldNotKnowKeepsOneFromContinuing)
{
    driven_run with_undo(may_not_continue<1>, 0);
    with_undo.begin();
    with_undo.succeed("1");
    EXPECT_NE(with_undo.driver().end().payload.find("wrong_use: undos are registered"), std::string::npos);
    driven_run of_another_type(may_not_continue<2>, 0);
    of_another_type.begin();
    EXPECT_NE(of_another_type.driver().end().payload.find("wrong_use: the input is not of"), std::string::npos);
    driven_run inside(branches, 0);
    inside.begin();
    EXPECT_NE(inside.driver().end().payload.find("wrong_use: a run continues as new outside of branches"), std::string::npos);
}

TEST(RunDriverLives, OnlyAValueThatTheCodeCanReadStandsForAResult)
{
    driven_run run(works, 0);
    run.begin();
    EXPECT_EQ(run.driver().why_not_resolved(run.first(), "7"), "");
    EXPECT_NE(run.driver().why_not_resolved(run.first(), "\"seven\""), "");
}

workflow<int> shows(context& ctx, int)
{
    ctx.set_state("a", 1);
    co_await ctx.step("work", [] { return 1; });
    ctx.set_state("a", 2);
    co_await ctx.sleep_for(1h);
    co_return 1;
}

TEST(RunDriverLives, OfReplayOnlyTheLastStateIsHeldAgainstWhatIsThere)
{
    driven_run run(shows, 0);
    run.begin();
    EXPECT_EQ(run.compared, (texts{"a 1"}));
    run.succeed("1");
    EXPECT_EQ(run.states, (texts{"a 2"}));
    driven_run again(shows, 0, run.history());
    again.begin();
    EXPECT_TRUE(again.states.empty());
    EXPECT_EQ(again.compared, (texts{"a 2"}));
}

workflow<std::string> refused_states(context& ctx, int)
{
    std::string why;
    for (const std::size_t size : {0u, 129u})
        try
        {
            ctx.set_state(std::string(size, 'n'), 1);
        }
        catch (const engine_error& e)
        {
            why += e.code() + " ";
        }
    try
    {
        ctx.set_state("long", std::string(2'000, 'x'));
    }
    catch (const engine_error& e)
    {
        why += e.code();
    }
    co_return why;
}

TEST(RunDriverLives, AStateOverItsLimitsIsRefused)
{
    driven_run run(refused_states, 0);
    EXPECT_EQ(run.begin(), driver_state::ended);
    EXPECT_EQ(run.driver().end().payload, "\"limit limit limit\"");
}
}
}
