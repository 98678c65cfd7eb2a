// Cancel: what it ends at once, what it waits for, and where it stops.

#include "replay_player.hpp"

#include <gtest/gtest.h>

namespace
{
using namespace everstep::replay;
using namespace everstep::replay::scripted;

machine under_cancel()
{
    machine core(1'000);
    core.apply(cancel_asked(), 1);
    return core;
}

TEST(MachineCancel, SetTimerIsCancelled)
{
    EXPECT_EQ(play({.body = {timer(5)}}, {timer_set(at(0)), cancel_asked()}), "0 cancelled, ended");
}

TEST(MachineCancel, ForeverIsCancelled) { EXPECT_EQ(play({.body = {forever()}}, {cancel_asked()}), "0 cancelled, ended"); }

TEST(MachineCancel, RunningStepIsWaitedFor)
{
    EXPECT_EQ(play({.body = {step("charge")}}, {cancel_asked()}), "waits for 0");
}

TEST(MachineCancel, StepThatEndsInAResultIsThenCancelled)
{
    EXPECT_EQ(play({.body = {step("charge")}}, {cancel_asked(), step_done(at(0), "charge")}), "0 cancelled, ended");
}

TEST(MachineCancel, StepThatFailsIsThenCancelled)
{
    EXPECT_EQ(play({.body = {step("charge")}}, {cancel_asked(), step_failed(at(0), "charge")}), "0 cancelled, ended");
}

TEST(MachineCancel, StepWithNoAttemptRunningIsDropped)
{
    EXPECT_EQ(play({.body = {step("charge")}}, {step_retry(at(0), "charge"), cancel_asked(), step_dropped(at(0), "charge")}),
              "0 cancelled, ended");
}

TEST(MachineCancel, ResultThatCameLateHasItsUndo)
{
    EXPECT_EQ(play({.body = {step("charge")}, .undoable = true},
                   {cancel_asked(), step_done(at(0), "charge"), undo_done(at(1), "charge")}),
              "0 cancelled, 1 value, ended");
}

TEST(MachineCancel, DroppedStepHasNone)
{
    EXPECT_EQ(play({.body = {step("charge"), step("ship")}, .undoable = true},
                   {step_done(at(0), "charge"), cancel_asked(), step_dropped(at(1), "ship"), undo_done(at(2), "charge")}),
              "0 value, 1 cancelled, 2 value, ended");
}

TEST(MachineCancel, EveryWaitStartedAfterItIsCancelledAtOnce)
{
    for (const asked& what : {step("charge"), timer(5), reply(), forever()})
    {
        machine core = under_cancel();
        branch_counter main;
        EXPECT_EQ(core.start(main, what, nullptr, 2), verdict::deliver);
        EXPECT_EQ(core.what(), delivered::cancelled);
        EXPECT_TRUE(core.waiting().empty());
        EXPECT_EQ(main.next, 1U);
    }
}

TEST(MachineCancel, WaitsStartedAfterItTakeNoEntry)
{
    const entry next = timer_set(at(0));
    machine core = under_cancel();
    branch_counter main;
    EXPECT_EQ(core.start(main, timer(5), &next, 2), verdict::deliver);
    EXPECT_EQ(core.what(), delivered::cancelled);
    EXPECT_FALSE(core.start_took_next());
}

TEST(MachineCancel, ReplyAfterItIsNoReply)
{
    machine core = under_cancel();
    branch_counter main;
    core.start(main, reply(), nullptr, 2);
    EXPECT_FALSE(core.replied());
}

TEST(MachineCancel, UndoStartedAfterItRuns)
{
    machine core = under_cancel();
    branch_counter main;
    EXPECT_EQ(core.start(main, undo_of("charge"), nullptr, 2), verdict::wait);
    EXPECT_EQ(core.apply(undo_done(at(0), "charge"), 2), verdict::deliver);
    EXPECT_EQ(core.what(), delivered::value);
}

TEST(MachineCancel, CompensationEndsIt)
{
    machine core = under_cancel();
    branch_counter main;
    core.begin_compensation(main);
    EXPECT_FALSE(core.is_cancelled(main));
    EXPECT_EQ(core.start(main, step("note"), nullptr, 2), verdict::wait);
    EXPECT_EQ(core.apply(step_done(at(0), "note"), 2), verdict::deliver);
    EXPECT_EQ(core.what(), delivered::value);
}

TEST(MachineCancel, CodeBehindTheCompensationWaitsAgain)
{
    EXPECT_EQ(play({.body = {forever()}, .behind = {timer(5), step("note")}},
                   {cancel_asked(), timer_set(at(1)), timer_fired(at(1)), step_done(at(2), "note")}),
              "0 cancelled, 1 value, 2 value, ended");
}

TEST(MachineCancel, SecondCancelCancelsTheCodeBehindTheCompensation)
{
    EXPECT_EQ(play({.body = {forever()}, .behind = {timer(5), step("note")}}, {cancel_asked(), timer_set(at(1)), cancel_asked()}),
              "0 cancelled, 1 cancelled, ended");
}

TEST(MachineCancel, SecondCancelWhileAStepIsWaitedForChangesNothing)
{
    EXPECT_EQ(play({.body = {step("charge")}}, {cancel_asked(), cancel_asked(), step_done(at(0), "charge")}), "0 cancelled, ended");
}

TEST(MachineCancel, CancelDuringCompensationLetsItGoOn)
{
    EXPECT_EQ(play({.body = {step("charge"), step("ship"), forever()}, .behind = {step("note")}, .undoable = true},
                   {step_done(at(0), "charge"), step_done(at(1), "ship"), cancel_asked(), cancel_asked(), undo_done(at(3), "ship"),
                    undo_done(at(4), "charge"), step_done(at(5), "note")}),
              "0 value, 1 value, 2 cancelled, 3 value, 4 value, 5 value, ended");
}

TEST(MachineCancel, CancelWhileABranchCompensatesEndsTheWaitsOfTheOthersAlone)
{
    for (const bool timer_first : {true, false})
    {
        machine core(1'000);
        branch_counter left{.prefix = at({0, 0})}, right{.prefix = at({0, 1})};
        if (!timer_first)
            core.start(right, undo_of("charge"), nullptr, 1);
        core.start(left, forever(), nullptr, 1);
        if (timer_first)
            core.start(right, undo_of("charge"), nullptr, 1);
        EXPECT_EQ(core.apply(cancel_asked(), 1), verdict::wait);
        EXPECT_EQ(core.next(), verdict::deliver);
        EXPECT_EQ(core.where(), at({0, 0, 0}));
        EXPECT_EQ(core.next(), verdict::wait);
        EXPECT_TRUE(core.is_cancelled(left));
        EXPECT_FALSE(core.is_cancelled(right));
    }
}

TEST(MachineCancel, OneWaitAfterTheOtherEndsUntilNoneIsLeft)
{
    machine core(1'000);
    branch_counter left{.prefix = at({0, 0})}, middle{.prefix = at({0, 1})}, right{.prefix = at({0, 2})};
    core.start(left, forever(), nullptr, 1);
    core.start(middle, step("pick"), nullptr, 1);
    core.start(right, receive("picked"), nullptr, 1);
    core.apply(cancel_asked(), 1);
    EXPECT_EQ(core.next(), verdict::deliver);
    EXPECT_EQ(core.where(), at({0, 0, 0}));
    EXPECT_EQ(core.next(), verdict::deliver);
    EXPECT_EQ(core.where(), at({0, 2, 0}));
    EXPECT_EQ(core.next(), verdict::wait);
    EXPECT_EQ(core.waiting().size(), 1U);
}

TEST(MachineCancel, EveryBranchIsCancelledAndTheStepWaitedFor)
{
    EXPECT_EQ(play({.fork = 0, .branches = {lines{timer(5)}, lines{step("print"), step("post")}}},
                   {timer_set(at({0, 0, 0})), cancel_asked(), step_done(at({0, 1, 0}), "print")}),
              "0.0.0 cancelled, 0.1.0 cancelled, ended");
}

TEST(MachineCancel, ReasonIsThatOfTheLastCancel)
{
    machine core(1'000);
    const branch_counter main;
    EXPECT_FALSE(core.is_cancelled(main));
    EXPECT_EQ(core.cancel_reason(), "");
    {
        const std::string reason = "out of stock";
        core.apply(cancel_asked(reason), 1);
    }
    EXPECT_TRUE(core.is_cancelled(main));
    EXPECT_EQ(core.cancel_reason(), "out of stock");
    core.apply(cancel_asked("by the customer"), 2);
    EXPECT_EQ(core.cancel_reason(), "by the customer");
}

TEST(MachineCancel, DropWithoutCancelIsADivergence)
{
    EXPECT_EQ(play({.body = {step("charge")}}, {step_dropped(at(0), "charge")}).substr(0, 16), "diverged: entry ");
}
}
