// The undos of a run: which are kept, in which order they run, and what each is given.

#include "driven_run.hpp"

#include <everstep/context.hpp>
#include <everstep/saga.hpp>

#include <gtest/gtest.h>

#include <memory>
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
    EXPECT_EQ(run->driver().reason(), park_reason::compensation_failed);
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

// Options.

constexpr step_options patient_undo{.retry = {.attempts = 7}};

workflow<int> with_options(context& ctx, int)
{
    saga undo{ctx};
    co_await undo.step("flight", [] { return 1; }, undo_of, patient_undo);
    co_await undo.step("hotel", patient_undo, [] { return 2; }, undo_of);
    throw permanent_error("late", "too late");
}

TEST(RunDriverUndo, UndoKeepsItsOwnOptions)
{
    driven_run run(with_options, 1);
    run.begin();
    run.succeed("1");
    run.succeed("2");
    EXPECT_EQ(run_driver::undo_of(run.first()).options, nullptr) << "those of the step are not the undo's";
    run.succeed("null");
    ASSERT_NE(run_driver::undo_of(run.first()).options, nullptr);
    EXPECT_EQ(run_driver::undo_of(run.first()).options->retry.attempts, 7u);
}

TEST(RunDriverUndo, UndoKnowsThePathOfItsStep)
{
    driven_run run(with_options, 1);
    run.begin();
    run.succeed("1");
    run.succeed("2");
    EXPECT_EQ(run_driver::undo_of(run.first()).where.text(), "1");
}

// Steps whose effect must be looked up.

constexpr auto look_up = [](attempt&, services&, const int*) {};

workflow<int> unsure(context& ctx, int)
{
    saga undo{ctx};
    co_await undo.step_unsure("charge", [] { return 1; }, look_up);
    throw permanent_error("late", "too late");
}

TEST(RunDriverUnsure, ResultIsGivenToTheUndo)
{
    driven_run run(unsure, 1);
    run.begin();
    run.succeed("17");
    EXPECT_EQ(run_driver::undo_input(run.first()), "17");
}

TEST(RunDriverUnsure, FailureIsUndoneWithoutAResult)
{
    driven_run run(unsure, 1);
    run.begin();
    run.fail("timed_out");
    EXPECT_EQ(run.waiting(), texts{"undo charge at 1"});
    EXPECT_EQ(run_driver::undo_input(run.first()), "");
}

TEST(RunDriverUnsure, ReplayUndoesTheSame)
{
    driven_run live(unsure, 1);
    live.begin();
    live.fail("timed_out");
    driven_run again(unsure, 1, live.history());
    again.begin();
    EXPECT_EQ(again.waiting(), texts{"undo charge at 1"});
    EXPECT_EQ(run_driver::undo_input(again.first()), "");
}

TEST(RunDriverUnsure, CancelBetweenTwoAttemptsIsUndone)
{
    driven_run run(unsure, 1);
    run.begin();
    run.cancel();
    run.drop(1);
    EXPECT_EQ(run.waiting(), texts{"undo charge at 1"});
}

TEST(RunDriverUnsure, CancelBeforeTheFirstAttemptIsNot)
{
    driven_run run(unsure, 1);
    run.begin();
    run.cancel();
    EXPECT_EQ(run.drop(0), driver_state::ended);
}

TEST(RunDriverUndo, FailedStepThatIsSureIsNotUndone)
{
    driven_run run(booked, 1);
    run.begin();
    EXPECT_EQ(run.fail("broke"), driver_state::ended);
}

// Undos side by side.

workflow<int> booked_side_by_side(context& ctx, int)
{
    saga undo{ctx, {.undos_at_once = 2}};
    saga other{ctx};
    co_await undo.step("flight", [] { return 1; }, undo_of);
    co_await other.step("insurance", [] { return 2; }, undo_of);
    co_await undo.step("hotel", [] { return 3; }, undo_of);
    co_await undo.step("car", [] { return 4; }, undo_of);
    co_await undo.step("guide", [] { return 5; }, undo_of);
    throw permanent_error("late", "too late");
}

/// Up to the compensation.
std::unique_ptr<driven_run> all_booked()
{
    auto run = std::make_unique<driven_run>(booked_side_by_side, 1);
    run->begin();
    for (const char* result : {"1", "2", "3", "4", "5"})
        run->succeed(result);
    return run;
}

TEST(RunDriverUndo, AsManyBeginAsTheSagaAllows) { EXPECT_EQ(all_booked()->waiting(), (texts{"undo guide at 5", "undo car at 6"})); }

TEST(RunDriverUndo, NextOneBeginsWhenOneHasEnded)
{
    const auto run = all_booked();
    run->succeed("null", 1);
    EXPECT_EQ(run->waiting(), (texts{"undo guide at 5", "undo hotel at 7"}));
}

TEST(RunDriverUndo, AnotherSagasWaitsForAllOfThem)
{
    const auto run = all_booked();
    run->succeed("null");
    run->succeed("null");
    EXPECT_EQ(run->waiting(), texts{"undo hotel at 7"});
    run->succeed("null");
    EXPECT_EQ(run->waiting(), texts{"undo insurance at 8"});
    run->succeed("null");
    EXPECT_EQ(run->waiting(), texts{"undo flight at 9"});
    EXPECT_EQ(run->succeed("null"), driver_state::ended);
}

TEST(RunDriverUndo, ReplayStandsAmongUndosSideBySide)
{
    const auto live = all_booked();
    live->succeed("null", 1);
    driven_run again(booked_side_by_side, 1, live->history());
    again.begin();
    EXPECT_EQ(again.waiting(), (texts{"undo guide at 5", "undo hotel at 7"}));
}

// The pivot.

workflow<int> passes_pivot(context& ctx, int)
{
    saga undo{ctx};
    co_await undo.step("flight", [] { return 1; }, undo_of);
    undo.pivot();
    co_await undo.step("ticket", [] { return 2; }, undo_of);
    throw permanent_error("late", "too late");
}

TEST(RunDriverUndo, NothingIsUndonePastThePivot)
{
    driven_run run(passes_pivot, 1);
    run.begin();
    run.succeed("1");
    EXPECT_EQ(run.succeed("2"), driver_state::ended);
}
}
}
