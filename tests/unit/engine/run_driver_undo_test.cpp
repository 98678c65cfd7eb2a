// The undos of a run: which are kept, in which order they run, and what each is given.

#include "driven_run.hpp"

#include <everstep/context.hpp>
#include <everstep/saga.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
using texts = std::vector<std::string>;

constexpr auto undo_of = [](attempt&, services&, const int&) {};

workflow<int> booked(context& ctx, int)
{
    saga undo{ctx};
    co_await undo.step("flight", [] { return 1; }, undo_of);
    co_await undo.step("hotel", [] { return 2; }, undo_of);
    co_await ctx.step("plain", [] { return 3; });
    co_await undo.step("car", [] { return 4; }, undo_of);
    co_await ctx.step("pay", [] { return 5; });
    co_return 0;
}

/// Up to the step that fails.
class failed_at_pay
{
public:
    failed_at_pay()
    {
        run.begin();
        for (const char* result : {"1", "2", "3", "4"})
            run.succeed(result);
        run.fail("broke");
    }
    driven_run* operator->() { return &run; }

private:
    driven_run run{booked, 1};
};

TEST(RunDriverUndo, NewestUndoComesFirst) { EXPECT_EQ(failed_at_pay()->waiting(), texts{"undo car at 5"}); }

TEST(RunDriverUndo, UndosRunOneAfterTheOther)
{
    failed_at_pay run;
    texts order;
    while (run->driver().undos() != 0 || !run->driver().machine().waiting().empty())
    {
        order.push_back(run->waiting().front());
        run->succeed("null");
    }
    EXPECT_EQ(order, (texts{"undo car at 5", "undo hotel at 6", "undo flight at 7"}));
}

TEST(RunDriverUndo, UndoIsGivenTheRecordedResult)
{
    failed_at_pay run;
    run->succeed("null");
    EXPECT_EQ(run_driver::undo_input(run->first()), "2");
}

TEST(RunDriverUndo, RunEndsWithItsErrorAfterTheLastUndo)
{
    failed_at_pay run;
    run->succeed("null");
    run->succeed("null");
    EXPECT_EQ(run->succeed("null"), driver_state::ended);
    EXPECT_EQ(run->driver().end().code, "broke");
}

TEST(RunDriverUndo, UndoThatFailsForGoodParks)
{
    failed_at_pay run;
    EXPECT_EQ(run->fail("jammed", "by sand"), driver_state::parked);
    EXPECT_EQ(run->driver().reason(), park_reason::retries_exhausted);
    EXPECT_EQ(run->driver().text(), "jammed: by sand");
}

TEST(RunDriverUndo, ReplayStandsInTheMiddleOfTheCompensation)
{
    failed_at_pay live;
    live->succeed("null");
    driven_run again(booked, 1, live->history());
    again.begin();
    EXPECT_EQ(again.waiting(), texts{"undo hotel at 6"});
}

TEST(RunDriverUndo, ReplayGivesTheSameInputToTheUndo)
{
    failed_at_pay live;
    live->succeed("null");
    driven_run again(booked, 1, live->history());
    again.begin();
    EXPECT_EQ(run_driver::undo_input(again.first()), "2");
}

TEST(RunDriverUndo, UndoKeepsThePlaceOfItsStep)
{
    failed_at_pay run;
    EXPECT_EQ(run->first().what.file, "run_driver_undo_test.cpp");
    EXPECT_NE(run->first().what.line, 0u);
}

TEST(RunDriverUndo, ResultThatComesAfterTheCancelIsUndone)
{
    driven_run run(booked, 1);
    run.begin();
    run.cancel();
    run.succeed("1");
    EXPECT_EQ(run.waiting(), texts{"undo flight at 1"});
}

TEST(RunDriverUndo, CancelDuringTheCompensationChangesNothing)
{
    failed_at_pay run;
    run->cancel();
    run->succeed("null");
    run->succeed("null");
    run->succeed("null");
    EXPECT_EQ(run->driver().end().code, "broke");
}

workflow<int> gives_up(context& ctx, int)
{
    saga travel{ctx};
    saga money{ctx};
    co_await travel.step("flight", [] { return 1; }, undo_of);
    co_await money.step("charge", [] { return 2; }, undo_of);
    co_await travel.step("hotel", [] { return 3; }, undo_of);
    co_await travel.compensate();
    co_await ctx.step("after", [] { return 4; });
    throw permanent_error("late", "too late");
}

TEST(RunDriverUndo, CompensateRunsTheUndosOfItsSagaAlone)
{
    driven_run run(gives_up, 1);
    run.begin();
    texts order;
    for (int n = 0; n < 7 && !run.driver().machine().waiting().empty(); ++n)
    {
        order.push_back(run.waiting().front());
        run.succeed(n < 3 || n == 5 ? "1" : "null");
    }
    EXPECT_EQ(order, (texts{"step flight at 0", "step charge at 1", "step hotel at 2", "undo hotel at 3", "undo flight at 4",
                            "step after at 5", "undo charge at 6"}));
}

workflow<int> lets_be(context& ctx, int)
{
    saga travel{ctx};
    co_await travel.step("flight", [] { return 1; }, undo_of);
    travel.release();
    throw permanent_error("late", "too late");
}

TEST(RunDriverUndo, ReleasedUndosDoNotRun)
{
    driven_run run(lets_be, 1);
    run.begin();
    EXPECT_EQ(run.succeed("1"), driver_state::ended);
}

workflow<int> completes(context& ctx, int)
{
    saga travel{ctx};
    co_await travel.step("flight", [] { return 1; }, undo_of);
    co_return 1;
}

TEST(RunDriverUndo, RunThatCompletesUndoesNothing)
{
    driven_run run(completes, 1);
    run.begin();
    EXPECT_EQ(run.succeed("1"), driver_state::ended);
    EXPECT_EQ(run.driver().end().kind, entry_kind::completed);
}

TEST(RunDriverUndo, ResumeDuringTheCompensationGoesOnWithTheSameUndo)
{
    failed_at_pay live;
    live->resume();
    driven_run again(booked, 1, live->history());
    again.begin();
    EXPECT_EQ(again.waiting(), texts{"undo car at 5"});
}
}
}
