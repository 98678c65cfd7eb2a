// The scenarios of args_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"

#include <everstep/fiber_workflow.hpp>

#include <boost/describe.hpp>

#include <gtest/gtest.h>

#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

constexpr step_options twice{.retry = {.first = 10s, .factor = 1, .jitter = 0, .attempts = 2}};

int charges(fiber_context& ctx, int cents)
{
    const int paid = ctx.step("charge", twice, [&](attempt& a) {
        did(a, ctx.run_id(), "charge");
        if (a.number() == 1)
            throw std::runtime_error("busy");
        return cents;
    }, args(ctx.run_id(), cents));
    ctx.sleep_for(24h);
    return paid;
}

TEST(FiberArgsScenario, AreRecordedWithWhatTheStepEndsIn)
{
    const auto left = all_ways({adds("charging", charges), [](engine_stage& s) {
                                    s.start(charges, "a", 5);
                                    EXPECT_EQ(s.result(charges, "a"), "5");
                                }});
    const engine_run& run = left.at("charging/a");
    EXPECT_EQ(run.brief(), "started, step_retry charge, step_done charge, timer_set, timer_fired, completed");
    EXPECT_EQ(run.entries[1].args, "");
    EXPECT_EQ(run.entries[2].args, R"(["a",5])");
}

struct amount
{
    int cents{};
    std::string currency{"EUR"}; ///< the old code had none
};
struct old_amount
{
    int cents{};
};
BOOST_DESCRIBE_STRUCT(amount, (), (cents, currency))
BOOST_DESCRIBE_STRUCT(old_amount, (), (cents))

template <class Arguments>
int pays(fiber_context& ctx, int cents, Arguments&& given)
{
    const int paid = ctx.step("charge", [&] { return cents; }, given());
    ctx.sleep_for(24h);
    return paid;
}
constexpr auto of_old = [] { return args(old_amount{5}); };
constexpr auto of_new = [] { return args(amount{5}); };
constexpr auto of_other = [] { return args(amount{6}); };
constexpr auto of_another_kind = [] { return args(std::string("five")); };

int before(fiber_context& ctx, int cents) { return pays(ctx, cents, of_old); }
int grown(fiber_context& ctx, int cents) { return pays(ctx, cents, of_new); }
int changed(fiber_context& ctx, int cents) { return pays(ctx, cents, of_other); }
int retyped(fiber_context& ctx, int cents) { return pays(ctx, cents, of_another_kind); }
int without(fiber_context& ctx, int cents)
{
    const int paid = ctx.step("charge", [&] { return cents; });
    ctx.sleep_for(24h);
    return paid;
}

using code = int (*)(fiber_context&, int);

/// What the run comes to that began with the one code and goes on with the other.
std::string changes(code first, code now)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, adds("paying", first));
        s.start(first, "a", 5);
        s.until_has("paying/a", "timer_set");
    }
    world.wall += 25LL * 3600 * 1'000'000;
    engine_stage s(world, adds("paying", now));
    return s.result(now, "a");
}

TEST(FiberArgsScenario, AddedMemberIsNoDivergence) { EXPECT_EQ(changes(before, grown), "5"); }

TEST(FiberArgsScenario, ArgumentsMayBeAddedAndTakenAway)
{
    EXPECT_EQ(changes(without, before), "5");
    EXPECT_EQ(changes(before, without), "5");
}

TEST(FiberArgsScenario, OtherValueParksTheRunWithBothSides)
{
    const std::string why = changes(before, changed);
    EXPECT_EQ(why.find("failed divergence: the run is parked: entry 1 was step 'charge' (fiber_args_test.cpp:"), 0u) << why;
    EXPECT_NE(why.find(R"( with [{"cents":5}] at 0; the code now asks it with [{"cents":6,"currency":"EUR"}] (fiber_args_test.cpp:)"), std::string::npos)
        << why;
}

TEST(FiberArgsScenario, OtherTypeParksTheRunWithBothSides)
{
    const std::string why = changes(before, retyped);
    EXPECT_NE(why.find(R"( with [{"cents":5}] at 0; the code now asks it with ["five"] (fiber_args_test.cpp:)"), std::string::npos)
        << why;
}
}
}
