// Promises as users write them, over an engine in memory.

#include <everstep/async.hpp>
#include <everstep/engine.hpp>

#include <boost/asio/use_future.hpp>
#include <boost/describe.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>

namespace everstep
{
namespace
{
using namespace std::chrono_literals;

struct decision
{
    bool yes{};
    std::string by;
};
BOOST_DESCRIBE_STRUCT(decision, (), (yes, by))

/// Where the one who is asked reads the token.
struct letters
{
    std::promise<std::string> came;
};

workflow<std::string> asks(context& ctx, int)
{
    const auto approval = ctx.promise<decision>("approval");
    co_await ctx.step("ask", [&] { ctx.use<letters>().came.set_value(approval.token()); });
    try
    {
        const decision said = co_await approval.get();
        co_return said.by + (said.yes ? " says yes" : " says no");
    }
    catch (const promise_failed& e)
    {
        co_return e.code() + ": " + e.text();
    }
}

workflow<std::string> asks_in_time(context& ctx, int)
{
    const auto approval = ctx.promise<int>("approval");
    try
    {
        co_await with_timeout(0ms, approval.get());
        co_return "answered";
    }
    catch (const timed_out&)
    {
        co_return "nobody";
    }
}

workflow<std::string> asks_without_a_name(context& ctx, int)
{
    co_return ctx.promise<int>("").token();
}

class Promise : public ::testing::Test
{
protected:
    Promise()
    {
        shop_.provide(letters_);
        shop_.add("asks", asks).add("asks_in_time", asks_in_time).add("nameless", asks_without_a_name);
        shop_.open();
    }
    std::string ask(const std::string& id)
    {
        shop_.start(asks, id, 0);
        std::string token = letters_.came.get_future().get();
        letters_.came = {};
        return token;
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

    letters letters_;
    engine shop_{{.journal = ":memory:", .log = [](const log_line&) {}}};
};

TEST_F(Promise, IsCompletedByWhoHasItsToken)
{
    EXPECT_TRUE(shop_.complete(ask("a"), decision{true, "ann"}));
    EXPECT_EQ(shop_.run(asks, "a").result(), "ann says yes");
}

TEST_F(Promise, IsAnsweredOnceAndWhoComesSecondIsTold)
{
    const std::string token = ask("a");
    EXPECT_TRUE(shop_.complete(token, decision{false, "ann"}));
    EXPECT_FALSE(shop_.complete(token, decision{true, "bob"}));
    EXPECT_EQ(shop_.run(asks, "a").result(), "ann says no");
    EXPECT_FALSE(shop_.fail(token, "late", "too late")); // the run has ended
}

TEST_F(Promise, ThatFailsThrows)
{
    EXPECT_TRUE(shop_.fail(ask("a"), "no_budget", "it is spent"));
    EXPECT_EQ(shop_.run(asks, "a").result(), "no_budget: it is spent");
}

TEST_F(Promise, IsCompletedAndFailsWithACompletionToken)
{
    const std::string token = ask("a");
    EXPECT_TRUE(shop_.async_fail(token, "", "no", boost::asio::use_future).get());
    EXPECT_FALSE(shop_.async_complete(token, decision{true, "ann"}, boost::asio::use_future).get());
    EXPECT_EQ(shop_.run(asks, "a").result(), "failed: no");
}

TEST_F(Promise, MayBeWaitedForWithATimeout) { EXPECT_EQ(shop_.start(asks_in_time, "a", 0).result(), "nobody"); }

TEST_F(Promise, OfAnotherRunIsNotAnswered)
{
    const std::string one = ask("a"), other = ask("b");
    EXPECT_NE(one, other);
    shop_.complete(other, decision{true, "bob"});
    EXPECT_EQ(shop_.run(asks, "b").result(), "bob says yes");
    EXPECT_EQ(shop_.run(asks, "a").status().state, run_state::running);
}

TEST_F(Promise, TokensThatAreNoneAreRefused)
{
    std::string token = ask("a");
    EXPECT_EQ(refusal([&] { shop_.complete("nonsense", 1); }), "wrong_use");
    token[token.size() - 3] = token[token.size() - 3] == 'A' ? 'B' : 'A'; // of its secret
    EXPECT_EQ(refusal([&] { shop_.complete(token, 1); }), "not_found");
}

TEST_F(Promise, HasAName) { EXPECT_THROW(shop_.start(asks_without_a_name, "a", 0).result(), run_failed); }

TEST_F(Promise, ItsSignalsCannotBeSentByOthers)
{
    ask("a");
    EXPECT_EQ(refusal([&] { shop_.run(asks, "a").signal("everstep.promise.x", 1); }), "limit");
}
}
}
