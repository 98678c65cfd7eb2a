// The check of the kill loop, checked: a clean pair of journal and effects passes, and each breach that is put into it is named.

#include "kill_check.hpp"

#include <gtest/gtest.h>

namespace everstep::test
{
namespace
{
using journal::entry_kind;
using journal::operation_kind;
using journal::run_state;

/// What a process would have left: entries and effects are added as things happen.
class doctored
{
public:
    explicit doctored(std::uint32_t run) : number(run), script(script_of(run)), name(std::string(script.workflow) + "/" + id_of(run))
    {
        engine_run& r = journal.runs[name];
        r.number = base::run_number{run + 1};
        r.header.workflow = script.workflow;
        r.header.id = id_of(run);
        r.header.state = run_state::running;
        r.whole = true;
        journal.headers.emplace_back(name, run + 1);
        journal.ids.push_back(run + 1);
        journal.wakes.emplace_back(run + 1, journal::due_never);
        entry(entry_kind::started).payload = encode(input_of(run));
        told(deed::told_started);
    }

    engine_run& history() { return journal.runs.at(name); }
    engine_entry& entry(entry_kind what, operation_kind operation = operation_kind::none, std::string_view of = {})
    {
        engine_entry e;
        e.kind = what;
        e.operation = operation;
        e.name = of;
        e.at = now;
        history().entries.push_back(e);
        return history().entries.back();
    }
    void effect_of(deed what, std::size_t position, std::uint64_t value = 0)
    {
        effects.push_back({what, epoch, number, static_cast<std::uint16_t>(position), 1, now, now, value});
        now += 10;
    }
    void told(deed what, std::uint64_t value = 0) { effect_of(what, 0, value); }

    /// A body runs to its end, and is recorded.
    void step(std::size_t position, std::uint32_t undo = 0)
    {
        const std::uint64_t value = ++values;
        effect_of(deed::body_began, position);
        effect_of(deed::body_ended, position, value);
        entry(entry_kind::step_done, operation_kind::step, script.lines[position - 1].name).payload = encode(traced{number, undo, value, now});
        sum = folded(sum, value);
    }
    void undo(std::size_t position)
    {
        effect_of(deed::body_began, position);
        effect_of(deed::body_ended, position, ++values);
        entry(entry_kind::step_done, operation_kind::undo, script.lines[position - 1].name);
    }
    void fail(std::size_t position)
    {
        effect_of(deed::body_began, position);
        effect_of(deed::body_threw, position);
        entry(entry_kind::step_failed, operation_kind::step, script.lines[position - 1].name).code = saga_failure;
    }
    void sleep(std::size_t position)
    {
        entry(entry_kind::timer_set, operation_kind::timer).where = std::to_string(position);
        history().entries.back().due = now + script.lines[position - 1].milliseconds * 1000;
        now += script.lines[position - 1].milliseconds * 1000;
        entry(entry_kind::timer_fired, operation_kind::timer).where = std::to_string(position);
    }
    void end(entry_kind what, run_state state)
    {
        engine_entry& e = entry(what);
        if (what == entry_kind::completed)
            e.payload = encode(sum);
        else
            e.code = saga_failure;
        history().header.state = state;
        journal.wakes.clear();
        journal.finished.push_back(number + 1);
        told(what == entry_kind::completed ? deed::told_result : deed::told_failed,
             what == entry_kind::completed ? sum : hash_of(saga_failure));
    }

    /// The letters of the breaches that are found.
    std::set<std::string> found(block_stage stage = block_stage::drained) const
    {
        std::set<std::string> letters;
        for (const std::string& text : kill_check(effects, journal, stage).breaches())
            letters.insert(text.substr(0, text.find(' ')));
        return letters;
    }
    engine_entry& last(const std::string& brief)
    {
        for (auto at = history().entries.rbegin(); at != history().entries.rend(); ++at)
            if (at->brief() == brief)
                return *at;
        throw std::runtime_error("there is no " + brief);
    }

    std::uint32_t number;
    victim_script script;
    std::string name;
    std::vector<effect> effects;
    kill_journal journal;
    std::uint64_t values{};
    std::uint64_t sum{};
    std::uint32_t epoch{1};
    std::int64_t now{1'000'000};
};

/// charge, reply, sleep, reserve, sleep, ship
doctored an_order()
{
    doctored d(1);
    d.step(1);
    d.entry(entry_kind::replied, operation_kind::reply).payload = encode(d.sum);
    d.told(deed::told_reply, d.sum);
    d.sleep(3);
    d.step(4);
    d.sleep(5);
    d.step(6);
    d.end(entry_kind::completed, run_state::completed);
    return d;
}

/// Three steps, a fourth that fails, three undos.
doctored a_truck()
{
    doctored d(2);
    d.step(1, 7);
    d.step(2, 6);
    d.step(3, 5);
    d.fail(4);
    d.undo(5);
    d.undo(6);
    d.undo(7);
    d.end(entry_kind::failed, run_state::failed);
    return d;
}

using letters = std::set<std::string>;

TEST(KillCheck, CleanOrderPasses) { EXPECT_EQ(an_order().found(), letters{}); }
TEST(KillCheck, CleanSagaPasses) { EXPECT_EQ(a_truck().found(), letters{}); }

TEST(KillCheck, LostStartIsSeen)
{
    doctored d(1);
    d.journal = {};
    EXPECT_TRUE(d.found().contains("D1"));
}

TEST(KillCheck, OtherInputIsSeen)
{
    doctored d = an_order();
    d.history().entries[0].payload = encode(input_of(9));
    EXPECT_EQ(d.found(), letters{"D1"});
}

TEST(KillCheck, LostCancelIsSeen)
{
    doctored d(4 + victim_kinds);
    d.told(deed::told_cancelled);
    EXPECT_TRUE(d.found(block_stage::killed).contains("D1"));
}

TEST(KillCheck, RunThatNobodyStartedIsSeen)
{
    doctored d = an_order();
    d.journal.runs["order/strange"].header.id = "strange";
    EXPECT_TRUE(d.found().contains("D1"));
}

TEST(KillCheck, BrokenChainIsSeen)
{
    doctored d = an_order();
    d.history().whole = false;
    EXPECT_TRUE(d.found().contains("D5"));
}

TEST(KillCheck, DamagedRowIsSeen)
{
    doctored d = an_order();
    d.journal.damaged.push_back("table 3 row 1");
    EXPECT_EQ(d.found(), letters{"D5"});
}

TEST(KillCheck, HeaderOfAnotherStateIsSeen)
{
    doctored d = an_order();
    d.history().header.state = run_state::failed;
    EXPECT_EQ(d.found(), letters{"D3"});
}

TEST(KillCheck, LostIdRowIsSeen)
{
    doctored d = an_order();
    d.journal.ids.clear();
    EXPECT_EQ(d.found(), letters{"D3"});
}

TEST(KillCheck, RecordedStepThatRunsAgainIsSeen)
{
    doctored d = an_order();
    ++d.epoch;
    d.effect_of(deed::body_began, 4);
    EXPECT_EQ(d.found(), letters{"X1"});
}

TEST(KillCheck, StepThatRunsAgainAfterTheReplyIsSeen)
{
    doctored d(1);
    d.step(1);
    d.entry(entry_kind::replied, operation_kind::reply).payload = encode(d.sum);
    d.told(deed::told_reply, d.sum);
    ++d.epoch;
    d.effect_of(deed::body_began, 1);
    EXPECT_EQ(d.found(block_stage::killed), letters{"X1"});
}

TEST(KillCheck, MoreExecutionsThanDeathsAreSeen)
{
    doctored d(1);
    d.effect_of(deed::body_began, 1);
    d.effect_of(deed::body_began, 1);
    EXPECT_EQ(d.found(block_stage::killed), (letters{"X2", "X5"}));
}

TEST(KillCheck, ExecutionAgainAfterADeathIsNoBreach)
{
    doctored d(1);
    d.effect_of(deed::body_began, 1);
    ++d.epoch;
    d.step(1);
    EXPECT_EQ(d.found(block_stage::killed), letters{});
}

TEST(KillCheck, SecondRecordOfAStepIsSeen)
{
    doctored d = an_order();
    const engine_entry twice = d.last("step_done ship");
    d.history().entries.insert(d.history().entries.end() - 1, twice);
    EXPECT_TRUE(d.found().contains("X3"));
}

TEST(KillCheck, TwoRunsOfOneIdAreSeen)
{
    doctored d = an_order();
    d.journal.headers.emplace_back(d.name, 77);
    d.journal.ids.push_back(77);
    EXPECT_EQ(d.found(), letters{"X6"});
}

TEST(KillCheck, EntriesOutOfOrderAreSeen)
{
    doctored d = an_order();
    std::swap(d.last("step_done charge").name, d.last("step_done reserve").name);
    EXPECT_TRUE(d.found().contains("R1"));
}

TEST(KillCheck, ResultThatDoesNotFollowFromTheStepsIsSeen)
{
    doctored d = an_order();
    d.last("completed").payload = "17";
    EXPECT_EQ(d.found(), (letters{"O1", "R3"}));
}

TEST(KillCheck, RecordThatNoBodyReturnedIsSeen)
{
    doctored d = an_order();
    d.last("step_done ship").payload = encode(traced{1, 0, 4711, 0});
    EXPECT_TRUE(d.found().contains("R4"));
}

TEST(KillCheck, ReplyThatIsNotInTheJournalIsSeen)
{
    doctored d(1);
    d.step(1);
    d.told(deed::told_reply, d.sum);
    EXPECT_TRUE(d.found(block_stage::killed).contains("O1"));
}

TEST(KillCheck, FailureThatIsNotInTheJournalIsSeen)
{
    doctored d = a_truck();
    d.told(deed::told_failed, hash_of("something else"));
    EXPECT_EQ(d.found(), letters{"O1"});
}

TEST(KillCheck, BodyThatBeginsBeforeTheStepBeforeItIsRecordedIsSeen)
{
    doctored d(2);
    d.effect_of(deed::body_began, 1);
    d.effect_of(deed::body_ended, 1, 1);
    d.effect_of(deed::body_began, 2);
    EXPECT_EQ(d.found(block_stage::killed), letters{"O1"});
}

TEST(KillCheck, TimerThatFiresEarlyIsSeen)
{
    doctored d = an_order();
    for (engine_entry& e : d.history().entries)
        if (e.kind == entry_kind::timer_set)
            e.due += 1'000'000;
    EXPECT_EQ(d.found(), letters{"T1"});
}

TEST(KillCheck, SleepThatIsTooShortOutsideIsSeen)
{
    doctored d = an_order();
    for (effect& e : d.effects)
        if (e.position == 4)
            e.boot_us -= 1'000;
    EXPECT_EQ(d.found(), letters{"T1"});
}

TEST(KillCheck, TimerThatFiresTwiceIsSeen)
{
    doctored d = an_order();
    const auto at = std::find_if(d.history().entries.begin(), d.history().entries.end(),
                                 [](const engine_entry& e) { return e.kind == entry_kind::timer_fired; });
    const engine_entry twice = *at;
    d.history().entries.insert(at, twice);
    EXPECT_EQ(d.found(), letters{"T3"});
}

TEST(KillCheck, TimeThatGoesBackIsSeen)
{
    doctored d = an_order();
    d.last("completed").at = 5;
    EXPECT_EQ(d.found(), letters{"T5"});
}

TEST(KillCheck, UndosInTheWrongOrderAreSeen)
{
    doctored d = a_truck();
    std::swap(d.last("step_done undo pack").name, d.last("step_done undo reserve").name);
    EXPECT_TRUE(d.found().contains("C1"));
}

TEST(KillCheck, MissingUndoIsSeen)
{
    doctored d = a_truck();
    std::erase_if(d.history().entries, [](const engine_entry& e) { return e.brief() == "step_done undo charge"; });
    EXPECT_EQ(d.found(), letters{"C1"});
}

TEST(KillCheck, UndoOfAStepWithoutSuccessIsSeen)
{
    doctored d(2);
    d.step(1, 7);
    d.effect_of(deed::body_began, 5);
    EXPECT_EQ(d.found(block_stage::killed), letters{"C2"});
}

TEST(KillCheck, RunThatDoesNotEndIsSeen)
{
    doctored d(1);
    d.step(1);
    EXPECT_EQ(d.found(), letters{"L1"});
}

TEST(KillCheck, LostWakeRowIsSeen)
{
    doctored d(1);
    d.journal.wakes.clear();
    EXPECT_EQ(d.found(block_stage::killed), letters{"L2"});
}

TEST(KillCheck, WakeRowWithoutARunIsSeen)
{
    doctored d = an_order();
    d.journal.wakes.emplace_back(99, 0);
    EXPECT_EQ(d.found(), letters{"L2"});
}
}
}
