// The scenarios of subscription_test.cpp with workflows that are ordinary functions: the same histories, the same ends.

#include "engine_scenario.hpp"
#include "feature/deliverer.hpp"
#include "feature/subscription_rows.hpp"
#include "scenario_deed.hpp"

#include <everstep/detail/subscription_setup.hpp>
#include <everstep/event.hpp>
#include <everstep/fiber_workflow.hpp>
#include <everstep/transaction.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace everstep::test
{
namespace
{
using namespace std::chrono_literals;

const table<std::string, int> sold{"sold"};

/// What handlers have seen, over all lives of an engine.
class witness
{
public:
    void sees(const event& e, const delivery& d)
    {
        const std::scoped_lock lock(mutex_);
        if (!d.redelivered() && seen_.contains(e.id))
            broken_ += e.id + " came again without a flag; ";
        seen_.insert(e.id);
        const auto [at, is_new] = tokens_.try_emplace(e.id, d.token());
        if (!is_new && at->second != d.token())
            broken_ += e.id + " has two tokens; ";
    }
    void delivers(const event& e)
    {
        const std::scoped_lock lock(mutex_);
        if (!delivered_.insert(e.id).second)
            return; // again
        for (const std::string& other : delivered_)
            if (other[0] == e.id[0] && other > e.id)
                broken_ += e.id + " came behind " + other + "; ";
    }
    void check_and_forget(const std::string& delivered)
    {
        const std::scoped_lock lock(mutex_);
        std::string all;
        for (const std::string& one : delivered_)
            all += one + " ";
        EXPECT_EQ(all, delivered);
        EXPECT_EQ(broken_, "");
        seen_.clear();
        delivered_.clear();
        tokens_.clear();
        broken_.clear();
    }

private:
    std::mutex mutex_;
    std::set<std::string> seen_, delivered_;
    std::map<std::string, std::string> tokens_;
    std::string broken_;
};

/// Ids are a letter, which is the key, and a number that rises.
void tells_six(fiber_context& ctx, int)
{
    for (const char* id : {"a1", "b1", "a2"})
    {
        const publish_options named{.key = std::string(id, 1), .id = id};
        ctx.publish("orders", 1, named);
    }
    ctx.sleep_for(1h);
    for (const char* id : {"a3", "b2", "b3"})
    {
        const publish_options named{.key = std::string(id, 1), .id = id};
        ctx.publish("orders", 1, named);
    }
}

engine_stage::adder subscribes(const engine_stage::adder& add, std::vector<detail::subscription_setup> all)
{
    return [add, all = std::move(all)](detail::engine_core& core) {
        core.add_topic("orders");
        core.add_topic("dead");
        add(core);
        core.attach(std::make_unique<core::deliverer>(core));
        for (detail::subscription_setup one : all)
            detail::subscribe(core, std::move(one));
    };
}

bool is_settled(engine_stage& s, const std::string& name)
{
    bool settled = false;
    s.core().read_tables([&](detail::row_source& rows) {
        const table_reader in(rows);
        const auto state = in.get(core::subscription_table(), name);
        settled = state && state->open.empty();
        if (settled)
            in.events("orders", state->head, [&](const event&) { settled = false; });
        in.prefix(core::waiting_table(), name, [&](const core::numbered_key&, const core::waiting_event&) { settled = false; });
    });
    return settled;
}

template <class Handler>
detail::subscription_setup to(const std::string& name, Handler&& handler, subscription_options options = {})
{
    return {"orders", name, detail::erase_handler(std::forward<Handler>(handler)), std::move(options)};
}

std::string table_of(engine_stage& s, const table<std::string, int>& of)
{
    std::string all;
    s.core().read_tables([&](detail::row_source& rows) {
        table_reader(rows).all(of, [&](const std::string& key, int value) { all += key + "=" + std::to_string(value) + " "; });
    });
    return all;
}

std::string dead_of(engine_stage& s, const std::string& name)
{
    std::string all;
    s.core().read_tables([&](detail::row_source& rows) {
        table_reader(rows).prefix(core::dead_table(), name, [&](const core::numbered_key&, const dead_letter& one) {
            all += one.what.id + " " + std::to_string(one.attempts) + " " + one.code + "; ";
        });
    });
    return all;
}

subscription_options delays(std::vector<std::chrono::milliseconds> all)
{
    return {.retry = {.jitter = 0, .delays = std::move(all)}};
}

/// Plays until the subscription has nothing left, and then asks.
template <class Asks>
scenario story(std::vector<detail::subscription_setup> all, const std::string& name, Asks asks, const engine_stage::adder& add = {})
{
    return {subscribes(
                [add](detail::engine_core& core) {
                    adds("tell", tells_six)(core);
                    if (add)
                        add(core);
                },
                std::move(all)),
            [name, asks](engine_stage& s) {
                s.start(tells_six, "x", 0);
                s.result(tells_six, "x");
                s.until([&] { return is_settled(s, name); }, true);
                asks(s);
            }};
}

TEST(FiberSubscriptionScenario, AHandlerHasEveryEventAndThoseOfAKeyInOrder)
{
    witness w;
    const auto handle = [&w](const event& e, delivery& d) {
        w.sees(e, d);
        w.delivers(e);
    };
    all_ways(story({to("mail", handle)}, "mail", [&](engine_stage&) { w.check_and_forget("a1 a2 a3 b1 b2 b3 "); }));
}

/// Of its key, later events wait; of the other, none does.
TEST(FiberSubscriptionScenario, AnEventThatFailsIsTriedAgainAndItsKeyStaysInOrder)
{
    witness w;
    const auto handle = [&w](const event& e, delivery& d) {
        w.sees(e, d);
        if (e.id == "a1" && d.attempt() < 3)
            throw std::runtime_error("not yet");
        w.delivers(e);
    };
    all_ways(story({to("mail", handle, delays({0s, 2h, 2h}))}, "mail", [&](engine_stage& s) {
        w.check_and_forget("a1 a2 a3 b1 b2 b3 ");
        EXPECT_EQ(dead_of(s, "mail"), "");
    }));
}

TEST(FiberSubscriptionScenario, ATransactionTakesEachEventOnceAlsoWhereItFailedBefore)
{
    const auto handle = [](transaction& tx, const event& e, delivery& d) {
        tx.add(sold, e.id, 1);
        if (e.id == "b1" && d.attempt() < 3)
            throw std::runtime_error("not yet");
    };
    all_ways(story({to("ledger", handle, delays({0s, 1min, 1min}))}, "ledger",
                   [&](engine_stage& s) { EXPECT_EQ(table_of(s, sold), "a1=1 a2=1 a3=1 b1=1 b2=1 b3=1 "); }));
}

std::string ships(fiber_context& ctx, int n)
{
    ctx.step("collect", leave{ctx, "collect"});
    return std::to_string(n);
}

TEST(FiberSubscriptionScenario, AWorkflowHasOneRunForEachEvent)
{
    detail::subscription_setup ship{"orders", "ship", detail::event_workflow{engine_stage::key_of(ships), &detail::input_of_event<int>}, {}};
    const auto left = all_ways(story(
        {ship}, "ship",
        [](engine_stage& s) {
            for (const char* id : {"a1", "a2", "a3", "b1", "b2", "b3"})
                EXPECT_EQ(s.result(ships, std::string("ship/") + id), "\"1\"");
        },
        adds("ships", ships)));
    EXPECT_EQ(left.size(), 7u);
}

/// It is dead once, and told to the topic of dead letters once; those of its key go on.
TEST(FiberSubscriptionScenario, AnEventThatIsRefusedForGoodIsOneDeadLetter)
{
    witness w;
    const auto handle = [&w](const event& e, delivery& d) {
        w.sees(e, d);
        if (e.id == "b1")
            throw permanent_error("no_address", "nobody lives there");
        w.delivers(e);
    };
    all_ways(story({to("mail", handle, {.dead_letters_to = "dead"})}, "mail", [&](engine_stage& s) {
        w.check_and_forget("a1 a2 a3 b2 b3 ");
        EXPECT_EQ(dead_of(s, "mail"), "b1 1 no_address; ");
        std::string told;
        s.core().read_tables([&](detail::row_source& rows) {
            table_reader(rows).events("dead", 0, [&](const event& e) { told += e.subject + ":" + e.as<dead_letter>().what.id + " "; });
        });
        EXPECT_EQ(told, "mail:b1 ");
    }));
}

TEST(FiberSubscriptionScenario, AnEventThatRunsOutOfAttemptsIsDeadAfterAllOfThem)
{
    witness w;
    const auto handle = [&w](const event& e, delivery& d) {
        w.sees(e, d);
        if (e.id == "a2")
            throw std::runtime_error("never");
        w.delivers(e);
    };
    all_ways(story({to("mail", handle, delays({1min, 1min}))}, "mail", [&](engine_stage& s) {
        w.check_and_forget("a1 a3 b1 b2 b3 ");
        EXPECT_EQ(dead_of(s, "mail"), "a2 3 std::runtime_error; ");
    }));
}
}
}
