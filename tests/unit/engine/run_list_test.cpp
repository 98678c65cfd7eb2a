#include "engine/run_list.hpp"

#include "opened_engine.hpp"

#include <everstep/context.hpp>
#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <string>

namespace everstep::core
{
namespace
{
using detail::request_kind;

workflow<int> waits(context& ctx, int)
{
    co_await ctx.receive<int>("n");
    co_return 1;
}
workflow<int> ends(context&, int n) { co_return n; }

class RunList : public ::testing::Test
{
protected:
    RunList()
    {
        engine_.add("waits", waits).add("ends", ends);
        engine_.core->open();
        for (const char* id : {"a-1", "a-2", "b-1"})
        {
            engine_.start(waits, id, 0)->value();
            engine_.start(ends, id, 7)->value();
            engine_.ask(request_kind::result, ends, id)->value();
        }
    }
    std::string ids(const run_filter& which, std::size_t at_most = 100) const
    {
        std::string all;
        for (const run_summary& one : detail::list_runs(engine_.core, which, at_most, 0))
            all += one.workflow + "/" + one.id + " ";
        return all;
    }

    opened_engine engine_;
};

TEST_F(RunList, AllInTheOrderOfTheirStarts)
{
    EXPECT_EQ(ids({}), "waits/a-1 ends/a-1 waits/a-2 ends/a-2 waits/b-1 ends/b-1 ");
}

TEST_F(RunList, AFilterLeavesOutWhatDoesNotFit)
{
    EXPECT_EQ(ids({.workflow = "ends"}), "ends/a-1 ends/a-2 ends/b-1 ");
    EXPECT_EQ(ids({.workflow = "waits", .id_prefix = "a-"}), "waits/a-1 waits/a-2 ");
    EXPECT_EQ(ids({.state = everstep::run_state::running}), "waits/a-1 waits/a-2 waits/b-1 ");
    const auto begin = run_filter::time_point(std::chrono::microseconds(opened_engine::begin_of_time));
    EXPECT_EQ(ids({.started_before = begin}), "");
    EXPECT_EQ(ids({.id_prefix = "b", .started_from = begin}), "waits/b-1 ends/b-1 ");
}

TEST_F(RunList, PagesMeetWithoutAGap)
{
    for (const std::size_t looks : {1u, 2u, 100u})
    {
        std::string all;
        for (std::uint64_t next = 1; next != 0;)
        {
            const run_page page = list_runs(*engine_.store, {.workflow = "ends"}, next, 2, looks);
            for (const run_summary& one : page.runs)
                all += one.id + " ";
            next = page.next;
        }
        EXPECT_EQ(all, "a-1 a-2 b-1 ") << looks;
    }
    EXPECT_EQ(ids({.workflow = "ends"}, 2), "ends/a-1 ends/a-2 ");
}

TEST_F(RunList, AnOrderIsForAllThatFitAndSaysWhoRefused)
{
    const order_outcome paused = detail::order_runs(engine_.core, run_order::pause, {.workflow = "waits", .id_prefix = "a"}, {.why = "night", .who = "ann"});
    EXPECT_EQ(paused.done, 2u);
    EXPECT_EQ(ids({.reason = "paused"}), "waits/a-1 waits/a-2 ");
    const auto listed = detail::list_runs(engine_.core, {.reason = "paused"}, 1, 0);
    EXPECT_EQ(listed.front().text, "ann: night");
    const order_outcome restarted = detail::order_runs(engine_.core, run_order::restart, {.workflow = "waits"}, {});
    EXPECT_EQ(restarted.done, 2u);
    ASSERT_EQ(restarted.refused.size(), 1u);
    EXPECT_EQ(restarted.refused.front().id, "b-1");
    EXPECT_EQ(restarted.refused.front().text, "'waits/b-1' goes on: terminate it, then restart it");
}

TEST_F(RunList, AClosedEngineSaysSo)
{
    engine_.close();
    EXPECT_THROW(detail::list_runs(engine_.core, {}, 1, 0), engine_closed);
    EXPECT_THROW(detail::order_runs(engine_.core, run_order::pause, {}, {}), engine_closed);
}
}
}
