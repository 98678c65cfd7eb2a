// The scenarios of fault_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine/inflight_map.hpp"
#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

int quick(replying_fiber_context<int>& ctx, int n)
{
    const int sum = ctx.step("add", [&](attempt& a) {
        did(a, ctx.run_id(), "add");
        return n + 1;
    });
    ctx.reply(sum);
    return sum;
}

int sleepy(fiber_context& ctx, int n)
{
    const int sum = ctx.step("add", [&] { return n + 1; });
    ctx.sleep_for(24h);
    return ctx.step("end", [&] { return sum; });
}

engine_stage::adder both()
{
    return [](detail::engine_core& core) {
        adds("quick", quick)(core);
        adds("sleepy", sleepy)(core);
    };
}

TEST(FiberFaultScenario, FullStoreLosesNothingAndGoesOnWhenThereIsRoom)
{
    engine_world world(std::make_unique<memory_disk>());
    const auto full_for_a_while = [](std::uint64_t commit) { return commit >= 2 && commit <= 4 ? fate::full : fate::durable; };
    engine_stage s(world, both(), {.decide = full_for_a_while, .change = {}});
    std::vector<std::shared_ptr<engine_stage::pending>> starts;
    for (int n = 0; n < 20; ++n)
        starts.push_back(s.send({detail::request_kind::start, admission::wait, engine_stage::key_of(quick), std::to_string(n), "1"}));
    for (const auto& one : starts)
        EXPECT_EQ(s.wait(one), "ok");
    for (int n = 0; n < 20; ++n)
        EXPECT_EQ(s.result(quick, std::to_string(n)), "2");
    EXPECT_EQ(s.core().metrics().commits_delayed_full, 3u);
    EXPECT_TRUE(world.has_logged("no room for the journal"));
    EXPECT_TRUE(world.has_logged("there is room again"));
}

TEST(FiberFaultScenario, StartThatWillNotWaitIsRefusedWhileTheStoreIsFull)
{
    engine_world world(std::make_unique<memory_disk>());
    std::atomic<bool> full{true};
    engine_stage s(world, both(), {.decide = [&](std::uint64_t commit) { return commit > 1 && full ? fate::full : fate::durable; }, .change = {}});
    const auto first = s.send({detail::request_kind::start, admission::wait, engine_stage::key_of(quick), "a", "1"});
    s.until([&] { return world.has_logged("no room"); }, false);
    EXPECT_EQ(s.start(quick, "b", 1, admission::refuse), "refused overloaded: the engine has all it can take: come again later");
    const auto waits = s.send({detail::request_kind::start, admission::wait, engine_stage::key_of(quick), "c", "1"});
    full = false;
    EXPECT_EQ(s.wait(first), "ok");
    EXPECT_EQ(s.wait(waits), "ok");
    EXPECT_EQ(s.result(quick, "c"), "2");
}

class FiberFaultScenarioOfUnknown : public ::testing::TestWithParam<fate>
{
};

TEST_P(FiberFaultScenarioOfUnknown, CommitStopsTheEngineAndReopeningSettlesIt)
{
    engine_world world(std::make_unique<memory_disk>());
    const fate chosen = GetParam();
    {
        engine_stage s(world, both(), {.decide = [=](std::uint64_t commit) { return commit == 4 ? chosen : fate::durable; }, .change = {}});
        s.sees_crash = true;
        s.start(sleepy, "waits", 1);
        const auto result = s.send({detail::request_kind::result, admission::wait, engine_stage::key_of(sleepy), "waits", {}});
        s.until_has("sleepy/waits", "timer_set");
        const std::string unknown = "refused unknown: ";
        EXPECT_EQ(s.start(quick, "a", 1), unknown);
        EXPECT_EQ(s.wait(result, false), unknown);
        EXPECT_EQ(s.start(quick, "b", 1), unknown) << "nothing is acknowledged after it";
        EXPECT_EQ(s.cancel(sleepy, "waits"), unknown);
        EXPECT_TRUE(world.has_logged("a commit failed and its outcome is unknown"));
    }
    EXPECT_EQ(world.effects.count("a/add"), 0u) << "no effect of a start that is not durable";
    const bool present = world.look().contains("quick/a");
    EXPECT_EQ(present, chosen == fate::unknown_present);
    engine_stage s(world, both());
    if (!present)
    {
        EXPECT_EQ(s.reply(quick, "a"), "refused not_found: there is no run 'quick/a': start it");
        EXPECT_EQ(s.start(quick, "a", 1), "ok");
    }
    EXPECT_EQ(s.reply(quick, "a"), "2");
    EXPECT_EQ(s.result(sleepy, "waits"), "2");
    EXPECT_EQ(s.reply(quick, "b"), "refused not_found: there is no run 'quick/b': start it");
}

INSTANTIATE_TEST_SUITE_P(Both, FiberFaultScenarioOfUnknown, ::testing::Values(fate::unknown_absent, fate::unknown_present));

/// A journal of two sleeping runs, a and b.
void two_sleepers(engine_world& world)
{
    engine_stage s(world, both());
    for (const char* id : {"a", "b"})
    {
        s.start(sleepy, id, 1);
        s.until_has(std::string("sleepy/") + id, "timer_set");
    }
}

/// Changes records of the run "sleepy/a" behind the engine's back.
void damage(engine_world& world, const std::function<void(const engine_run&, const store::snapshot&, store::batch&)>& change)
{
    const engine_run run = world.look().at("sleepy/a");
    const auto disk = world.disk->open();
    store::batch writes;
    disk->read([&](const store::snapshot& now) { change(run, now, writes); });
    const store::batch* const parts[] = {&writes};
    disk->commit(parts);
    world.wall += 25LL * 3600 * 1'000'000;
}

void expect_corrupt(engine_world& world, const std::string& part)
{
    engine_stage s(world, both());
    const std::string text = s.result(sleepy, "a");
    EXPECT_EQ(text.find("failed corrupt: the run is parked: "), 0u) << text;
    EXPECT_NE(text.find(part), std::string::npos) << text;
    EXPECT_EQ(s.status(sleepy, "a").reason, "corrupt");
    EXPECT_EQ(s.result(sleepy, "b"), "2") << "the other run goes on";
    EXPECT_EQ(s.start(sleepy, "c", 4), "ok");
    EXPECT_EQ(s.result(sleepy, "c"), "5");
}

TEST(FiberFaultScenario, FlippedBitInAnEntryParksThatRunAlone)
{
    engine_world world(std::make_unique<memory_disk>());
    two_sleepers(world);
    damage(world, [](const engine_run& run, const store::snapshot& now, store::batch& writes) {
        const auto at = journal::history_key(run.number, 1);
        std::string value(now.get(journal::table::history, at).value());
        value[value.size() / 2] = static_cast<char>(value[value.size() / 2] ^ 4);
        writes.put(journal::table::history, at, value);
    });
    expect_corrupt(world, "restore a backup");
}

TEST(FiberFaultScenario, LostTailOfAHistoryIsSeen)
{
    engine_world world(std::make_unique<memory_disk>());
    two_sleepers(world);
    damage(world, [](const engine_run& run, const store::snapshot&, store::batch& writes) {
        writes.erase(journal::table::history, journal::history_key(run.number, 2));
    });
    expect_corrupt(world, "restore a backup");
}

TEST(FiberFaultScenario, LostEntryInTheMiddleIsSeen)
{
    engine_world world(std::make_unique<memory_disk>());
    two_sleepers(world);
    damage(world, [](const engine_run& run, const store::snapshot&, store::batch& writes) {
        writes.erase(journal::table::history, journal::history_key(run.number, 1));
    });
    expect_corrupt(world, "restore a backup");
}

TEST(FiberFaultScenario, LostHistoryIsSeen)
{
    engine_world world(std::make_unique<memory_disk>());
    two_sleepers(world);
    damage(world, [](const engine_run& run, const store::snapshot&, store::batch& writes) {
        for (std::uint32_t seq = 0; seq < run.entries.size(); ++seq)
            writes.erase(journal::table::history, journal::history_key(run.number, seq));
    });
    expect_corrupt(world, "restore a backup");
}

TEST(FiberFaultScenario, DamagedWakeRowIsSeen)
{
    engine_world world(std::make_unique<memory_disk>());
    two_sleepers(world);
    damage(world, [](const engine_run& run, const store::snapshot& now, store::batch& writes) {
        const auto at = journal::wake_key(run.entries.back().due, run.number);
        std::string value(now.get(journal::table::wake, at).value());
        value[3] = static_cast<char>(value[3] ^ 1);
        writes.put(journal::table::wake, at, value);
    });
    expect_corrupt(world, "the wake row");
}

TEST(FiberFaultScenario, NewerFormatIsRefusedWithNothingWritten)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        const auto disk = world.disk->open();
        journal::meta_record meta;
        meta.format = journal::journal_format + 1;
        store::batch writes;
        writes.put(journal::table::meta, {0, 0}, journal::encode(journal::record_key{0, 0}, meta));
        const store::batch* const parts[] = {&writes};
        disk->commit(parts);
    }
    try
    {
        engine_stage s(world, both());
        FAIL() << "it opened";
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.why(), errc::newer_format);
    }
}

int deadly(fiber_context& ctx, int)
{
    return ctx.step("boom", [&](attempt& a) {
        did(a, ctx.run_id(), "boom");
        if (!a.use<engine_effects>().bank_is_open)
            throw retry_after(24h);
        return 1;
    });
}

TEST(FiberFaultScenario, StepThatWasInFlightAtThreeDeathsIsParkedUntilItIsResumed)
{
    engine_world world(std::make_unique<lmdb_disk>());
    std::uint64_t number = 0;
    {
        engine_stage s(world, adds("deadly", deadly));
        s.start(deadly, "a", 0);
        s.until_has("deadly/a", "step_retry boom");
        number = base::to_integer(s.run("deadly/a").number);
    }
    // What the shard calls this step: by name and path.
    const std::uint64_t step = base::hash64("boom") * 0x9E3779B97F4A7C15ull + 1;
    for (int death = 0; death < 3; ++death)
    {
        // The map of a process that died with the body in flight: the slot is never given back.
        core::inflight_map dying(world.disk->journal() + "/inflight.map");
        std::uint32_t hint = dying.next_hint();
        ASSERT_NE(dying.acquire(number, step, hint), 0u);
    }
    world.wall += 25LL * 3600 * 1'000'000;
    engine_stage s(world, adds("deadly", deadly));
    const std::string text = s.result(deadly, "a");
    EXPECT_EQ(text.find("failed crash_loop: the run is parked: the process died 3 times in step 'boom'"), 0u) << text;
    EXPECT_EQ(world.effects.count("a/boom"), 1u);
    world.effects.attempts_may_begin_anew();
    world.effects.bank_is_open = true;
    EXPECT_EQ(s.resume(deadly, "a", "fixed"), "ok");
    EXPECT_EQ(s.result(deadly, "a"), "1");
}
}
}
