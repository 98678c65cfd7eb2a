// The texts of divergence: whoever changed the code reads them, so they are pinned whole.

#include "replay_player.hpp"

#include <gtest/gtest.h>

namespace
{
using namespace everstep::replay;
using namespace everstep::replay::scripted;

constexpr std::string_view advice = " Bring the code back that wrote the entry, then resume the run.";

/// What the machine says of `next` as entry `seq`, when the code waits for `what` at path 4.
std::string text_of(const asked& what, const entry& next, std::uint32_t seq = 17)
{
    machine core(1'000);
    branch_counter main{.prefix = {}, .next = 4};
    verdict said = core.start(main, what, &next, seq);
    if (said == verdict::wait)
        said = core.apply(next, seq);
    if (said != verdict::diverged)
        return "no divergence";
    std::string text = core.text();
    EXPECT_TRUE(text.ends_with(advice)) << text;
    return text.substr(0, text.size() - advice.size());
}

TEST(MachineDivergence, RenamedStepIsReportedWithBothNamesAndLines)
{
    EXPECT_EQ(text_of(step("reserve", "receipt", 91), step_done(at(4), "charge")),
              "entry 17 was step 'charge' (orders.cpp:88) at 4; the code now asks step 'reserve' (orders.cpp:91) at 4.");
}

TEST(MachineDivergence, WholeTextEndsWithWhatToDo)
{
    machine core(1'000);
    branch_counter main;
    core.start(main, step("reserve", "receipt", 91), nullptr, 1);
    core.apply(step_done(at(0), "charge"), 1);
    EXPECT_EQ(core.text(), "entry 1 was step 'charge' (orders.cpp:88) at 0; the code now asks step 'reserve' (orders.cpp:91) at 0. Bring "
                           "the code back that wrote the entry, then resume the run.");
}

TEST(MachineDivergence, RenamedStepIsReportedBeforeItsResultIsThere)
{
    EXPECT_EQ(text_of(step("reserve"), step_retry(at(4), "charge")),
              "entry 17 was step 'charge' (orders.cpp:88) at 4; the code now asks step 'reserve' (orders.cpp:88) at 4.");
}

TEST(MachineDivergence, ChangedResultTypeIsReportedWithBothTypes)
{
    EXPECT_EQ(text_of(step("charge", "invoice", 91), step_done(at(4), "charge")),
              "entry 17 was step 'charge' with result receipt (orders.cpp:88) at 4; the code now asks step 'charge' with result invoice "
              "(orders.cpp:91) at 4.");
}

TEST(MachineDivergence, ChangedReplyTypeIsReportedWithBothTypes)
{
    EXPECT_EQ(text_of(reply("invoice"), replied(at(4))),
              "entry 17 was reply with result receipt (orders.cpp:91) at 4; the code now asks reply with result invoice (orders.cpp:91) at 4.");
}

TEST(MachineDivergence, AnotherNameNeedsNoTypes)
{
    EXPECT_EQ(text_of(step("reserve", "invoice"), step_done(at(4), "charge")),
              "entry 17 was step 'charge' (orders.cpp:88) at 4; the code now asks step 'reserve' (orders.cpp:88) at 4.");
}

TEST(MachineDivergence, AnotherKindNeedsNoTypes)
{
    EXPECT_EQ(text_of(reply("invoice"), step_done(at(4), "charge")),
              "entry 17 was step 'charge' (orders.cpp:88) at 4; the code now asks reply (orders.cpp:91) at 4.");
    EXPECT_EQ(text_of(step("charge", "invoice"), replied(at(4))),
              "entry 17 was reply (orders.cpp:91) at 4; the code now asks step 'charge' (orders.cpp:88) at 4.");
}

TEST(MachineDivergence, StepInPlaceOfATimerIsReported)
{
    EXPECT_EQ(text_of(step("charge"), timer_set(at(4))),
              "entry 17 was timer (orders.cpp:90) at 4; the code now asks step 'charge' (orders.cpp:88) at 4.");
}

TEST(MachineDivergence, TimerInPlaceOfAStepIsReported)
{
    EXPECT_EQ(text_of(timer(5), step_done(at(4), "charge")),
              "entry 17 was step 'charge' (orders.cpp:88) at 4; the code now asks timer 'sleep_for' (orders.cpp:90) at 4.");
}

TEST(MachineDivergence, StepInPlaceOfAnUndoIsReported)
{
    EXPECT_EQ(text_of(step("charge"), undo_done(at(4), "charge")),
              "entry 17 was undo 'charge' (orders.cpp:88) at 4; the code now asks step 'charge' (orders.cpp:88) at 4.");
}

TEST(MachineDivergence, ForeverInPlaceOfAFiringIsReported)
{
    EXPECT_EQ(text_of(forever(), timer_fired(at(4))), "entry 17 was timer at 4; the code now asks forever 'wait_forever' (orders.cpp:92) at 4.");
}

TEST(MachineDivergence, EntryOfNoOperationIsCalledByItsOwnName)
{
    EXPECT_EQ(text_of(step("charge"), completed()), "entry 17 was completed; the code now asks step 'charge' (orders.cpp:88) at 4.");
    EXPECT_EQ(text_of(timer(5), resumed()), "entry 17 was resumed; the code now asks timer 'sleep_for' (orders.cpp:90) at 4.");
}

TEST(MachineDivergence, OperationAtAnotherPathIsReportedWithBothPaths)
{
    EXPECT_EQ(text_of(step("charge"), step_done(at({4, 1, 0}), "charge"), 400'000),
              "entry 400000 was step 'charge' (orders.cpp:88) at 4.1.0; the code now asks step 'charge' (orders.cpp:88) at 4.");
}

TEST(MachineDivergence, OfSeveralOperationsTheOneAtThePathIsNamed)
{
    machine core(1'000);
    branch_counter left{.prefix = at({1, 0})}, right{.prefix = at({1, 1})};
    core.start(left, step("pick"), nullptr, 1);
    core.start(right, step("invoice"), nullptr, 1);
    core.apply(step_done(at({1, 0, 0}), "charge"), 3);
    EXPECT_EQ(core.text(), "entry 3 was step 'charge' (orders.cpp:88) at 1.0.0; the code now asks step 'pick' (orders.cpp:88) at 1.0.0." +
                               std::string(advice));
}

TEST(MachineDivergence, OfSeveralOperationsElsewhereTheNewestIsNamed)
{
    machine core(1'000);
    branch_counter left{.prefix = at({1, 0})}, right{.prefix = at({1, 1})};
    core.start(left, step("pick"), nullptr, 1);
    core.start(right, step("invoice"), nullptr, 1);
    core.apply(step_done(at(0), "charge"), 3);
    EXPECT_EQ(core.text(), "entry 3 was step 'charge' (orders.cpp:88) at 0; the code now asks step 'invoice' (orders.cpp:88) at 1.1.0." +
                               std::string(advice));
}

TEST(MachineDivergence, CodeThatEndsEarlyIsReported)
{
    EXPECT_EQ(play({.body = {step("charge")}}, {step_done(at(0), "charge"), step_done(at(1), "ship")}),
              "0 value, diverged: entry 2 was step 'ship' (orders.cpp:88) at 1; the code now has ended." + std::string(advice));
}

TEST(MachineDivergence, EveryLeftOverEntryIsReportedWhenTheCodeHasEnded)
{
    for (const entry& left : {step_done(at(0), "charge"), step_retry(at(0), "charge"), timer_set(at(0)), timer_fired(at(0)), replied(at(0)),
                              cancel_asked(), resumed()})
    {
        machine core(1'000);
        EXPECT_EQ(core.finish(&left, 1), verdict::diverged) << everstep::journal::name_of(left.kind);
        EXPECT_NE(core.text().find("the code now has ended."), std::string::npos) << core.text();
    }
}

TEST(MachineDivergence, CodeMayEndWhereTheHistoryDoes)
{
    machine core(1'000);
    EXPECT_EQ(core.finish(nullptr, 1), verdict::wait);
    for (const auto kind : {entry_kind::completed, entry_kind::failed, entry_kind::cancelled})
    {
        const entry end = entry_of(kind);
        EXPECT_EQ(core.finish(&end, 1), verdict::wait) << everstep::journal::name_of(kind);
    }
}

TEST(MachineDivergence, LongerCodeIsNoDivergence)
{
    EXPECT_EQ(play({.body = {step("charge"), step("ship"), step("note")}}, {step_done(at(0), "charge"), step_done(at(1), "ship")}),
              "0 value, 1 value, waits for 2");
}

TEST(MachineDivergence, StepAddedInFrontIsReported)
{
    EXPECT_EQ(play({.body = {step("check", "void", 80), step("charge")}}, {step_done(at(0), "charge")}),
              "diverged: entry 1 was step 'charge' (orders.cpp:88) at 0; the code now asks step 'check' (orders.cpp:80) at 0." +
                  std::string(advice));
}

TEST(MachineDivergence, StepsThatChangedPlacesAreReported)
{
    EXPECT_EQ(play({.body = {step("ship"), step("charge")}}, {step_done(at(0), "charge"), step_done(at(1), "ship")}).substr(0, 35),
              "diverged: entry 1 was step 'charge'");
}

TEST(MachineDivergence, DescriptionLeavesOutWhatIsNotThere)
{
    asked nowhere;
    nowhere.kind = operation_kind::step;
    nowhere.name = "charge";
    EXPECT_EQ(describe(nowhere, true), "step 'charge'");
    EXPECT_EQ(describe(reply(), false), "reply (orders.cpp:91)");
    EXPECT_EQ(describe(timer_fired(at(0)), true), "timer");
    EXPECT_EQ(describe(step_done(at(0), "charge"), true), "step 'charge' with result receipt (orders.cpp:88)");
}

std::string asked_over(const asked& what, const entry& recorded)
{
    machine core(1'000);
    branch_counter main;
    const verdict said = core.start(main, what, &recorded, 4);
    return said == verdict::diverged ? core.text() : std::string(word(core, said));
}

TEST(MachineDivergence, OtherDataForAnotherRunIsOneAndShowsBoth)
{
    const entry recorded = sent(at(0), "checkout/o-2", "picked", "7");
    EXPECT_EQ(asked_over(signal_to("checkout/o-2", "picked", "8"), recorded).find("entry 4 was signal 'picked' to checkout/o-2 with 7 at 0; the code "
                                                                                "now asks it to checkout/o-2 with 8 (orders.cpp:94). Bring"),
              0u);
}

TEST(MachineDivergence, AnotherRunIsOne)
{
    const entry recorded = sent(at(0), "checkout/o-2", "picked", "7");
    EXPECT_NE(asked_over(signal_to("checkout/o-3", "picked", "7"), recorded).find("asks it to checkout/o-3 with 7"), std::string::npos);
}

TEST(MachineDivergence, DataThatIsTheSameWithTodaysTypeIsNone)
{
    const entry recorded = sent(at(0), "checkout/o-2", "picked", "07");
    EXPECT_EQ(asked_over(signal_to("checkout/o-2", "picked", "7"), recorded), "value");
}

TEST(MachineDivergence, DataThatCannotBeReadAnyMoreIsOne)
{
    const entry recorded = sent(at(0), "checkout/o-2", "picked", "seven");
    EXPECT_NE(asked_over(signal_to("checkout/o-2", "picked", "7"), recorded).find("with seven"), std::string::npos);
}

asked step_with(std::string_view name, std::string_view args)
{
    asked what = step(name);
    what.payload = args;
    what.renew = [](std::string_view encoded) { return std::string(encoded.substr(0, encoded.find(' '))); };
    return what;
}

/// What comes of a step with these arguments that was recorded with those.
verdict compared(std::string_view now, std::string_view recorded, entry e = step_done(at(0), "charge"))
{
    machine core(1'000);
    branch_counter main;
    core.start(main, step_with("charge", now), nullptr, 1);
    e.args = recorded;
    return core.apply(e, 1);
}

TEST(MachineArguments, EqualOnesFit) { EXPECT_EQ(compared("[1]", "[1]"), verdict::deliver); }
TEST(MachineArguments, ThoseThatAreEqualWithTodaysTypeFit) { EXPECT_EQ(compared("[1] grown", "[1] old"), verdict::deliver); }
TEST(MachineArguments, OthersDiverge) { EXPECT_EQ(compared("[1]", "[2]"), verdict::diverged); }
TEST(MachineArguments, OthersDivergeWhereTheStepFailed)
{
    EXPECT_EQ(compared("[1]", "[2]", step_failed(at(0), "charge")), verdict::diverged);
    EXPECT_EQ(compared("[1]", "[1]", step_failed(at(0), "charge")), verdict::deliver);
}
TEST(MachineArguments, NoneWereRecordedAndNothingIsCompared) { EXPECT_EQ(compared("[1]", ""), verdict::deliver); }
TEST(MachineArguments, NoneAreGivenAndNothingIsCompared)
{
    machine core(1'000);
    branch_counter main;
    core.start(main, step("charge"), nullptr, 1);
    entry e = step_done(at(0), "charge");
    e.args = "[2]";
    EXPECT_EQ(core.apply(e, 1), verdict::deliver);
}

TEST(MachineArguments, AreInTheEntriesThatAreMade)
{
    machine core(1'000);
    branch_counter main;
    core.start(main, step_with("charge", "[1]"), nullptr, 1);
    EXPECT_EQ(entry_about(core.waiting()[0], entry_kind::step_done, 1'100).args, "[1]");
    EXPECT_EQ(entry_about(core.waiting()[0], entry_kind::step_failed, 1'100).args, "[1]");
    EXPECT_EQ(entry_about(core.waiting()[0], entry_kind::step_retry, 1'100).args, "") << "once is enough";
}
}
