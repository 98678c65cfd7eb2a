// start(): what an operation does when the code begins to wait for it; paths, replies, timers.

#include "replay_player.hpp"

#include <gtest/gtest.h>

namespace
{
using namespace everstep::replay;
using namespace everstep::replay::scripted;

machine fresh() { return machine(1'000); }

TEST(MachineStart, StepUndoAndForeverWaitWithoutAnEntry)
{
    for (const asked& what : {step("charge"), undo_of("charge"), forever()})
    {
        machine core = fresh();
        branch_counter main;
        EXPECT_EQ(core.start(main, what, nullptr, 1), verdict::wait);
        EXPECT_EQ(core.waiting().size(), 1U);
    }
}

TEST(MachineStart, StepDoesNotLookAtTheNextEntry)
{
    machine core = fresh();
    branch_counter main;
    const entry other = timer_set(at(9));
    EXPECT_EQ(core.start(main, step("charge"), &other, 1), verdict::wait);
    EXPECT_FALSE(core.start_took_next());
}

TEST(MachineStart, LiveTimerAsksForItsEntry)
{
    machine core = fresh();
    branch_counter main;
    ASSERT_EQ(core.start(main, timer(5'000, timer_clock::wall), nullptr, 1), verdict::record);
    const entry& made = core.entry();
    EXPECT_EQ(made.kind, entry_kind::timer_set);
    EXPECT_EQ(made.operation, operation_kind::timer);
    EXPECT_EQ(made.where, at(0));
    EXPECT_EQ(made.at, 1'000);
    EXPECT_EQ(made.due, 5'000);
    EXPECT_EQ(made.clock, timer_clock::wall);
    EXPECT_EQ(made.file, "orders.cpp");
    EXPECT_EQ(made.line, 90U);
}

TEST(MachineStart, LiveReplyAsksForItsEntryWithThePayload)
{
    machine core = fresh();
    branch_counter main;
    ASSERT_EQ(core.start(main, reply(), nullptr, 1), verdict::record);
    EXPECT_EQ(core.entry().kind, entry_kind::replied);
    EXPECT_EQ(core.entry().operation, operation_kind::reply);
    EXPECT_EQ(core.entry().where, at(0));
    EXPECT_EQ(core.entry().type, "receipt");
    EXPECT_EQ(core.entry().payload, "{}");
    EXPECT_EQ(core.entry().line, 91U);
}

TEST(MachineStart, LiveTimerIsSetByApplyingItsEntry)
{
    machine core = fresh();
    branch_counter main;
    core.start(main, timer(5'000), nullptr, 1);
    EXPECT_FALSE(core.waiting()[0].recorded);
    const entry made = core.entry();
    EXPECT_EQ(core.apply(made, 1), verdict::wait);
    EXPECT_TRUE(core.waiting()[0].recorded);
    EXPECT_EQ(core.waiting()[0].due, 5'000);
}

TEST(MachineStart, LiveReplyIsDeliveredByApplyingItsEntry)
{
    machine core = fresh();
    branch_counter main;
    core.start(main, reply(), nullptr, 1);
    const entry made = core.entry();
    EXPECT_EQ(core.apply(made, 1), verdict::deliver);
    EXPECT_EQ(core.what(), delivered::value);
    EXPECT_EQ(core.reply_seq(), 1U);
}

TEST(MachineStart, RecordedTimerIsTakenFromTheHistory)
{
    machine core = fresh();
    branch_counter main;
    const entry next = when(1'000, timer_set(at(0), 5'000));
    EXPECT_EQ(core.start(main, timer(9'999), &next, 1), verdict::wait);
    EXPECT_TRUE(core.start_took_next());
    ASSERT_EQ(core.waiting().size(), 1U);
    EXPECT_TRUE(core.waiting()[0].recorded);
}

TEST(MachineStart, RecordedDueAndClockWinOverWhatTheCodeAsksNow)
{
    machine core = fresh();
    branch_counter main;
    entry next = timer_set(at(0), 5'000);
    next.clock = timer_clock::wall;
    core.start(main, timer(9'999, timer_clock::engine), &next, 1);
    EXPECT_EQ(core.waiting()[0].due, 5'000);
    EXPECT_EQ(core.waiting()[0].what.clock, timer_clock::wall);
}

TEST(MachineStart, RecordedReplyIsTakenFromTheHistory)
{
    machine core = fresh();
    branch_counter main;
    const entry next = replied(at(0));
    EXPECT_EQ(core.start(main, reply(), &next, 6), verdict::deliver);
    EXPECT_TRUE(core.start_took_next());
    EXPECT_EQ(core.what(), delivered::value);
    EXPECT_EQ(core.reply_seq(), 6U);
}

TEST(MachineStart, TookNextIsForgottenAtTheNextStart)
{
    machine core = fresh();
    branch_counter main;
    const entry next = replied(at(0));
    core.start(main, reply(), &next, 1);
    core.start(main, step("charge"), nullptr, 2);
    EXPECT_FALSE(core.start_took_next());
}

TEST(MachineStart, EverythingButItsOwnEntryDivergesFromATimer)
{
    for (const entry& next : {timer_set(at(1)), timer_fired(at(0)), replied(at(0)), step_done(at(0), "charge"), cancel_asked(), resumed(), completed()})
    {
        machine core = fresh();
        branch_counter main;
        EXPECT_EQ(core.start(main, timer(), &next, 1), verdict::diverged) << everstep::journal::name_of(next.kind);
        EXPECT_FALSE(core.start_took_next());
    }
}

TEST(MachineStart, EverythingButItsOwnEntryDivergesFromAReply)
{
    for (const entry& next : {replied(at(1)), replied(at(0), "invoice"), timer_set(at(0)), step_done(at(0), "charge"), cancel_asked(), resumed()})
    {
        machine core = fresh();
        branch_counter main;
        EXPECT_EQ(core.start(main, reply(), &next, 1), verdict::diverged) << everstep::journal::name_of(next.kind);
        EXPECT_FALSE(core.replied());
    }
}

TEST(MachineStart, FirstReplyIsTheOnlyOneThatIsRecorded)
{
    machine core = fresh();
    branch_counter main;
    EXPECT_FALSE(core.replied());
    core.start(main, reply(), nullptr, 1);
    const entry made = core.entry();
    core.apply(made, 1);
    EXPECT_TRUE(core.replied());
    EXPECT_EQ(core.start(main, reply("invoice"), nullptr, 2), verdict::deliver);
    EXPECT_EQ(core.what(), delivered::value);
    EXPECT_EQ(core.where(), at(1));
    EXPECT_EQ(core.reply_seq(), 1U);
}

TEST(MachineStart, LaterReplyTakesNoEntryInReplay)
{
    EXPECT_EQ(play({.body = {reply(), reply(), timer(5)}}, {replied(at(0)), timer_set(at(2), 5), timer_fired(at(2))}),
              "0 value, 1 value, 2 value, ended");
}

TEST(MachineStart, NumbersFollowTheOrderInWhichOperationsAreStarted)
{
    EXPECT_EQ(play({.body = {step("charge"), reply(), timer(5), step("ship"), forever()}},
                   {step_done(at(0), "charge"), replied(at(1)), timer_set(at(2), 5), timer_fired(at(2)), step_failed(at(3), "ship")}),
              "0 value, 1 value, 2 value, 3 failed, waits for 4");
}

TEST(MachineStart, EachBranchCountsForItselfBehindItsPrefix)
{
    machine core = fresh();
    branch_counter left{.prefix = at({2, 0})}, right{.prefix = at({2, 1})};
    for (branch_counter* branch : {&left, &right, &right, &left})
        core.start(*branch, step("charge"), nullptr, 1);
    ASSERT_EQ(core.waiting().size(), 4U);
    EXPECT_EQ(core.waiting()[0].where, at({2, 0, 0}));
    EXPECT_EQ(core.waiting()[1].where, at({2, 1, 0}));
    EXPECT_EQ(core.waiting()[2].where, at({2, 1, 1}));
    EXPECT_EQ(core.waiting()[3].where, at({2, 0, 1}));
}

TEST(MachineStart, DeepestPathIsAccepted)
{
    machine core = fresh();
    branch_counter deep;
    while (deep.prefix.numbers().size() < path::depth_max - 1)
        deep.prefix.push(1);
    EXPECT_EQ(core.start(deep, step("charge"), nullptr, 1), verdict::wait);
}

TEST(MachineStart, BranchesNestedTooDeeplyAreALimit)
{
    machine core = fresh();
    branch_counter deep;
    while (deep.prefix.push(1))
        ;
    EXPECT_EQ(core.start(deep, step("charge"), nullptr, 1), verdict::limits);
    EXPECT_EQ(core.text(), "branches are nested too deeply at step 'charge' (orders.cpp:88): at most 7 levels");
    EXPECT_TRUE(core.waiting().empty());
}
}
