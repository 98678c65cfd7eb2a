// Orders of people as users give them, over an engine in memory.

#include <everstep/engine.hpp>
#include <everstep/run_list.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace everstep
{
namespace
{
using namespace std::chrono_literals;

workflow<int> waits(context& ctx, int)
{
    const int got = co_await ctx.receive<int>("n");
    co_return got;
}
workflow<int> fails(context& ctx, int)
{
    const retry_policy patient{.first = 24h, .attempts = 0};
    const step_options options{.retry = patient};
    const int got = co_await ctx.step("look", options, []() -> int { throw std::runtime_error("not today"); });
    co_return got;
}

workflow<int> asks(context& ctx, int)
{
    const auto approval = ctx.promise<int>("approval");
    ctx.set_state("token", approval.token());
    const int said = co_await approval.get();
    co_return said + co_await ctx.receive<int>("n");
}

class RunOrders : public ::testing::Test
{
protected:
    RunOrders()
    {
        shop_.add("waits", waits).add("fails", fails).add("asks", asks);
        shop_.open();
    }
    template <class Call>
    static std::string refusal(Call&& call)
    {
        try
        {
            call();
        }
        catch (const engine_error& e)
        {
            return e.code();
        }
        return "none";
    }
    engine shop_{{.journal = ":memory:", .log = [](const log_line&) {}}};
};

TEST_F(RunOrders, WhoAndWhyAreInTheStatus)
{
    const auto run = shop_.start(waits, "a", 0);
    run.pause({.why = "stocktaking", .who = "ann"});
    EXPECT_EQ(run.status().reason + " " + run.status().text, "paused ann: stocktaking");
    run.resume({.why = "done", .who = "ann"});
    EXPECT_EQ(run.status().state, run_state::running);
    run.terminate({.why = "", .who = "bob"});
    EXPECT_EQ(run.status().reason + " " + run.status().text, "terminated bob");
    EXPECT_EQ(name_of(run.status().state), "terminated");
}

TEST_F(RunOrders, AStepIsEndedByHand)
{
    const auto run = shop_.start(fails, "a", 0);
    while (shop_.metrics().attempts_failed == 0)
        std::this_thread::yield();
    EXPECT_EQ(refusal([&] { run.complete_step("look", std::string("text")); }), "bad_value");
    EXPECT_EQ(refusal([&] { run.complete_step("see", 1); }), "not_found");
    run.complete_step("look", 5, {.why = "seen", .who = "ann"});
    EXPECT_EQ(run.result(), 5);
    EXPECT_EQ(refusal([&] { run.complete_step("look", 5); }), "ended");
}

TEST_F(RunOrders, AForkAndARestartAreRuns)
{
    const auto run = shop_.start(waits, "a", 0);
    run.signal("n", 3);
    EXPECT_EQ(run.result(), 3);
    const auto other = run.fork("b", 1);
    other.signal("n", 4);
    EXPECT_EQ(other.result(), 4);
    run.restart();
    run.signal("n", 5);
    EXPECT_EQ(run.result(), 5);
    EXPECT_EQ(shop_.list({.workflow = "waits"}).size(), 3u);
}

TEST_F(RunOrders, AForkHasThePromisesThatWereAnswered)
{
    const auto run = shop_.start(asks, "a", 0);
    while (!run.state<std::string>("token"))
        std::this_thread::yield();
    shop_.complete(*run.state<std::string>("token"), 10);
    run.signal("n", 1);
    EXPECT_EQ(run.result(), 11);
    const auto other = run.fork("b", 2);
    other.signal("n", 2);
    EXPECT_EQ(other.result(), 12);
}

TEST_F(RunOrders, AnOrderIsForTheRunThatWasListed)
{
    const auto run = shop_.start(waits, "a", 0);
    run.terminate();
    run.restart();
    const order_outcome done = shop_.order(run_order::restart, {.state = run_state::terminated});
    EXPECT_EQ(done.done, 0u);
    ASSERT_EQ(done.refused.size(), 1u);
    EXPECT_EQ(done.refused.front().text, "'waits/a' stands for another run by now");
}

TEST_F(RunOrders, AllThatFitAreOrdered)
{
    for (const char* id : {"a", "b", "c"})
        shop_.start(waits, id, 0);
    EXPECT_EQ(shop_.order(run_order::terminate, {.workflow = "waits", .id_prefix = "b"}).done, 1u);
    EXPECT_EQ(shop_.list({.state = run_state::running}).size(), 2u);
}

TEST_F(RunOrders, AStartMayBeLaterAndHaveADeadline)
{
    const auto later = shop_.start(waits, "later", 0, {.delay = 1h});
    EXPECT_EQ(later.status().state, run_state::running);
    const auto soon = shop_.start(waits, "soon", 0, {.timeout = 1ms});
    try
    {
        soon.result();
        FAIL() << "it has no deadline";
    }
    catch (const run_failed& e)
    {
        EXPECT_EQ(e.code() + ": " + e.text(), "cancelled: its deadline has passed");
    }
}
}
}
