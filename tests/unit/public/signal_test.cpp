// Signals as users write them, over an engine in memory.

#include <everstep/async.hpp>
#include <everstep/engine.hpp>

#include <boost/asio/use_future.hpp>
#include <boost/describe.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

namespace everstep
{
namespace
{
struct picking
{
    std::string by;
    int parts{};
};
BOOST_DESCRIBE_STRUCT(picking, (), (by, parts))

workflow<std::string> waits(context& ctx, int)
{
    const picking got = co_await ctx.receive<picking>("picked");
    co_return got.by + " " + std::to_string(got.parts);
}
workflow<int> tells(context& ctx, std::string whom)
{
    const picking done{"ann", 3};
    co_await ctx.signal(waits, whom, "picked", done);
    co_return 1;
}
workflow<int> forgotten(context&, int n) { co_return n; }
workflow<int> tells_forgotten(context& ctx, int)
{
    co_await ctx.signal(forgotten, "a", "picked", 1);
    co_return 1;
}

/// Until what other threads do has come about.
template <class Is>
void eventually(Is&& is)
{
    while (!is())
        std::this_thread::yield();
}

class Signal : public ::testing::Test
{
protected:
    Signal()
    {
        shop_.add("waits", waits).add("tells", tells).add("tells_forgotten", tells_forgotten);
        shop_.open();
    }
    template <class Call>
    std::string refusal(Call&& call)
    {
        try
        {
            call();
        }
        catch (const engine_error& e)
        {
            return e.code();
        }
        return "none";
    }
    std::string dead()
    {
        eventually([&] { return shop_.subscription("everstep.intents").status().dead == 1; });
        std::string code;
        shop_.subscription("everstep.intents").dead_letters([&](const dead_letter& one) { return code = one.code, true; });
        return code;
    }

    engine shop_{{.journal = ":memory:", .log = [](const log_line&) {}}};
};

TEST_F(Signal, FromOutside)
{
    auto run = shop_.start(waits, "a", 0);
    run.signal("picked", picking{"bob", 2}, {.id = "m-1"});
    EXPECT_EQ(run.result(), "bob 2");
    run.signal("picked", picking{"bob", 2}, {.id = "m-1"}); // it was taken
    EXPECT_EQ(refusal([&] { run.signal("picked", picking{"bob", 3}, {.id = "m-2"}); }), "ended");
    EXPECT_EQ(refusal([&] { shop_.run(waits, "b").signal("picked", picking{}); }), "not_found");
}

TEST_F(Signal, WithACompletionToken)
{
    auto run = shop_.start(waits, "a", 0);
    run.async_signal("picked", picking{"bob", 2}, {}, boost::asio::use_future).get();
    EXPECT_EQ(run.result(), "bob 2");
}

TEST_F(Signal, FromAnotherRun)
{
    auto run = shop_.start(waits, "a", 0);
    shop_.start(tells, "b", "a").result();
    EXPECT_EQ(run.result(), "ann 3");
}

TEST_F(Signal, FromATransactionThatIsDurable)
{
    auto run = shop_.start(waits, "a", 0);
    const auto fails = [](transaction& tx) {
        tx.signal(waits, "a", "picked", picking{"eve", 9});
        throw std::runtime_error("after all");
    };
    EXPECT_THROW(shop_.transact(fails), std::runtime_error);
    shop_.transact([](transaction& tx) { tx.signal(waits, "a", "picked", picking{"bob", 2}); });
    EXPECT_EQ(run.result(), "bob 2");
}

TEST_F(Signal, WithAStart)
{
    auto run = shop_.signal_with_start(waits, "a", 0, "picked", picking{"bob", 2});
    EXPECT_EQ(run.result(), "bob 2");
}

TEST_F(Signal, ToARunThatIsNotThereIsADeadLetter)
{
    shop_.start(tells, "b", "nobody").result();
    EXPECT_EQ(dead(), "not_found");
}

TEST_F(Signal, ToAWorkflowThatWasNotAddedIsRefused)
{
    EXPECT_THROW(shop_.start(tells_forgotten, "a", 0).result(), run_failed);
    EXPECT_EQ(refusal([&] { shop_.transact([](transaction& tx) { tx.signal(forgotten, "a", "picked", 1); }); }), "wrong_use");
}

TEST_F(Signal, OverItsLimitsIsRefused)
{
    auto run = shop_.start(waits, "a", 0);
    EXPECT_EQ(refusal([&] { run.signal("", picking{}); }), "limit");
    EXPECT_EQ(refusal([&] { shop_.transact([](transaction& tx) { tx.signal(waits, "a", "", picking{}); }); }), "limit");
    EXPECT_EQ(refusal([&] { shop_.transact([](transaction& tx) { tx.signal(waits, "", "picked", picking{}); }); }), "limit");
}
}
}
