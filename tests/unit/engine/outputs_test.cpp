#include "engine/outputs.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace everstep::core
{
namespace
{
using runs = std::vector<std::uint64_t>;

output mark(std::uint64_t run) { return settled_run{base::run_number{run}}; }

std::uint64_t marked(const output& what) { return base::to_integer(std::get<settled_run>(what).run); }

runs released(outputs& from, submission durable)
{
    runs out;
    from.release(durable, [&](output& what) { out.push_back(marked(what)); });
    return out;
}

TEST(Outputs, NothingLeavesBeforeItsSubmissionIsDurable)
{
    outputs out;
    out.hold(mark(1));
    out.submitted(5);
    EXPECT_EQ(released(out, 4), runs{});
}

TEST(Outputs, WhatIsGatheredDoesNotLeave)
{
    outputs out;
    out.hold(mark(1));
    EXPECT_EQ(released(out, 1'000), runs{});
}

TEST(Outputs, DurableOutputLeavesOnce)
{
    outputs out;
    out.hold(mark(1));
    out.submitted(5);
    EXPECT_EQ(released(out, 5), runs{1});
    EXPECT_EQ(released(out, 5), runs{});
}

TEST(Outputs, OrderIsKept)
{
    outputs out;
    for (std::uint64_t n = 1; n <= 6; ++n)
    {
        out.hold(mark(n));
        if (n % 2 == 0)
            out.submitted(n);
    }
    EXPECT_EQ(released(out, 6), (runs{1, 2, 3, 4, 5, 6}));
}

TEST(Outputs, LaterSubmissionsStay)
{
    outputs out;
    out.hold(mark(1));
    out.submitted(1);
    out.hold(mark(2));
    out.submitted(2);
    EXPECT_EQ(released(out, 1), runs{1});
    EXPECT_EQ(released(out, 2), runs{2});
}

TEST(Outputs, SubmissionWithoutOutputsHoldsNothing)
{
    outputs out;
    out.submitted(1);
    out.hold(mark(1));
    out.submitted(2);
    EXPECT_EQ(released(out, 1), runs{});
}

TEST(Outputs, OutputWithoutASubmissionOfItsOwnWaitsForTheLast)
{
    outputs out;
    out.submitted(7);
    out.hold(mark(1));
    out.submitted(7);
    EXPECT_EQ(released(out, 7), runs{1});
}

TEST(Outputs, ReadyOutputLeavesAtOnce)
{
    outputs out;
    out.hold(mark(1));
    out.submitted(5);
    out.hold_ready(mark(2));
    EXPECT_EQ(released(out, 0), runs{2});
}

TEST(Outputs, ReadyOutputIsSeen)
{
    outputs out;
    out.hold_ready(mark(2));
    EXPECT_TRUE(out.has_ready());
}

TEST(Outputs, HeldOutputIsNotReady)
{
    outputs out;
    out.hold(mark(1));
    out.submitted(1);
    EXPECT_FALSE(out.has_ready());
}

TEST(Outputs, WhatIsHeldWhileReleasingWaitsForTheNextCall)
{
    outputs out;
    out.hold_ready(mark(1));
    runs first;
    out.release(0, [&](output& what) {
        first.push_back(marked(what));
        out.hold_ready(mark(2));
    });
    EXPECT_EQ(first, runs{1});
    EXPECT_EQ(released(out, 0), runs{2});
}

TEST(Outputs, ReleaseOfAllGivesOutHeldReadyAndGathered)
{
    outputs out;
    out.hold(mark(2));
    out.submitted(9);
    out.hold(mark(3));
    out.hold_ready(mark(1));
    runs all;
    out.release_all([&](output& what) { all.push_back(marked(what)); });
    EXPECT_EQ(all, (runs{1, 2, 3}));
}
}
}
