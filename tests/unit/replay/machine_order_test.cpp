// Two branches: completions come in the order of the history, whatever the order of starting.

#include "replay_player.hpp"

#include <gtest/gtest.h>

namespace
{
using namespace everstep::replay;
using namespace everstep::replay::scripted;

/// body: charge (0), then at 1 two branches of two steps each, then ship (2).
const program two_branches{.body = {step("charge"), step("ship")},
                           .fork = 1,
                           .branches = {lines{step("pick"), step("pack")}, lines{step("invoice"), step("print")}}};

TEST(MachineOrder, BothBranchesStartBeforeAnyCompletes)
{
    EXPECT_EQ(play(two_branches, {step_done(at(0), "charge")}), "0 value, waits for 1.0.0 and 1.1.0");
}

TEST(MachineOrder, CompletionsAreDeliveredOneByOneInHistoryOrder)
{
    EXPECT_EQ(play(two_branches, {step_done(at(0), "charge"), step_done(at({1, 1, 0}), "invoice"), step_done(at({1, 0, 0}), "pick"),
                                  step_done(at({1, 1, 1}), "print"), step_done(at({1, 0, 1}), "pack"), step_done(at(2), "ship")}),
              "0 value, 1.1.0 value, 1.0.0 value, 1.1.1 value, 1.0.1 value, 2 value, ended");
}

TEST(MachineOrder, OneBranchMayEndBeforeTheOtherBegins)
{
    EXPECT_EQ(play(two_branches, {step_done(at(0), "charge"), step_done(at({1, 0, 0}), "pick"), step_done(at({1, 0, 1}), "pack"),
                                  step_done(at({1, 1, 0}), "invoice")}),
              "0 value, 1.0.0 value, 1.0.1 value, 1.1.0 value, waits for 1.1.1");
}

TEST(MachineOrder, StepOfOneBranchIsNotTakenForThatOfTheOther)
{
    EXPECT_EQ(play(two_branches, {step_done(at(0), "charge"), step_done(at({1, 1, 0}), "pick")}),
              "0 value, diverged: entry 2 was step 'pick' (orders.cpp:88) at 1.1.0; the code now asks step 'invoice' (orders.cpp:88) at "
              "1.1.0. Bring the code back that wrote the entry, then resume the run.");
}

TEST(MachineOrder, TimersOfBothBranchesAreSetInTheOrderOfStarting)
{
    const program code{.fork = 0, .branches = {lines{timer(5)}, lines{timer(5), step("print")}}};
    EXPECT_EQ(play(code, {timer_set(at({0, 0, 0})), timer_set(at({0, 1, 0})), timer_fired(at({0, 1, 0})), timer_fired(at({0, 0, 0}))}),
              "0.1.0 value, 0.0.0 value, waits for 0.1.1");
}

TEST(MachineOrder, TimerOfTheOtherBranchFirstIsADivergence)
{
    const program code{.fork = 0, .branches = {lines{timer(5)}, lines{timer(5)}}};
    EXPECT_EQ(play(code, {timer_set(at({0, 1, 0})), timer_set(at({0, 0, 0}))}),
              "diverged: entry 1 was timer (orders.cpp:90) at 0.1.0; the code now asks timer 'sleep_for' (orders.cpp:90) at 0.0.0. "
              "Bring the code back that wrote the entry, then resume the run.");
}

TEST(MachineOrder, ReplyOfOneBranchIsTheReplyOfTheRun)
{
    const program code{.body = {reply()}, .fork = 0, .branches = {lines{reply()}, lines{reply()}}};
    EXPECT_EQ(play(code, {replied(at({0, 0, 0}))}), "0.0.0 value, 0.1.0 value, 1 value, ended");
}

TEST(MachineOrder, RetryOfOneBranchLeavesTheOtherAlone)
{
    machine core(1'000);
    branch_counter left{.prefix = at({0, 0})}, right{.prefix = at({0, 1})};
    core.start(left, step("pick"), nullptr, 1);
    core.start(right, step("invoice"), nullptr, 1);
    core.apply(step_retry(at({0, 1, 0}), "invoice", 3, 7'000), 1);
    EXPECT_EQ(core.waiting()[0].attempts, 0U);
    EXPECT_EQ(core.waiting()[0].due, 0);
    EXPECT_EQ(core.waiting()[1].attempts, 3U);
    EXPECT_EQ(core.waiting()[1].due, 7'000);
}
}
