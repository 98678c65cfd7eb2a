// Both front ends write one and the same history: whatever one form of a workflow has begun, the other goes on with.

#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/fiber_workflow.hpp>
#include <everstep/saga.hpp>
#include <everstep/transaction.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

const step_options in_order{.place = step_place::shard};
const table<std::string, int> stock{"stock"};

constexpr auto give_back = [](transaction& tx, int) { tx.add(stock, "shoe", 1); };

/// A workflow in both forms: `ends_well`, or undone at its end.
struct trip
{
    std::string to;
    bool ends_well{};
};
BOOST_DESCRIBE_STRUCT(trip, (), (to, ends_well))

workflow<std::string> leg(context& ctx, std::string what)
{
    co_await ctx.step("book " + what, in_order, leave{ctx, "book"});
    co_await ctx.sleep_for(1h);
    co_return co_await ctx.step("confirm " + what, in_order, [&] { return what; });
}
std::string leg_on_fiber(fiber_context& ctx, const std::string& what)
{
    ctx.step("book " + what, in_order, leave{ctx, "book"});
    ctx.sleep_for(1h);
    return ctx.step("confirm " + what, in_order, [&] { return what; });
}

workflow<std::string, std::string> travels(context& ctx, trip t)
{
    saga undo{ctx};
    co_await undo.step("charge", in_order, leave{ctx, "charge"}, undo_deed);
    const std::string seeded = ctx.uuid();
    const std::string kept = co_await ctx.step("keep", in_order, [&] { return seeded; });
    co_await ctx.reply(t.to);
    co_await undo.transact("take", [](transaction& tx) { return tx.add(stock, "shoe", -1); }, give_back);
    const auto [there, back] = co_await all(leg(ctx, "there"), leg(ctx, "back"));
    const std::vector<int> nights{1, 2, 3};
    const auto stay = [&](const int& night) { return ctx.step("stay", in_order, [&night] { return night * 10; }); };
    const std::vector<int> paid = co_await all(nights, 2, stay);
    const auto told = co_await ctx.receive_for<int>("told", 2h);
    co_await ctx.publish("trips", t.to);
    try
    {
        co_await with_timeout(1h, ctx.wait_forever());
    }
    catch (const timed_out&)
    {
    }
    if (!t.ends_well)
        throw permanent_error("rain", "it rains");
    co_return there + " " + back + " " + std::to_string(paid[2]) + (told ? " told " : " untold ") + (kept == seeded ? "same" : "other");
}
std::string travels_on_fiber(replying_fiber_context<std::string>& ctx, const trip& t)
{
    fiber_saga undo{ctx};
    undo.step("charge", in_order, leave{ctx, "charge"}, undo_deed);
    const std::string seeded = ctx.uuid();
    const std::string kept = ctx.step("keep", in_order, [&] { return seeded; });
    ctx.reply(t.to);
    undo.transact("take", [](transaction& tx) { return tx.add(stock, "shoe", -1); }, give_back);
    const auto [there, back] = ctx.all([](fiber_context& c) { return leg_on_fiber(c, "there"); },
                                       [](fiber_context& c) { return leg_on_fiber(c, "back"); });
    const std::vector<int> nights{1, 2, 3};
    const std::vector<int> paid =
        ctx.all(nights, 2, [](fiber_context& c, const int& night) { return c.step("stay", in_order, [&] { return night * 10; }); });
    const auto told = ctx.receive_for<int>("told", 2h);
    ctx.publish("trips", t.to);
    try
    {
        ctx.with_timeout(1h, [](fiber_context& c) { c.wait_forever(); });
    }
    catch (const timed_out&)
    {
    }
    if (!t.ends_well)
        throw permanent_error("rain", "it rains");
    return there + " " + back + " " + std::to_string(paid[2]) + (told ? " told " : " untold ") + (kept == seeded ? "same" : "other");
}

template <class Function>
engine_stage::adder as_trip(Function* function)
{
    return [function](detail::engine_core& core) {
        core.add_topic("trips");
        adds("trip", function)(core);
    };
}

template <class Function>
void play(engine_stage& s, Function* function, bool ends_well)
{
    s.effects().are_side_by_side = true;
    s.start(function, "a", {"rome", ends_well});
    EXPECT_EQ(s.reply(function, "a"), "\"rome\"");
    const std::string end = s.result(function, "a");
    if (ends_well)
        EXPECT_EQ(end, "\"there back 30 untold same\"");
    else
        EXPECT_EQ(end, "failed rain: it rains");
}

/// One life: true where it comes to its end.
template <class Function>
bool lives(engine_world& world, Function* function, bool ends_well, life_plan plan = {})
{
    try
    {
        engine_stage s(world, as_trip(function), std::move(plan));
        play(s, function, ends_well);
        return true;
    }
    catch (const life_over&)
    {
        return false;
    }
}

class SameHistory : public testing::TestWithParam<bool>
{
protected:
    static bool ends_well() { return GetParam(); }

    /// What the coroutine leaves, undisturbed.
    static std::string told_by_the_coroutine()
    {
        engine_world world(std::make_unique<memory_disk>());
        EXPECT_TRUE(lives(world, travels, ends_well()));
        return text_of(world.look());
    }
    static void check(engine_world& world, const std::string& told)
    {
        EXPECT_EQ(text_of(world.look()), told);
        EXPECT_EQ(world.broken, std::vector<std::string>{});
        EXPECT_EQ(world.effects.violations(), std::vector<std::string>{});
    }
};

TEST_P(SameHistory, IsWrittenByBoth)
{
    engine_world world(std::make_unique<memory_disk>());
    ASSERT_TRUE(lives(world, travels_on_fiber, ends_well()));
    check(world, told_by_the_coroutine());
}

TEST_P(SameHistory, GoesOnWithTheOtherFormAfterEveryWait)
{
    const std::string told = told_by_the_coroutine();
    for (const bool fiber_first : {true, false})
    {
        engine_world world(std::make_unique<lmdb_disk>());
        bool on_fiber = fiber_first;
        for (bool over = false; !over; on_fiber = !on_fiber)
        {
            const life_plan until_it_waits{.decide = {}, .ends_at_alarm = true, .change = {}};
            over = on_fiber ? lives(world, travels_on_fiber, ends_well(), until_it_waits) : lives(world, travels, ends_well(), until_it_waits);
        }
        check(world, told);
    }
}

TEST_P(SameHistory, GoesOnWithTheOtherFormAfterACrashAtEveryCommit)
{
    const std::string told = told_by_the_coroutine();
    for (const bool fiber_first : {true, false})
        for (const fate chosen : {fate::unknown_absent, fate::unknown_present})
        {
            bool untouched = false;
            for (std::uint64_t k = 1; !untouched && !HasFailure(); ++k)
            {
                SCOPED_TRACE("commit " + std::to_string(k));
                ASSERT_LT(k, 500u);
                engine_world world(std::make_unique<memory_disk>());
                const life_plan dies{.decide = [=](std::uint64_t commit) { return commit == k ? chosen : fate::durable; }, .change = {}};
                untouched = fiber_first ? lives(world, travels_on_fiber, ends_well(), dies) : lives(world, travels, ends_well(), dies);
                if (!untouched)
                {
                    ASSERT_TRUE(fiber_first ? lives(world, travels, ends_well()) : lives(world, travels_on_fiber, ends_well()));
                }
                check(world, told);
            }
        }
}

INSTANTIATE_TEST_SUITE_P(Of, SameHistory, testing::Bool(), [](const auto& what) { return what.param ? "ARunThatEndsWell" : "ARunThatIsUndone"; });
}
}
