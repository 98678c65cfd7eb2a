// The scenarios of value_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"

#include <everstep/fiber_workflow.hpp>

#include <boost/describe.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

struct parcel
{
    std::unique_ptr<int> weight;
};
BOOST_DESCRIBE_STRUCT(parcel, (), (weight))

parcel moves(replying_fiber_context<parcel>& ctx, parcel given)
{
    parcel made = ctx.step("make", [&] {
        parcel p;
        p.weight = std::make_unique<int>(*given.weight + 1);
        return p;
    });
    ctx.reply(made);
    ctx.sleep_for(1h);
    return made;
}

TEST(FiberValueScenario, MoveOnlyInputResultAndReply)
{
    parcel first;
    first.weight = std::make_unique<int>(4);
    const scenario what{adds("moves", moves), [&](engine_stage& s) {
                            EXPECT_EQ(s.start(moves, "a", first), "ok");
                            EXPECT_EQ(s.reply(moves, "a"), R"({"weight":5})");
                            EXPECT_EQ(s.result(moves, "a"), R"({"weight":5})");
                        }};
    all_ways(what);
}

void returns_nothing(fiber_context& ctx, int)
{
    ctx.step("work", [] {});
}

TEST(FiberValueScenario, WorkflowWithoutResultOrReply)
{
    all_ways({adds("void", returns_nothing), [](engine_stage& s) {
                  s.start(returns_nothing, "a", 0);
                  EXPECT_EQ(s.result(returns_nothing, "a"), "null");
                  EXPECT_EQ(s.reply(returns_nothing, "a"), "no reply");
              }});
}

int leaf(replying_fiber_context<std::string>& ctx, const int& n)
{
    ctx.reply(std::string("from below"));
    ctx.sleep_for(1h);
    return ctx.step("leaf", [&] { return n + 1; });
}

int middle(fiber_context& ctx, int n, bool fails)
{
    const int below = ctx.step("middle", [&] { return n + 10; });
    if (fails)
        throw std::runtime_error("middle");
    return below;
}

int branch(replying_fiber_context<std::string>& ctx, int n)
{
    const int one = leaf(ctx, n);
    const int two = middle(ctx, one, false);
    try
    {
        middle(ctx, two, true);
    }
    catch (const std::runtime_error&)
    {
        return two;
    }
    return -1;
}

int three_deep(replying_fiber_context<std::string>& ctx, int n)
{
    const int below = branch(ctx, n);
    return ctx.step("top", [&] { return below + 100; });
}

TEST(FiberValueScenario, SubCoroutinesThreeDeepWithStepsReplyAndErrors)
{
    const auto left = all_ways({adds("deep", three_deep), [](engine_stage& s) {
                                    s.start(three_deep, "a", 1);
                                    EXPECT_EQ(s.reply(three_deep, "a"), "\"from below\"");
                                    EXPECT_EQ(s.result(three_deep, "a"), "112");
                                }});
    EXPECT_EQ(left.at("deep/a").brief(), "started, replied, timer_set, timer_fired, step_done leaf, step_done middle, step_done middle, "
                                         "step_done top, completed");
}

/// 32 hexadecimal digits: what differs with the run's seed and time looks like a token, and is compared as one (without_seed).
std::string like_a_token(std::uint64_t random, fiber_context::time_point now)
{
    std::string digits;
    for (const std::uint64_t half : {random, static_cast<std::uint64_t>(now.time_since_epoch().count())})
        for (int shift = 60; shift >= 0; shift -= 4)
            digits += "0123456789abcdef"[half >> shift & 15];
    return digits;
}

std::string same_again(fiber_context& ctx, int)
{
    std::string trouble;
    for (int n = 0; n < 3; ++n)
    {
        const std::string uuid = ctx.uuid();
        const std::uint64_t random = ctx.random();
        const fiber_context::time_point now = ctx.now();
        const auto seen = ctx.step("see", [&] { return std::make_pair(uuid, like_a_token(random, now)); });
        if (seen != std::make_pair(uuid, like_a_token(random, now)))
            trouble += "differs at " + std::to_string(n) + "; ";
        if (uuid.size() != 36 || uuid[14] != '4')
            trouble += "no version 4: " + uuid;
        ctx.sleep_for(1h);
        if (ctx.now() - now < 1h)
            trouble += "now stood still; ";
    }
    return trouble;
}

TEST(FiberValueScenario, NowRandomAndUuidAreTheSameInReplay)
{
    const auto left = all_ways({adds("same", same_again), [](engine_stage& s) {
                                    s.start(same_again, "a", 0);
                                    EXPECT_EQ(s.result(same_again, "a"), "\"\"");
                                }});
    EXPECT_EQ(left.at("same/a").count("step_done see"), 3u);
}

int twice(replying_fiber_context<int>& ctx, int n)
{
    ctx.reply(n);
    ctx.reply(n + 1);
    ctx.sleep_for(1h);
    return n;
}

TEST(FiberValueScenario, OnlyTheFirstReplyCounts)
{
    const auto left = all_ways({adds("twice", twice), [](engine_stage& s) {
                                    s.start(twice, "a", 1);
                                    EXPECT_EQ(s.reply(twice, "a"), "1");
                                    EXPECT_EQ(s.result(twice, "a"), "1");
                                    EXPECT_EQ(s.reply(twice, "a"), "1");
                                }});
    EXPECT_EQ(left.at("twice/a").brief(), "started, replied, timer_set, timer_fired, completed");
}

TEST(FiberValueScenario, SecondStartIsTheSameRunOrAConflict)
{
    all_ways({adds("void", returns_nothing), [](engine_stage& s) {
                  EXPECT_EQ(s.start(returns_nothing, "a", 1), "ok");
                  EXPECT_EQ(s.start(returns_nothing, "a", 1), "ok");
                  EXPECT_EQ(s.start(returns_nothing, "a", 2), "refused conflict: 'void/a' was started with another input: choose another id");
                  EXPECT_EQ(s.result(returns_nothing, "a"), "null");
                  EXPECT_EQ(s.start(returns_nothing, "a", 1), "ok");
                  EXPECT_EQ(s.start(returns_nothing, "a", 2), "refused conflict: 'void/a' was started with another input: choose another id");
                  EXPECT_EQ(s.journal().size(), 1u);
              }});
}
}
}
