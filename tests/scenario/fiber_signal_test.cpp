// The scenarios of signal_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine/promise_token.hpp"
#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/fiber_workflow.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

const step_options in_order{.place = step_place::shard};

std::string collects(fiber_context& ctx, int count)
{
    std::string all;
    for (int n = 0; n < count; ++n)
    {
        const int got = ctx.receive<int>("picked");
        ctx.step("take", in_order, leave{ctx, "take"});
        all += std::to_string(got) + " ";
    }
    return all;
}

TEST(FiberSignalScenario, EachIsReceivedOnceInItsOrder)
{
    const auto left = all_ways({adds("collects", collects), [](engine_stage& s) {
                                    s.start(collects, "a", 3);
                                    for (int n = 1; n <= 3; ++n)
                                    {
                                        EXPECT_EQ(s.signal(collects, "a", "picked", n, "m-" + std::to_string(n)), "ok");
                                        s.until_has("collects/a", "step_done take", static_cast<std::size_t>(n));
                                    }
                                    EXPECT_EQ(s.result(collects, "a"), "\"1 2 3 \"");
                                }});
    EXPECT_EQ(left.at("collects/a").count("signalled picked"), 3u);
}

std::string receives_late(fiber_context& ctx, int)
{
    ctx.sleep_for(1h);
    const int first = ctx.receive<int>("n");
    const std::optional<int> second = ctx.try_receive<int>("n");
    const std::optional<int> third = ctx.try_receive<int>("n");
    ctx.step("note", in_order, leave{ctx, "note"});
    return std::to_string(first) + " " + (second ? std::to_string(*second) : "none") + " " + (third ? std::to_string(*third) : "none");
}

TEST(FiberSignalScenario, ThoseThatCameBeforeAreThereAtOnce)
{
    const auto left = all_ways({adds("late", receives_late), [](engine_stage& s) {
                                    s.start(receives_late, "a", 0);
                                    EXPECT_EQ(s.signal(receives_late, "a", "n", 1, "m-1"), "ok");
                                    EXPECT_EQ(s.signal(receives_late, "a", "n", 2, "m-2"), "ok");
                                    EXPECT_EQ(s.signal(receives_late, "a", "n", 2, "m-2"), "ok");
                                    EXPECT_EQ(s.result(receives_late, "a"), "\"1 2 none\"");
                                }});
    EXPECT_EQ(left.at("late/a").brief(), "started, timer_set, signalled n, signalled n, timer_fired, step_done note, completed");
}

std::string in_time(fiber_context& ctx, int)
{
    const std::optional<int> one = ctx.receive_for<int>("n", 1h);
    const std::optional<int> two = ctx.receive_for<int>("n", 1h);
    return (one ? std::to_string(*one) : "none") + " " + (two ? std::to_string(*two) : "none");
}

TEST(FiberSignalScenario, WaitingForOneEndsWithTheTime)
{
    const auto left = all_ways({adds("waits", in_time), [](engine_stage& s) {
                                    s.start(in_time, "a", 0);
                                    EXPECT_EQ(s.signal(in_time, "a", "n", 5, "m-1"), "ok");
                                    EXPECT_EQ(s.result(in_time, "a"), "\"5 none\"");
                                }});
    EXPECT_EQ(left.at("waits/a").brief(), "started, timer_set, signalled n, timer_set, timer_fired, completed");
}

int ends_at_once(fiber_context& ctx, int)
{
    ctx.step("note", in_order, leave{ctx, "note"});
    return 1;
}

TEST(FiberSignalScenario, ARunThatHasEndedTakesNone)
{
    all_ways({adds("ends", ends_at_once), [](engine_stage& s) {
                  s.start(ends_at_once, "a", 0);
                  s.result(ends_at_once, "a");
                  EXPECT_EQ(s.signal(ends_at_once, "a", "n", 5, "m-1"), "refused ended: 'ends/a' has ended: it takes no signal");
                  EXPECT_EQ(s.signal(ends_at_once, "b", "n", 5, "m-1"), "refused not_found: there is no run 'ends/b': start it");
              }});
}

std::string parks_first(fiber_context& ctx, int)
{
    fiber_saga undo{ctx};
    const auto fails = [](attempt& a, services& use, const deed& d) {
        use.get<engine_effects>().add(a, d.run, "undo " + d.what);
        if (!use.get<engine_effects>().bank_is_open)
            throw permanent_error{"closed", "the bank is closed"};
    };
    undo.step("charge", in_order, leave{ctx, "charge"}, fails);
    undo.compensate();
    const int got = ctx.receive<int>("n");
    return std::to_string(got);
}

TEST(FiberSignalScenario, AParkedRunHasItWhenItIsResumed)
{
    const auto left = all_ways({adds("parks", parks_first), [](engine_stage& s) {
                                    s.effects().attempts_may_begin_anew();
                                    s.start(parks_first, "a", 0);
                                    if (!s.run("parks/a").has("resumed"))
                                    {
                                        s.until([&] { return s.status(parks_first, "a").state == run_state::parked; }, false);
                                        EXPECT_EQ(s.signal(parks_first, "a", "n", 5, "m-1"), "ok");
                                        EXPECT_EQ(s.signal(parks_first, "a", "n", 5, "m-1"), "ok");
                                        s.effects().bank_is_open = true;
                                        EXPECT_EQ(s.resume(parks_first, "a"), "ok");
                                    }
                                    EXPECT_EQ(s.result(parks_first, "a"), "\"5\"");
                                    s.effects().bank_is_open = false;
                                }});
    EXPECT_EQ(left.at("parks/a").brief(), "started, step_done charge, step_retry undo charge, signalled n, resumed, step_done undo charge, completed");
}

std::string cart(fiber_context& ctx, std::string customer)
{
    const std::string item = ctx.receive<std::string>("add");
    return customer + " has " + item;
}

TEST(FiberSignalScenario, AStartWithASignalIsOneCommit)
{
    const auto left = all_ways({adds("cart", cart), [](engine_stage& s) {
                                    EXPECT_EQ(s.signal_with_start(cart, "a", "ann", "add", std::string("tea"), "m-1"), "ok");
                                    EXPECT_EQ(s.result(cart, "a"), "\"ann has tea\"");
                                }});
    EXPECT_EQ(left.at("cart/a").brief(), "started, signalled add, completed");
}

std::string asks(fiber_context& ctx, int)
{
    const auto approval = ctx.promise<int>("approval");
    ctx.step("ask", in_order, leave{ctx, "ask"});
    const int said = approval.get();
    ctx.step("note", in_order, leave{ctx, "note"});
    return std::to_string(said);
}

/// As promise_token.cpp makes it, from what the journal has.
std::string token_of_run(engine_stage& s)
{
    const auto& header = s.run("asks/a").header;
    return core::encode_token({"asks", "a", "approval", core::promise_secret(header.seed, "approval")});
}

TEST(FiberSignalScenario, APromiseIsAnsweredOnce)
{
    const auto left = all_ways({adds("asks", asks), [](engine_stage& s) {
                                    s.start(asks, "a", 0);
                                    s.until_has("asks/a", "step_done ask");
                                    EXPECT_NE(s.complete(token_of_run(s), 7).find_first_of("tf"), std::string::npos);
                                    EXPECT_EQ(s.complete(token_of_run(s), 8), "false");
                                    EXPECT_EQ(s.result(asks, "a"), "\"7\"");
                                }});
    EXPECT_EQ(left.at("asks/a").brief().substr(0, 28), "started, step_done ask, sign");
}

int tells_what_it_hears(fiber_context& ctx, int)
{
    const int one = ctx.receive<int>("n");
    ctx.publish("talk", one);
    return 10 * one + ctx.receive<int>("n");
}

TEST(FiberSignalScenario, OneThatIsKeptInATurnThatParksIsReceivedOnce)
{
    engine_world world(std::make_unique<memory_disk>());
    {
        engine_stage s(world, adds("tells", tells_what_it_hears));
        s.start(tells_what_it_hears, "a", 0);
        detail::request what{detail::request_kind::signal, admission::wait, engine_stage::key_of(tells_what_it_hears), "a"};
        what.message = {"n", "i32", {}, "5"};
        EXPECT_EQ(s.wait(s.send(what)), "ok");
        EXPECT_EQ(s.status(tells_what_it_hears, "a").reason, "missing_code");
    }
    engine_stage s(world, [](detail::engine_core& core) {
        core.add_topic("talk");
        adds("tells", tells_what_it_hears)(core);
    });
    s.resume(tells_what_it_hears, "a");
    s.signal(tells_what_it_hears, "a", "n", 6, "m-2");
    EXPECT_EQ(s.result(tells_what_it_hears, "a"), "56");
}
}
}
