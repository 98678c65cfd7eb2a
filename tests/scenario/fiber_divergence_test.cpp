// The scenarios of divergence_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"

#include <everstep/fiber_workflow.hpp>

#include <boost/describe.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

int before(fiber_context& ctx, int n)
{
    const int one = ctx.step("one", [&] { return n + 1; });
    const int two = ctx.step("two", [&] { return one + 1; });
    ctx.sleep_for(24h);
    return ctx.step("three", [&] { return two + 1; });
}

int renamed(fiber_context& ctx, int n)
{
    const int one = ctx.step("uno", [&] { return n + 1; });
    const int two = ctx.step("two", [&] { return one + 1; });
    ctx.sleep_for(24h);
    return two;
}

int retyped(fiber_context& ctx, int n)
{
    const std::string one = ctx.step("one", [&] { return std::to_string(n); });
    const int two = ctx.step("two", [&] { return n; });
    ctx.sleep_for(24h);
    return two;
}

int reordered(fiber_context& ctx, int n)
{
    const int two = ctx.step("two", [&] { return n; });
    const int one = ctx.step("one", [&] { return two; });
    ctx.sleep_for(24h);
    return one;
}

int removed(fiber_context& ctx, int n)
{
    const int one = ctx.step("one", [&] { return n; });
    ctx.sleep_for(24h);
    return one;
}

int added(fiber_context& ctx, int n)
{
    const int one = ctx.step("one", [&] { return n + 1; });
    const int two = ctx.step("two", [&] { return one + 1; });
    ctx.step("new", [] {});
    ctx.sleep_for(24h);
    return two;
}

int ends_early(fiber_context& ctx, int n)
{
    return ctx.step("one", [&] { return n + 1; });
}

int other_kind(fiber_context& ctx, int n)
{
    ctx.sleep_for(24h);
    return n;
}

int longer(fiber_context& ctx, int n)
{
    const int one = ctx.step("one", [&] { return n + 1; });
    const int two = ctx.step("two", [&] { return one + 1; });
    ctx.sleep_for(1h); // a duration is no divergence: the recorded one counts
    return ctx.step("three", [&] { return two + 1; });
}

int neighbour(fiber_context& ctx, int n)
{
    ctx.sleep_for(24h);
    return ctx.step("calm", [&] { return n; });
}

using code = int (*)(fiber_context&, int);

engine_stage::adder with(code function)
{
    return [function](detail::engine_core& core) {
        adds("changing", function)(core);
        adds("neighbour", neighbour)(core);
    };
}

/// Starts with the old code, opens with the new one, and goes back.
void changes(code now, const std::string& text)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, with(before));
        s.start(before, "a", 1);
        s.start(neighbour, "n", 5);
        s.until_has("changing/a", "timer_set");
        s.until_has("neighbour/n", "timer_set");
    }
    world.wall += 25LL * 3600 * 1'000'000;
    const std::string history = text_of(world.look()).substr(0, 0) + world.look().at("changing/a").brief();
    {
        engine_stage s(world, with(now));
        EXPECT_EQ(s.result(now, "a"), "failed divergence: the run is parked: " + text);
        EXPECT_EQ(s.status(now, "a").state, run_state::parked);
        EXPECT_EQ(s.status(now, "a").reason, "divergence");
        EXPECT_EQ(s.result(neighbour, "n"), "5");
        EXPECT_EQ(s.run("changing/a").brief(), history) << "a divergence writes nothing into the history";
    }
    {
        engine_stage s(world, with(before));
        EXPECT_EQ(s.status(before, "a").state, run_state::parked) << "it waits for a person";
        EXPECT_EQ(s.resume(before, "a", "old code is back"), "ok");
        EXPECT_EQ(s.result(before, "a"), "4");
        EXPECT_EQ(s.result(neighbour, "n"), "5");
    }
    EXPECT_EQ(world.look().at("changing/a").brief(),
              "started, step_done one, step_done two, timer_set, resumed, timer_fired, step_done three, completed");
}

constexpr const char* go_back = ". Bring the code back that wrote the entry, then resume the run.";

TEST(FiberDivergenceScenario, RenamedStepParksWithBothNames)
{
    changes(renamed, std::string("entry 1 was step 'one' (fiber_divergence_test.cpp:22) at 0; the code now asks step 'uno' "
                                 "(fiber_divergence_test.cpp:30) at 0") + go_back);
}

TEST(FiberDivergenceScenario, ChangedResultTypeParksWithBothTypes)
{
    changes(retyped, std::string("entry 1 was step 'one' with result i32 (fiber_divergence_test.cpp:22) at 0; the code now asks step 'one' "
                                 "with result string (fiber_divergence_test.cpp:38) at 0") + go_back);
}

TEST(FiberDivergenceScenario, ChangedOrderParks)
{
    changes(reordered, std::string("entry 1 was step 'one' (fiber_divergence_test.cpp:22) at 0; the code now asks step 'two' "
                                   "(fiber_divergence_test.cpp:46) at 0") + go_back);
}

TEST(FiberDivergenceScenario, RemovedStepParks)
{
    changes(removed, std::string("entry 2 was step 'two' (fiber_divergence_test.cpp:23) at 1; the code now asks timer 'sleep_for' "
                                 "(fiber_divergence_test.cpp:55) at 1") + go_back);
}

TEST(FiberDivergenceScenario, AddedStepParks)
{
    changes(added, std::string("entry 3 was timer (fiber_divergence_test.cpp:24) at 2; the code now asks step 'new' "
                               "(fiber_divergence_test.cpp:63) at 2") + go_back);
}

TEST(FiberDivergenceScenario, EarlyEndParks)
{
    changes(ends_early, std::string("entry 2 was step 'two' (fiber_divergence_test.cpp:23) at 1; the code now has ended") + go_back);
}

TEST(FiberDivergenceScenario, AnotherKindOfOperationParks)
{
    changes(other_kind, std::string("entry 1 was step 'one' (fiber_divergence_test.cpp:22) at 0; the code now asks timer 'sleep_for' "
                                    "(fiber_divergence_test.cpp:75) at 0") + go_back);
}

TEST(FiberDivergenceScenario, ChangedDurationIsNoDivergenceAndTheRecordedOneCounts)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, with(before));
        s.start(before, "a", 1);
        s.until_has("changing/a", "timer_set");
    }
    world.wall += 25LL * 3600 * 1'000'000;
    engine_stage s(world, with(longer));
    EXPECT_EQ(s.result(longer, "a"), "4");
    EXPECT_TRUE(world.has_logged("has another time than was recorded: the recorded one counts"));
}

struct small_order
{
    std::string id;
};
BOOST_DESCRIBE_STRUCT(small_order, (), (id))

std::string takes_small(fiber_context& ctx, small_order o)
{
    ctx.sleep_for(24h);
    return o.id;
}

int takes_number(fiber_context& ctx, int n)
{
    ctx.sleep_for(24h);
    return n;
}

TEST(FiberDivergenceScenario, InputThatCannotBeReadAnyMoreParks)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, adds("order", takes_small));
        s.start(takes_small, "a", small_order{"x"});
        s.until_has("order/a", "timer_set");
    }
    world.wall += 25LL * 3600 * 1'000'000;
    engine_stage s(world, adds("order", takes_number));
    const std::string text = s.result(takes_number, "a");
    EXPECT_EQ(text.find("failed divergence: the run is parked: entry 0 was the start of the run; its input cannot be read as i32"), 0u)
        << text;
}

/// The same order with one more field, as it would be after a release.
struct large_order
{
    std::string id;
    int priority{3};
};
BOOST_DESCRIBE_STRUCT(large_order, (), (id, priority))

std::string takes_large(fiber_context& ctx, large_order o)
{
    ctx.sleep_for(24h);
    return o.id + " " + std::to_string(o.priority);
}

TEST(FiberDivergenceScenario, AddedFieldOfTheInputTakesItsDefaultAndIsNoConflict)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, adds("order", takes_small));
        s.start(takes_small, "a", small_order{"x"});
        s.until_has("order/a", "timer_set");
    }
    engine_stage s(world, adds("order", takes_large));
    EXPECT_EQ(s.start(takes_large, "a", large_order{"x", 3}), "ok");
    EXPECT_EQ(s.start(takes_large, "a", large_order{"x", 4}),
              "refused conflict: 'order/a' was started with another input: choose another id");
    EXPECT_EQ(s.result(takes_large, "a"), "\"x 3\"");
}

TEST(FiberDivergenceScenario, UnknownWorkflowsWaitForTheirCodeAndAreCounted)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, with(before));
        s.start(before, "a", 1);
        s.start(neighbour, "n", 5);
        s.until_has("changing/a", "timer_set");
        s.until_has("neighbour/n", "timer_set");
    }
    world.wall += 25LL * 3600 * 1'000'000;
    {
        engine_stage s(world, adds("neighbour", neighbour));
        EXPECT_EQ(s.result(neighbour, "n"), "5");
        EXPECT_EQ(s.core().metrics().runs_without_code, 1u);
        EXPECT_TRUE(world.has_logged("runs of workflow 'changing' wait in the journal for their code"));
    }
    engine_stage s(world, with(before));
    EXPECT_EQ(s.result(before, "a"), "4");
}
}
}
