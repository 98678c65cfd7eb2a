// Runs that a subscription starts: one for each event.

#include "fake_host.hpp"
#include "subscribed_engine.hpp"

#include <everstep/context.hpp>
#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

workflow<std::string> ships(context&, int n)
{
    co_return "shipped " + std::to_string(n);
}

workflow<std::string> tells(context&, event e)
{
    co_return e.key + " " + std::to_string(e.number);
}

class DelivererWorkflow : public ::testing::Test
{
protected:
    ~DelivererWorkflow() override { engine_.close(); }

    static subscription_options once()
    {
        subscription_options options;
        options.retry = {.at_once = 0, .pre_backoff = 0, .backoff = 0, .post_backoff = 0, .delays = {}};
        return options;
    }
    void open()
    {
        engine_.add("ships", ships);
        engine_.subscribe_workflow("ship", ships, once()).open();
    }
    std::string result(const std::string& id) { return engine_.result(subscribed_engine::key_of(ships), id); }
    /// By a caller, before the event comes.
    void start(const std::string& id, int input)
    {
        detail::ask(engine_.core, {detail::request_kind::start, admission::wait, subscribed_engine::key_of(ships), id, encode(input)});
    }

    subscribed_engine engine_;
};

TEST_F(DelivererWorkflow, EachEventHasItsRun)
{
    open();
    engine_.publish({.id = "a"}, 1);
    engine_.publish({.id = "b"}, 2);
    engine_.until_through("ship");
    EXPECT_EQ(result("ship/a"), "\"shipped 1\"");
    EXPECT_EQ(result("ship/b"), "\"shipped 2\"");
    EXPECT_EQ(engine_.core->metrics().deliveries, 2u);
}

TEST_F(DelivererWorkflow, AWorkflowMayTakeTheEventItself)
{
    engine_.add("tells", tells);
    engine_.subscribe_workflow("tell", tells).open();
    engine_.publish({.key = "k", .id = "a"}, 1);
    engine_.until_through("tell");
    EXPECT_EQ(engine_.result(subscribed_engine::key_of(tells), "tell/a"), "\"k 1\"");
}

TEST_F(DelivererWorkflow, ALongIdIsAHashOfIt)
{
    open();
    const std::string long_id(255, 'x');
    engine_.publish({.id = long_id}, 1);
    engine_.until_through("ship");
    EXPECT_EQ(engine_.dead("ship"), "");
    EXPECT_EQ(engine_.core->metrics().runs_started, 1u);
    EXPECT_EQ(result("ship/" + long_id.substr(5)), "not_found");
}

TEST_F(DelivererWorkflow, DataThatAreNoInputAreADeadLetterAtOnce)
{
    engine_.add("ships", ships);
    engine_.subscribe_workflow("ship", ships).open(); // of many attempts
    engine_.publish<std::string>({.id = "a"}, "no number");
    engine_.publish({.id = "b"}, 2);
    engine_.until_through("ship");
    EXPECT_EQ(engine_.dead("ship"), "a 1 bad_value; ");
    EXPECT_EQ(result("ship/b"), "\"shipped 2\"");
}

TEST_F(DelivererWorkflow, ARunThatIsThereWithTheSameInputIsItsRun)
{
    open();
    start("ship/a", 1);
    engine_.publish({.id = "a"}, 1);
    engine_.until_through("ship");
    EXPECT_EQ(engine_.dead("ship"), "");
    EXPECT_EQ(engine_.core->metrics().runs_started, 1u);
}

TEST_F(DelivererWorkflow, ARunThatIsThereWithAnotherInputIsADeadLetter)
{
    open();
    start("ship/a", 1);
    engine_.publish({.id = "a"}, 2);
    engine_.until_through("ship");
    EXPECT_EQ(engine_.dead("ship"), "a 1 conflict; ");
    EXPECT_EQ(result("ship/a"), "\"shipped 1\"");
}

TEST_F(DelivererWorkflow, AnEventThatComesAgainIsHarmless)
{
    open();
    engine_.publish({.id = "a"}, 1);
    engine_.until_through("ship");
    engine_.of("ship").seek(1);
    engine_.publish({.id = "b"}, 2);
    engine_.until([&] { return result("ship/b") == "\"shipped 2\"" && engine_.of("ship").status().backlog == 0; });
    EXPECT_EQ(engine_.dead("ship"), "");
    EXPECT_EQ(engine_.core->metrics().runs_started, 2u);
}

TEST_F(DelivererWorkflow, ManyEventsHaveARunEach)
{
    open();
    engine_.transact([](transaction& tx) {
        for (int n = 0; n < 200; ++n)
            tx.publish("orders", n, {.key = std::to_string(n % 3), .id = std::to_string(n)});
    });
    engine_.until_through("ship");
    EXPECT_EQ(engine_.core->metrics().runs_started, 200u);
    EXPECT_EQ(engine_.dead("ship"), "");
}
}
}
