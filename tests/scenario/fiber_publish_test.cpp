// The scenarios of publish_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"
#include "scenario_deed.hpp"

#include <everstep/event.hpp>
#include <everstep/fiber_workflow.hpp>
#include <everstep/transaction.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

const table<std::string, int> stock{"stock"};

engine_stage::adder with_topics(const engine_stage::adder& add)
{
    return [=](detail::engine_core& core) {
        core.add_topic("orders");
        core.add_topic("stock");
        add(core);
    };
}

/// "source:data" of each event; numbers rise, and ids are of one event alone.
std::string events_of(engine_stage& s, const std::string& topic)
{
    std::string text;
    std::uint64_t last = 0;
    std::set<std::string> ids;
    s.core().read_tables([&](detail::row_source& rows) {
        detail::visit_events(rows, topic, 0, [&](const event& one) {
            EXPECT_GT(one.number, last);
            last = one.number;
            EXPECT_TRUE(ids.insert(one.id).second) << one.id;
            text += one.source + ":" + one.data + " ";
            return true;
        });
    });
    return text;
}

int tells(fiber_context& ctx, int n)
{
    ctx.publish("orders", n);
    ctx.step("work", leave{ctx, "work"});
    const publish_options keyed{.key = "k"};
    ctx.publish("orders", n + 1, keyed);
    ctx.publish("orders", n + 2);
    ctx.sleep_for(1h);
    ctx.transact("sell", [&](transaction& tx) {
        tx.add(stock, "shoe", -1);
        tx.publish("stock", tx.get(stock, "shoe").value(), {.source = "/sell"});
    });
    return n;
}

TEST(FiberPublishScenario, EveryEventIsThereOnceAndInOrder)
{
    const auto left = all_ways({with_topics(adds("tell", tells)), [](engine_stage& s) {
                                    s.start(tells, "a", 10);
                                    EXPECT_EQ(s.result(tells, "a"), "10");
                                    EXPECT_EQ(events_of(s, "orders"), "/tell/a:10 /tell/a:11 /tell/a:12 ");
                                    EXPECT_EQ(events_of(s, "stock"), "/sell:-1 ");
                                }});
    EXPECT_EQ(left.at("tell/a").brief(), "started, published, step_done work, published, published, timer_set, timer_fired, "
                                         "step_done transaction sell, completed");
}

void tells_and_fails(fiber_context& ctx, int)
{
    try
    {
        ctx.transact("half", [](transaction& tx) {
            tx.publish("stock", 1);
            throw permanent_error("no", "after all");
        });
    }
    catch (const step_failed&)
    {
    }
    ctx.publish("orders", std::string("failed"));
}

TEST(FiberPublishScenario, AnEventOfATransactionThatThrewIsNone)
{
    all_ways({with_topics(adds("fail", tells_and_fails)), [](engine_stage& s) {
                  s.start(tells_and_fails, "a", 0);
                  s.result(tells_and_fails, "a");
                  EXPECT_EQ(events_of(s, "stock"), "");
                  EXPECT_EQ(events_of(s, "orders"), "/fail/a:\"failed\" ");
              }});
}

/// Its topic is added by the second engine.
TEST(FiberPublishScenario, ARunThatWasParkedForItsTopicGoesOnWhenThatIsAdded)
{
    engine_world world(std::make_unique<memory_disk>());
    world.effects.attempts_may_begin_anew();
    {
        engine_stage s(world, [](detail::engine_core& core) { adds("fail", tells_and_fails)(core); });
        s.start(tells_and_fails, "a", 0);
        EXPECT_EQ(s.result(tells_and_fails, "a").substr(0, 20), "failed missing_code:");
    }
    engine_stage s(world, with_topics(adds("fail", tells_and_fails)));
    EXPECT_EQ(s.resume(tells_and_fails, "a"), "ok");
    EXPECT_EQ(s.result(tells_and_fails, "a"), "null");
    EXPECT_EQ(events_of(s, "orders"), "/fail/a:\"failed\" ");
}

void tells_nobody(fiber_context& ctx, int)
{
    ctx.step("charge", leave{ctx, "charge"});
    ctx.publish("forgotten", 1);
}

/// What was done before it is recorded: adding the topic and resuming must not charge again.
TEST(FiberPublishScenario, ATopicThatWasNotAddedParksTheRunAndKeepsWhatWasDone)
{
    const auto left = all_ways({with_topics(adds("nobody", tells_nobody)), [](engine_stage& s) {
                                    s.start(tells_nobody, "a", 0);
                                    EXPECT_EQ(s.result(tells_nobody, "a"), "failed missing_code: the run is parked: topic 'forgotten' was not "
                                                                           "added: call engine::add_topic before open");
                                }});
    EXPECT_EQ(left.at("nobody/a").brief(), "started, step_done charge");
}

void answers_and_tells_nobody(replying_fiber_context<int>& ctx, int n)
{
    ctx.reply(n);
    ctx.publish("forgotten", n);
}

/// The turn that parks is kept up to the event: who waits for the reply gets it.
TEST(FiberPublishScenario, AReplyBeforeATopicThatWasNotAddedIsGiven)
{
    const auto left = all_ways({with_topics(adds("nobody", answers_and_tells_nobody)), [](engine_stage& s) {
                                    s.start(answers_and_tells_nobody, "a", 7);
                                    EXPECT_EQ(s.reply(answers_and_tells_nobody, "a"), "7");
                                }});
    EXPECT_EQ(left.at("nobody/a").brief(), "started, replied");
}
}
}
