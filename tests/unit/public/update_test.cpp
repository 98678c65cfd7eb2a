// Updates and state as users write them, over an engine in memory.

#include <everstep/engine.hpp>
#include <everstep/update.hpp>

#include <boost/describe.hpp>
#include <gtest/gtest.h>

#include <string>

namespace everstep
{
namespace
{
struct item
{
    std::string sku;
    int quantity{};
};
BOOST_DESCRIBE_STRUCT(item, (), (sku, quantity))

workflow<int> cart(context& ctx, int)
{
    int total = 0;
    while (total < 10)
    {
        const auto asked = co_await ctx.receive_update<item, int>("add");
        if (asked->quantity <= 0)
        {
            co_await asked.refuse("bad_quantity", "a quantity is above 0");
            continue;
        }
        total += asked->quantity;
        ctx.set_state("total", total);
        co_await asked.answer(total);
    }
    co_return total;
}

workflow<int> answers_twice(context& ctx, int)
{
    const auto asked = co_await ctx.receive_update<int, int>("n");
    co_await asked.answer(1);
    co_await asked.refuse("no", "after all");
    co_await ctx.receive<int>("end");
    co_return 1;
}

class Update : public ::testing::Test
{
protected:
    Update()
    {
        shop_.add("cart", cart).add("twice", answers_twice);
        shop_.open();
    }
    engine shop_{{.journal = ":memory:", .log = [](const log_line&) {}}};
};

TEST_F(Update, TheRunAnswers)
{
    const auto run = shop_.start(cart, "c", 0);
    EXPECT_EQ(run.update<int>("add", item{"tea", 3}), 3);
    EXPECT_EQ(run.update<int>("add", item{"tea", 3}), 6); // another one
    EXPECT_EQ(run.state<int>("total"), 6);
    EXPECT_EQ(run.update<int>("add", item{"tea", 4}), 10);
    EXPECT_EQ(run.result(), 10);
    EXPECT_EQ(run.state<int>("total"), 10);
}

TEST_F(Update, ARefusalIsThrownAsItWasSaid)
{
    const auto run = shop_.start(cart, "c", 0);
    try
    {
        run.update<int>("add", item{"tea", 0});
        FAIL() << "0 was taken";
    }
    catch (const update_refused& e)
    {
        EXPECT_EQ(e.code() + ": " + e.text(), "bad_quantity: a quantity is above 0");
    }
}

TEST_F(Update, TheFirstAnswerStays)
{
    const auto run = shop_.start(answers_twice, "t", 0);
    EXPECT_EQ(run.update<int>("n", 7, {.id = "u-1"}), 1);
    run.signal("end", 1);
    EXPECT_EQ(run.result(), 1);
    EXPECT_EQ(run.update<int>("n", 7, {.id = "u-1"}), 1);
}

TEST_F(Update, OneIdIsOneRequest)
{
    const auto run = shop_.start(cart, "c", 0);
    EXPECT_EQ(run.update<int>("add", item{"tea", 3}, {.id = "u-1"}), 3);
    EXPECT_EQ(run.update<int>("add", item{"tea", 3}, {.id = "u-1"}), 3);
    EXPECT_EQ(run.update<int>("add", item{"tea", 3}, {.id = "u-2"}), 6);
}

TEST_F(Update, ARunThatIsNotThereHasNeitherAnswersNorState)
{
    const auto run = shop_.run(cart, "c");
    EXPECT_THROW(run.update<int>("add", item{"tea", 3}), engine_error);
    EXPECT_THROW(run.state<int>("total"), engine_error);
    shop_.start(cart, "c", 0);
    EXPECT_EQ(run.state<int>("total"), std::nullopt);
}
}
}
