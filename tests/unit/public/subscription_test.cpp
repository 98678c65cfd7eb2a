// Subscriptions as users write them: every form of handler, over an engine in memory.

#include <everstep/engine.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

namespace everstep
{
namespace
{
using namespace std::chrono_literals;

const table<std::string, int> sold{"sold"};

/// Until what other threads do has come about.
template <class Is>
void eventually(Is&& is)
{
    while (!is())
        std::this_thread::yield();
}

class Subscribe : public ::testing::Test
{
protected:
    void open() { shop_.open(); }
    template <class Value>
    void publish(const Value& data, const std::string& id)
    {
        shop_.publish("orders", data, {.id = id});
    }
    int sold_of(const std::string& id)
    {
        return shop_.read([&](const table_reader& in) { return in.get(sold, id).value_or(0); });
    }

    Subscribe() { shop_.add_topic("orders"); }

    // What handlers use outlives the engine that runs them.
    std::promise<int> had_number_;
    std::promise<std::string> had_text_;
    std::atomic<bool> blocked_{true};
    engine shop_{{.journal = ":memory:", .log = [](const log_line&) {}}};
};

TEST_F(Subscribe, AHandlerOfTheEventAloneHasItsData)
{
    shop_.subscribe("orders", "mail", [&](const event& e) { had_number_.set_value(e.as<int>()); });
    open();
    publish(7, "a");
    EXPECT_EQ(had_number_.get_future().get(), 7);
}

TEST_F(Subscribe, AHandlerOfTheDeliveryKnowsItsSubscriptionAndAttempt)
{
    shop_.subscribe("orders", "mail", [&](const event&, delivery& d) {
        had_text_.set_value(std::string(d.subscription()) + " " + std::to_string(d.attempt()) + " " + std::to_string(d.token().size()) +
                      (d.redelivered() ? " again" : " new"));
    });
    open();
    publish(7, "a");
    EXPECT_EQ(had_text_.get_future().get(), "mail 1 32 new");
}

TEST_F(Subscribe, ATransactionWritesWhatItsEventSays)
{
    shop_.subscribe("orders", "ledger", [](transaction& tx, const event& e) { tx.put(sold, e.id, e.as<int>()); });
    open();
    publish(3, "a");
    eventually([&] { return sold_of("a") == 3; });
}

TEST_F(Subscribe, ATransactionKnowsItsDelivery)
{
    shop_.subscribe("orders", "ledger", [](transaction& tx, const event& e, delivery& d) { tx.put(sold, e.id, static_cast<int>(d.attempt())); });
    open();
    publish(3, "a");
    eventually([&] { return sold_of("a") == 1; });
}

workflow<int> doubles(context&, int n) { co_return 2 * n; }
workflow<std::string> names(context&, event e) { co_return e.id + " of " + e.topic; }

TEST_F(Subscribe, AWorkflowTakesTheEventsDataAsItsInput)
{
    shop_.add("doubles", doubles).subscribe("orders", "double", doubles);
    open();
    publish(21, "a");
    eventually([&] { return shop_.metrics().runs_completed == 1; });
    EXPECT_EQ(shop_.run(doubles, "double/a").result(), 42);
}

TEST_F(Subscribe, AWorkflowThatTakesAnEventHasAllOfIt)
{
    shop_.add("names", names).subscribe("orders", "name", names);
    open();
    publish(21, "a");
    eventually([&] { return shop_.metrics().runs_completed == 1; });
    EXPECT_EQ(shop_.run(names, "name/a").result(), "a of orders");
}

TEST_F(Subscribe, ATransactionStartsARunInItsCommit)
{
    shop_.add("doubles", doubles);
    open();
    shop_.transact([](transaction& tx) {
        tx.put(sold, "a", 1);
        tx.start(doubles, "d-1", 4);
    });
    eventually([&] { return shop_.metrics().runs_completed == 1; });
    EXPECT_EQ(shop_.run(doubles, "d-1").result(), 8);
}

TEST_F(Subscribe, ATransactionThatThrewStartsNothing)
{
    shop_.add("doubles", doubles);
    open();
    const auto fails = [](transaction& tx) {
        tx.start(doubles, "d-1", 4);
        throw std::runtime_error("after all");
    };
    EXPECT_THROW(shop_.transact(fails), std::runtime_error);
    shop_.transact([](transaction& tx) { tx.start(doubles, "d-2", 4); });
    eventually([&] { return shop_.metrics().runs_completed == 1; });
    EXPECT_THROW(shop_.run(doubles, "d-1").status(), engine_error);
}

TEST_F(Subscribe, AStartWithAnotherInputIsADeadLetterOfTheEngine)
{
    shop_.add("doubles", doubles);
    open();
    shop_.start(doubles, "d-1", 4).result();
    shop_.transact([](transaction& tx) { tx.start(doubles, "d-1", 5); });
    eventually([&] { return shop_.metrics().dead_letters == 1; });
    eventually([&] { return shop_.subscription("everstep.intents").status().dead == 1; });
    std::string code;
    shop_.subscription("everstep.intents").dead_letters([&](const dead_letter& one) { return code = one.code, true; });
    EXPECT_EQ(code, "conflict");
}

TEST_F(Subscribe, AWorkflowThatWasNotAddedCannotBeStartedByATransaction)
{
    open();
    const auto starts = [](transaction& tx) { tx.start(doubles, "d-1", 4); };
    EXPECT_THROW(shop_.transact(starts), engine_error);
}

TEST_F(Subscribe, ATopicOfTheEnginesOwnIsRefused)
{
    EXPECT_THROW(shop_.add_topic("everstep.mine"), engine_error);
}

TEST_F(Subscribe, AnEphemeralOneHasAHandlerAndBeginsWithEventsToCome)
{
    const auto writes = [](transaction&, const event&) {};
    const auto listens = [](const event&) {};
    EXPECT_THROW(shop_.subscribe("orders", "a", writes, {.ephemeral = true}), engine_error);
    EXPECT_THROW(shop_.subscribe("orders", "b", listens, {.from_oldest = true, .ephemeral = true}), engine_error);
    shop_.subscribe("orders", "c", listens, {.ephemeral = true});
}

/// Its handler does not return before they are gone.
TEST_F(Subscribe, AnEphemeralOneHoldsNoEventsBack)
{
    shop_.add_topic("short", {.keep = 0ms});
    shop_.subscribe("short", "watch", [&](const event&) { blocked_.wait(true); }, {.ephemeral = true});
    open();
    shop_.publish("short", 1);
    eventually([&] { return shop_.metrics().events_deleted == 1; });
    blocked_ = false;
    blocked_.notify_all();
}

TEST_F(Subscribe, EventsAreDeletedWhenTheirTopicKeepsThemNoLonger)
{
    std::atomic<int> had{0};
    shop_.add_topic("short", {.keep = 0ms});
    shop_.subscribe("short", "mail", [&](const event&) { ++had; });
    open();
    for (int n = 0; n < 10; ++n)
        shop_.publish("short", n);
    eventually([&] { return shop_.metrics().events_deleted == 10; });
    EXPECT_EQ(had, 10);
}
}
}
