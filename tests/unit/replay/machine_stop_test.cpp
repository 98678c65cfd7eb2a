// Branches that are stopped because another has ended the wait for all of them.

#include "replay_player.hpp"

#include <gtest/gtest.h>

namespace
{
using namespace everstep::replay;
using namespace everstep::replay::scripted;

class MachineStop : public ::testing::Test
{
protected:
    MachineStop()
    {
        left.above = &main;
        right.above = &main;
    }
    machine core{1'000};
    branch_counter main, left{.prefix = at({0, 0})}, right{.prefix = at({0, 1})};
};

TEST_F(MachineStop, ItsWaitsEndCancelledAndThoseOfOthersGoOn)
{
    for (const asked& what : {timer(5), forever(), receive("picked")})
    {
        machine one(1'000);
        branch_counter first = left, second = right;
        for (branch_counter* of : {&first, &second})
            if (one.start(*of, what, nullptr, 1) == verdict::record)
                one.apply(one.entry(), 1);
        one.stop(second);
        EXPECT_EQ(one.next(), verdict::deliver);
        EXPECT_EQ(one.what(), delivered::cancelled);
        EXPECT_EQ(one.where(), at({0, 1, 0}));
        EXPECT_EQ(one.next(), verdict::wait);
    }
}

TEST_F(MachineStop, ItsStepIsWaitedForAndThenCancelled)
{
    core.start(right, step("charge"), nullptr, 1);
    core.stop(right);
    EXPECT_EQ(core.next(), verdict::wait);
    EXPECT_EQ(core.apply(step_done(at({0, 1, 0}), "charge"), 1), verdict::deliver);
    EXPECT_EQ(core.what(), delivered::cancelled);
}

TEST_F(MachineStop, ItsStepMayBeDropped)
{
    core.start(right, step("charge"), nullptr, 1);
    core.stop(right);
    EXPECT_EQ(core.apply(step_dropped(at({0, 1, 0}), "charge"), 1), verdict::deliver);
    EXPECT_EQ(core.what(), delivered::cancelled);
}

TEST_F(MachineStop, AStepOfAnotherBranchMayNot)
{
    core.start(left, step("charge"), nullptr, 1);
    core.stop(right);
    EXPECT_EQ(core.apply(step_dropped(at({0, 0, 0}), "charge"), 1), verdict::diverged);
}

TEST_F(MachineStop, WhatItBeginsIsCancelledAtOnce)
{
    core.stop(right);
    EXPECT_EQ(core.start(right, step("charge"), nullptr, 1), verdict::deliver);
    EXPECT_EQ(core.what(), delivered::cancelled);
    EXPECT_EQ(core.start(left, step("charge"), nullptr, 1), verdict::wait);
}

TEST_F(MachineStop, BranchesInsideOfItStopToo)
{
    branch_counter inside{.prefix = at({0, 1, 0, 0}), .above = &right};
    core.stop(right);
    EXPECT_TRUE(core.is_cancelled(inside));
    EXPECT_FALSE(core.is_cancelled(left));
    EXPECT_FALSE(core.is_cancelled(main));
}

TEST_F(MachineStop, ItsUndoRuns)
{
    core.stop(right);
    EXPECT_EQ(core.start(right, undo_of("charge"), nullptr, 1), verdict::wait);
    EXPECT_EQ(core.apply(undo_done(at({0, 1, 0}), "charge"), 1), verdict::deliver);
    EXPECT_EQ(core.what(), delivered::value);
}

TEST_F(MachineStop, CompensationEndsIt)
{
    core.stop(right);
    core.begin_compensation(right);
    EXPECT_FALSE(core.is_cancelled(right));
}

TEST_F(MachineStop, CompensationOfABranchInsideEndsItThereAlone)
{
    branch_counter inside{.prefix = at({0, 1, 0, 0}), .above = &right};
    core.stop(right);
    core.begin_compensation(inside);
    EXPECT_FALSE(core.is_cancelled(inside));
    EXPECT_TRUE(core.is_cancelled(right));
}

TEST_F(MachineStop, ACancelOfTheRunComesAfterItsCompensationAsWell)
{
    core.stop(right);
    core.begin_compensation(right);
    core.apply(cancel_asked(), 1);
    EXPECT_TRUE(core.is_cancelled(right));
}

TEST_F(MachineStop, ComesToABranchThatHasCompensatedBefore)
{
    branch_counter inside{.prefix = at({0, 1, 0, 0}), .above = &right};
    core.begin_compensation(right);
    core.begin_compensation(inside);
    core.stop(right);
    EXPECT_TRUE(core.is_cancelled(right));
    EXPECT_TRUE(core.is_cancelled(inside));
    EXPECT_FALSE(core.is_cancelled(left));
}

TEST_F(MachineStop, SaysWhyItsWaitsAreCancelled)
{
    core.stop(right);
    EXPECT_EQ(core.why_cancelled(right), "another branch has ended the wait for both");
    core.apply(cancel_asked("by the customer"), 1);
    EXPECT_EQ(core.why_cancelled(right), "by the customer");
    EXPECT_EQ(core.why_cancelled(left), "by the customer");
}
}
