#pragma once

// One story, told in every way: straight; with the engine opened anew at every wait; with every wait evicted; and with a crash at every
// commit. Whatever happens, it ends the same, and no promise is broken on the way.

#include "engine_stage.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace everstep::test
{
struct scenario
{
    engine_stage::adder add;
    /// What callers do. Comes again after each crash, from its first line.
    std::function<void(engine_stage&)> play;
    std::function<void(engine_options&)> change{};
};

class scenario_ways
{
public:
    using disk_maker = std::function<std::unique_ptr<engine_disk>()>;

    scenario_ways(scenario what, disk_maker make) : what_(std::move(what)), make_(std::move(make)) {}

    void all()
    {
        crashed();
        told_again("opened anew at every wait", [](std::uint64_t) { return life_plan{.decide = {}, .ends_at_alarm = true, .change = {}}; });
        at_every_commit("the last before a close", [](std::uint64_t k) { return life_plan{.decide = {}, .close_at = k, .change = {}}; });
    }

    /// For bodies that wait for their stop: all ways but those that close the engine in good order, for that stops them too.
    void crashed()
    {
        straight();
        if (::testing::Test::HasFailure())
            return;
        told_again("evicted at every wait", [](std::uint64_t) { return life_plan{.decide = {}, .change = evicting}; });
        told_again("two commits a life", [](std::uint64_t) { return crash_at(3, fate::unknown_absent); });
        told_again("two commits a life, the last one not acknowledged", [](std::uint64_t) { return crash_at(2, fate::unknown_present); });
        at_every_commit("lost", [](std::uint64_t k) { return crash_at(k, fate::unknown_absent); });
        at_every_commit("not acknowledged", [](std::uint64_t k) { return crash_at(k, fate::unknown_present); });
    }

    /// The journal that the straight way left.
    const engine_journal& journal() const { return straight_; }

private:
    using plan_of = std::function<life_plan(std::uint64_t)>;

    static void evicting(engine_options& o)
    {
        o.resident_wait_max = std::chrono::milliseconds(0);
        o.resident_runs_max = 1;
    }
    static life_plan crash_at(std::uint64_t k, fate chosen)
    {
        return {.decide = [k, chosen](std::uint64_t commit) { return commit == k ? chosen : fate::durable; }, .change = {}};
    }

    void straight()
    {
        SCOPED_TRACE("straight");
        engine_world world(make_());
        ASSERT_TRUE(live(world, {}));
        straight_ = world.look();
        check(world);
    }

    void told_again(const std::string& how, const plan_of& plan)
    {
        if (::testing::Test::HasFailure())
            return;
        SCOPED_TRACE(how);
        engine_world world(make_());
        for (std::uint64_t life = 1; !live(world, plan(life)); ++life)
            ASSERT_LT(life, 200u) << "it comes to no end:\n" << text_of(world.look());
        check(world);
    }

    void at_every_commit(const std::string& how, const plan_of& plan)
    {
        bool untouched = false;
        for (std::uint64_t k = 1; !untouched && !::testing::Test::HasFailure(); ++k)
        {
            SCOPED_TRACE("commit " + std::to_string(k) + " " + how);
            engine_world world(make_());
            untouched = live(world, plan(k));
            if (!untouched)
            {
                ASSERT_TRUE(live(world, {}));
            }
            check(world);
            ASSERT_LT(k, 500u);
        }
    }

    bool live(engine_world& world, life_plan plan)
    {
        if (what_.change)
            plan.change = [first = what_.change, then = plan.change](engine_options& o) {
                first(o);
                if (then)
                    then(o);
            };
        try
        {
            engine_stage stage(world, what_.add, std::move(plan));
            what_.play(stage);
            return true;
        }
        catch (const life_over&)
        {
            return false;
        }
    }

    void check(engine_world& world)
    {
        const engine_journal now = world.look();
        EXPECT_EQ(text_of(now), text_of(straight_));
        EXPECT_EQ(world.broken, std::vector<std::string>{});
        EXPECT_EQ(world.effects.violations(), std::vector<std::string>{});
        for (const auto& [name, run] : now)
        {
            EXPECT_TRUE(run.whole) << name;
            check_times(name, run);
            check_undos(name, run);
        }
    }

    /// Timers and retries: never early.
    static void check_times(const std::string& name, const engine_run& run)
    {
        std::map<std::string, base::time_us> due;
        for (const engine_entry& e : run.entries)
        {
            using journal::entry_kind;
            if (e.kind == entry_kind::timer_fired || e.kind == entry_kind::step_done || e.kind == entry_kind::step_failed ||
                e.kind == entry_kind::step_retry)
            {
                EXPECT_GE(e.at, due[e.where]) << name << " " << e.brief();
            }
            if (e.kind == entry_kind::resumed)
                due.clear();
            if (e.kind == entry_kind::timer_set || e.kind == entry_kind::step_retry)
                due[e.where] = e.due;
        }
    }

    /// Each undo at most once, and in the reverse order of what is undone. (A step that failed or was dropped may be one that is unsure.)
    static void check_undos(const std::string& name, const engine_run& run)
    {
        std::vector<std::string> done;
        for (const engine_entry& e : run.entries)
        {
            using journal::entry_kind;
            const bool is_undo = e.operation == journal::operation_kind::undo;
            if (!is_undo && (e.kind == entry_kind::step_done || e.kind == entry_kind::step_failed || e.kind == entry_kind::step_dropped))
                done.push_back(e.name);
            else if (is_undo && e.kind == entry_kind::step_done)
            {
                while (!done.empty() && done.back() != e.name)
                    done.pop_back();
                ASSERT_FALSE(done.empty()) << name << " undid '" << e.name << "' out of order or twice: " << run.brief();
                done.pop_back();
            }
        }
    }

    scenario what_;
    disk_maker make_;
    engine_journal straight_;
};

/// Tells the story in these ways, on both stores. Returns what the straight way left.
inline engine_journal on_both_stores(const scenario& what, void (scenario_ways::*tell)())
{
    engine_journal left;
    {
        SCOPED_TRACE("in memory");
        scenario_ways ways(what, [] { return std::make_unique<memory_disk>(); });
        (ways.*tell)();
        left = ways.journal();
    }
    if (::testing::Test::HasFailure())
        return left;
    SCOPED_TRACE("on LMDB");
    scenario_ways ways(what, [] { return std::make_unique<lmdb_disk>(); });
    (ways.*tell)();
    EXPECT_EQ(text_of(ways.journal()), text_of(left));
    return left;
}
inline engine_journal all_ways(const scenario& what) { return on_both_stores(what, &scenario_ways::all); }
inline engine_journal crashed_ways(const scenario& what) { return on_both_stores(what, &scenario_ways::crashed); }
}
