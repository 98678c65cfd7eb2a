// The transition table at the top of machine.hpp: every kind of entry against every kind of waiting operation.

#include "replay_entries.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace
{
using namespace everstep::replay;
using namespace everstep::replay::scripted;
using everstep::journal::name_of;

/// What waits at path 0 when the entry comes. A timer and a reply that are "asked" have no entry yet.
constexpr std::array columns{"nothing", "step", "undo", "timer asked", "timer", "reply asked", "forever",
                             "step under cancel", "undo under cancel", "transaction", "transaction under cancel", "publish asked", "receive", "signal asked",
                             "child asked", "answer asked"};

struct row
{
    entry_kind kind;
    std::array<std::string_view, columns.size()> verdicts;
};

constexpr std::string_view d = "diverged", w = "wait", v = "value", f = "failed", c = "cancelled";
constexpr std::array table{
    //                              nothing step undo asked timer reply forever cancel: step undo  transaction under cancel  publish receive signal child answer
    row{entry_kind::started,       {{d,      d,   d,   d,    d,    d,    d,              d,   d,   d,          d,            d,      d,      d,   d,      d}}},
    row{entry_kind::step_done,     {{d,      v,   v,   d,    d,    d,    d,              c,   v,   v,          c,            d,      d,      d,   d,      d}}},
    row{entry_kind::step_failed,   {{d,      f,   f,   d,    d,    d,    d,              c,   f,   f,          c,            d,      d,      d,   d,      d}}},
    row{entry_kind::step_retry,    {{d,      w,   w,   d,    d,    d,    d,              w,   w,   w,          w,            d,      d,      d,   d,      d}}},
    row{entry_kind::step_dropped,  {{d,      d,   d,   d,    d,    d,    d,              c,   d,   d,          c,            d,      d,      d,   d,      d}}},
    row{entry_kind::timer_set,     {{d,      d,   d,   w,    d,    d,    d,              d,   d,   d,          d,            d,      d,      d,   d,      d}}},
    row{entry_kind::timer_fired,   {{d,      d,   d,   d,    v,    d,    d,              d,   d,   d,          d,            d,      d,      d,   d,      d}}},
    row{entry_kind::replied,       {{d,      d,   d,   d,    d,    v,    d,              d,   d,   d,          d,            d,      d,      d,   d,      d}}},
    row{entry_kind::cancel_asked,  {{w,      w,   w,   c,    c,    w,    c,              w,   w,   w,          w,            w,      c,      w,   w,      w}}},
    row{entry_kind::completed,     {{w,      d,   d,   d,    d,    d,    d,              d,   d,   d,          d,            d,      d,      d,   d,      d}}},
    row{entry_kind::failed,        {{w,      d,   d,   d,    d,    d,    d,              d,   d,   d,          d,            d,      d,      d,   d,      d}}},
    row{entry_kind::cancelled,     {{w,      d,   d,   d,    d,    d,    d,              d,   d,   d,          d,            d,      d,      d,   d,      d}}},
    row{entry_kind::resumed,       {{w,      w,   w,   w,    w,    w,    w,              w,   w,   w,          w,            w,      w,      w,   w,      w}}},
    row{entry_kind::published,     {{d,      d,   d,   d,    d,    d,    d,              d,   d,   d,          d,            v,      d,      d,   d,      d}}},
    row{entry_kind::signalled,     {{w,      w,   w,   w,    w,    w,    w,              w,   w,   w,          w,            w,      v,      w,   w,      w}}},
    row{entry_kind::sent,          {{d,      d,   d,   d,    d,    d,    d,              d,   d,   d,          d,            d,      d,      v,   d,      d}}},
    row{entry_kind::started_as_child, {{d, d, d, d, d, d, d, d, d, d, d, d, d, d, d, d}}},
    row{entry_kind::child_started, {{d, d, d, d, d, d, d, d, d, d, d, d, d, d, v, d}}},
    row{entry_kind::children_cancelled, {{w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w}}},
    row{entry_kind::child_adopted, {{w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w}}},
    row{entry_kind::ids_adopted, {{w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w}}},
    row{entry_kind::paused, {{w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w}}},
    row{entry_kind::terminated, {{w, d, d, d, d, d, d, d, d, d, d, d, d, d, d, d}}},
    row{entry_kind::resolved, {{d, v, v, d, d, d, d, c, v, v, c, d, d, d, d, d}}},
    row{entry_kind::continued, {{w, d, d, d, d, d, d, d, d, d, d, d, d, d, d, d}}},
    row{entry_kind::forked, {{w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w}}},
    row{entry_kind::answered, {{d, d, d, d, d, d, d, d, d, d, d, d, d, d, d, v}}},
};
static_assert(table.size() == static_cast<std::size_t>(everstep::journal::last_entry_kind), "a kind of entry has no row");

asked asked_of(std::size_t column)
{
    switch (column)
    {
    case 1:
    case 7: return step("charge");
    case 2:
    case 8: return undo_of("charge");
    case 3:
    case 4: return timer(5);
    case 5: return reply();
    case 9:
    case 10: return transaction_of("charge");
    case 11: return publish_to("orders");
    case 12: return receive("picked");
    case 13: return signal_to("checkout/o-2", "picked");
    case 14: return child_of("charge", "c-1");
    case 15: return answer_to("u-1");
    default: return forever();
    }
}

entry entry_for(entry_kind kind, std::size_t column)
{
    switch (kind)
    {
    case entry_kind::step_done:
    case entry_kind::step_failed:
    case entry_kind::step_retry:
    case entry_kind::step_dropped:
        return entry_of_step(kind, at(0), "charge", column == 2 || column == 8 ? operation_kind::undo
                                                    : column == 9 || column == 10 ? operation_kind::transaction
                                                                                  : operation_kind::step);
    case entry_kind::timer_set: return timer_set(at(0));
    case entry_kind::timer_fired: return timer_fired(at(0));
    case entry_kind::replied: return replied(at(0));
    case entry_kind::published: return published(at(0), "orders");
    case entry_kind::signalled: return signalled("picked");
    case entry_kind::sent: return sent(at(0), "checkout/o-2", "picked");
    case entry_kind::child_started: return child_started(at(0), "charge", "c-1");
    case entry_kind::answered: return answered(at(0), "u-1");
    case entry_kind::resolved: return entry_of(kind, operation_kind::none, at(0));
    default: return entry_of(kind);
    }
}

machine with_waiting(std::size_t column, branch_counter& main)
{
    machine core(1'000);
    if (column == 0)
        return core;
    core.start(main, asked_of(column), nullptr, 1);
    if (column == 4)
        core.apply(core.entry(), 1);
    if (column == 7 || column == 8 || column == 10)
        core.apply(when(1'000, cancel_asked()), 1);
    if (column == 8) // an undo forgets the cancel that comes while it waits; this one came before
    {
        machine other(1'000);
        other.apply(when(1'000, cancel_asked()), 1);
        main = {};
        other.start(main, asked_of(column), nullptr, 2);
        return other;
    }
    return core;
}

verdict apply_all(machine& core, const entry& e)
{
    const verdict said = core.apply(e, 7);
    return said == verdict::wait ? core.next() : said;
}

TEST(Machine, EveryCellOfTheTransitionTableHolds)
{
    for (const row& one : table)
        for (std::size_t column = 0; column < columns.size(); ++column)
        {
            branch_counter main;
            machine core = with_waiting(column, main);
            const verdict said = apply_all(core, entry_for(one.kind, column));
            EXPECT_EQ(word(core, said), one.verdicts[column]) << name_of(one.kind) << " / " << columns[column];
        }
}

TEST(Machine, DeliveryEndsTheWaitAndOthersKeepIt)
{
    for (const row& one : table)
        for (std::size_t column = 1; column < columns.size(); ++column)
        {
            branch_counter main;
            machine core = with_waiting(column, main);
            const verdict said = apply_all(core, entry_for(one.kind, column));
            EXPECT_EQ(core.waiting().size(), said == verdict::deliver ? 0U : 1U) << name_of(one.kind) << " / " << columns[column];
        }
}

TEST(Machine, DeliveryNamesTheOperationAndItsPath)
{
    machine core(1'000);
    branch_counter main{.prefix = at({4, 1}), .next = 3};
    int frame{};
    asked what = step("charge");
    what.operation = &frame;
    core.start(main, what, nullptr, 1);
    ASSERT_EQ(core.apply(step_done(at({4, 1, 3}), "charge"), 1), verdict::deliver);
    EXPECT_EQ(core.operation(), &frame);
    EXPECT_EQ(core.where(), at({4, 1, 3}));
}

TEST(Machine, EntryForAnotherPathIsADivergence)
{
    for (const row& one : table)
        for (std::size_t column = 1; column < columns.size(); ++column)
        {
            entry e = entry_for(one.kind, column);
            if (e.where.empty())
                continue;
            e.where = at(1);
            branch_counter main;
            machine core = with_waiting(column, main);
            EXPECT_EQ(core.apply(e, 7), verdict::diverged) << name_of(one.kind) << " / " << columns[column];
        }
}

TEST(Machine, StepEntriesAreNotTakenForAnUndoOfTheSameName)
{
    for (const auto kind : {entry_kind::step_done, entry_kind::step_failed, entry_kind::step_retry})
    {
        branch_counter main, other;
        machine core = with_waiting(2, main);
        EXPECT_EQ(core.apply(entry_of_step(kind, at(0), "charge", operation_kind::step), 7), verdict::diverged) << name_of(kind);
        core = with_waiting(1, other);
        EXPECT_EQ(core.apply(entry_of_step(kind, at(0), "charge", operation_kind::undo), 7), verdict::diverged) << name_of(kind);
    }
}

TEST(Machine, AnotherNameIsADivergenceForEveryEntryThatHasOne)
{
    for (const auto kind : {entry_kind::step_done, entry_kind::step_failed, entry_kind::step_retry, entry_kind::step_dropped})
    {
        branch_counter main;
        machine core = with_waiting(7, main);
        EXPECT_EQ(core.apply(entry_of_step(kind, at(0), "refund"), 7), verdict::diverged) << name_of(kind);
    }
}

TEST(Machine, AnotherResultTypeIsADivergenceForEveryEntryThatHasOne)
{
    for (const auto kind : {entry_kind::step_done, entry_kind::step_failed, entry_kind::step_retry, entry_kind::step_dropped})
    {
        branch_counter main;
        machine core = with_waiting(7, main);
        entry e = entry_of_step(kind, at(0), "charge");
        e.type = "invoice";
        EXPECT_EQ(core.apply(e, 7), verdict::diverged) << name_of(kind);
    }
}

TEST(Machine, PlaceInTheSourceIsNotCompared)
{
    machine core(1'000);
    branch_counter main;
    core.start(main, step("charge", "receipt", 4'711), nullptr, 1);
    EXPECT_EQ(core.apply(step_done(at(0), "charge"), 1), verdict::deliver);
}

TEST(Machine, NowIsTheStartUntilAnEntryMovesIt)
{
    machine core(1'000);
    branch_counter main;
    core.start(main, step("charge"), nullptr, 1);
    EXPECT_EQ(core.now(), 1'000);
    core.apply(when(1'500, step_retry(at(0), "charge")), 1);
    EXPECT_EQ(core.now(), 1'500);
    core.apply(when(1'700, step_done(at(0), "charge")), 2);
    EXPECT_EQ(core.now(), 1'700);
}

TEST(Machine, EveryFittingEntryMovesNow)
{
    for (const row& one : table)
        for (std::size_t column = 1; column < columns.size(); ++column)
        {
            branch_counter main;
            machine core = with_waiting(column, main);
            const verdict said = core.apply(when(2'000, entry_for(one.kind, column)), 7);
            if (said == verdict::diverged)
                continue;
            EXPECT_EQ(core.now(), 2'000) << name_of(one.kind) << " / " << columns[column];
        }
}

TEST(Machine, DivergenceChangesNothing)
{
    branch_counter main;
    machine core = with_waiting(1, main);
    core.apply(when(2'000, step_done(at(0), "refund")), 7);
    EXPECT_EQ(core.now(), 1'000);
    ASSERT_EQ(core.waiting().size(), 1U);
    EXPECT_EQ(core.waiting()[0].where, at(0));
}
}
