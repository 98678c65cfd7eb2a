// The state of retrying: what the entries say of attempts, and what a resume does to it.

#include "replay_entries.hpp"

#include <gtest/gtest.h>

namespace
{
using namespace everstep::replay;
using namespace everstep::replay::scripted;

machine waiting_for(const asked& what)
{
    machine core(1'000);
    branch_counter main;
    core.start(main, what, nullptr, 1);
    return core;
}

TEST(MachineAttempts, FreshStepHasFailedNeverAndIsDueNow)
{
    const machine core = waiting_for(step("charge"));
    EXPECT_EQ(core.waiting()[0].attempts, 0U);
    EXPECT_EQ(core.waiting()[0].due, 0);
    EXPECT_EQ(core.waiting()[0].started_at, 1'000);
}

TEST(MachineAttempts, RetryNotesAttemptsAndDue)
{
    machine core = waiting_for(step("charge"));
    core.apply(when(1'100, step_retry(at(0), "charge", 1, 1'500)), 1);
    core.apply(when(1'600, step_retry(at(0), "charge", 2, 2'600)), 2);
    EXPECT_EQ(core.waiting()[0].attempts, 2U);
    EXPECT_EQ(core.waiting()[0].due, 2'600);
}

TEST(MachineAttempts, RetryKeepsTheTimeAtWhichTheStepBegan)
{
    machine core = waiting_for(step("charge"));
    core.apply(when(1'100, step_retry(at(0), "charge", 1, 1'500)), 1);
    EXPECT_EQ(core.waiting()[0].started_at, 1'000);
}

TEST(MachineAttempts, StepBeginsAtTheTimeOfTheEntryThatLedToIt)
{
    machine core(1'000);
    branch_counter main;
    core.start(main, step("charge"), nullptr, 1);
    core.apply(when(3'000, step_done(at(0), "charge")), 1);
    core.start(main, step("ship"), nullptr, 2);
    EXPECT_EQ(core.waiting()[0].started_at, 3'000);
}

TEST(MachineAttempts, ResumeBeginsTheAttemptsOfAStepAnew)
{
    machine core = waiting_for(step("charge"));
    core.apply(when(1'100, step_retry(at(0), "charge", 9, 9'000)), 1);
    EXPECT_EQ(core.apply(when(5'000, resumed()), 2), verdict::wait);
    EXPECT_EQ(core.waiting()[0].attempts, 0U);
    EXPECT_EQ(core.waiting()[0].due, 0);
    EXPECT_EQ(core.waiting()[0].started_at, 5'000);
}

TEST(MachineAttempts, ResumeBeginsTheAttemptsOfAnUndoAnew)
{
    machine core = waiting_for(undo_of("charge"));
    core.apply(entry_of_step(entry_kind::step_retry, at(0), "charge", operation_kind::undo), 1);
    core.apply(when(5'000, resumed()), 2);
    EXPECT_EQ(core.waiting()[0].attempts, 0U);
    EXPECT_EQ(core.waiting()[0].started_at, 5'000);
}

TEST(MachineAttempts, ResumeBeginsAnewInEveryBranch)
{
    machine core(1'000);
    branch_counter left{.prefix = at({0, 0})}, right{.prefix = at({0, 1})};
    core.start(left, step("pick"), nullptr, 1);
    core.start(right, step("invoice"), nullptr, 1);
    core.apply(step_retry(at({0, 0, 0}), "pick", 4, 1), 1);
    core.apply(step_retry(at({0, 1, 0}), "invoice", 5, 2), 2);
    core.apply(resumed(), 3);
    for (const pending& one : core.waiting())
        EXPECT_EQ(one.attempts, 0U) << one.where.text();
}

TEST(MachineAttempts, ResumeLeavesTimersAlone)
{
    machine core = waiting_for(timer(9'000));
    const entry made = core.entry();
    core.apply(made, 1);
    core.apply(when(5'000, resumed()), 2);
    EXPECT_EQ(core.waiting()[0].due, 9'000);
    EXPECT_EQ(core.waiting()[0].started_at, 1'000);
    EXPECT_EQ(core.apply(timer_fired(at(0)), 3), verdict::deliver);
}

entry retry_with(const path& where, std::string_view name, std::string_view progress)
{
    entry e = step_retry(where, name, 1, 1'500);
    e.payload = progress;
    return e;
}

TEST(MachineProgress, FreshStepHasNone) { EXPECT_EQ(waiting_for(step("import")).progress_of(at(0)), ""); }

TEST(MachineProgress, FailedAttemptLeavesItsOwn)
{
    machine core = waiting_for(step("import"));
    core.apply(retry_with(at(0), "import", "7"), 1);
    EXPECT_EQ(core.progress_of(at(0)), "7");
    core.apply(retry_with(at(0), "import", "9"), 2);
    EXPECT_EQ(core.progress_of(at(0)), "9");
}

TEST(MachineProgress, AttemptThatSaidNothingLeavesWhatWasSaidBefore)
{
    machine core = waiting_for(step("import"));
    core.apply(retry_with(at(0), "import", "7"), 1);
    core.apply(retry_with(at(0), "import", ""), 2);
    EXPECT_EQ(core.progress_of(at(0)), "7");
}

TEST(MachineProgress, ResumeKeepsIt)
{
    machine core = waiting_for(step("import"));
    core.apply(retry_with(at(0), "import", "7"), 1);
    core.apply(resumed(), 2);
    EXPECT_EQ(core.progress_of(at(0)), "7");
}

TEST(MachineProgress, IsOfItsOwnStep)
{
    machine core(1'000);
    branch_counter left{.prefix = at({0, 0})}, right{.prefix = at({0, 1})};
    core.start(left, step("pick"), nullptr, 1);
    core.start(right, step("invoice"), nullptr, 1);
    core.apply(retry_with(at({0, 0, 0}), "pick", "7"), 1);
    core.apply(retry_with(at({0, 1, 0}), "invoice", "8"), 2);
    EXPECT_EQ(core.progress_of(at({0, 0, 0})), "7");
    EXPECT_EQ(core.progress_of(at({0, 1, 0})), "8");
}

TEST(MachineProgress, EndsWithItsStep)
{
    machine core(1'000);
    branch_counter main;
    core.start(main, step("import"), nullptr, 1);
    core.apply(retry_with(at(0), "import", "7"), 1);
    core.apply(step_done(at(0), "import"), 2);
    EXPECT_EQ(core.progress_of(at(0)), "");
}
}
