// A workflow as an ordinary function: calls that return when they are done, functions that call functions, loops and handlers, and no co_await.
//
//     fiber_checkout [JOURNAL]         run it twice with the same directory: the second time everything is there already

#include <everstep/engine.hpp>
#include <everstep/fiber_workflow.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

using namespace everstep;
using namespace std::chrono_literals;

struct order
{
    std::vector<std::string> items;
    int cents{};
};
BOOST_DESCRIBE_STRUCT(order, (), (items, cents))

struct receipt
{
    std::string payment;
};
BOOST_DESCRIBE_STRUCT(receipt, (), (payment))

void say(const std::string& text) { std::cout << text + "\n" << std::flush; }

/// Waits wherever it is called from, as deep as the stack goes.
std::string pack(fiber_context& ctx, const std::string& item)
{
    if (item == "anvil")
        throw permanent_error("too_heavy", "nobody can lift the anvil");
    ctx.sleep_for(1ms);
    return ctx.step("pack " + item, [&] {
        say("pack " + item);
        return item + " in a box";
    });
}

/// As the other functions of a shop that was there before everstep: blocking calls, one after the other.
std::string checkout(replying_fiber_context<receipt>& ctx, const order& o)
{
    fiber_saga undo{ctx};
    const receipt paid = undo.step(
        "charge",
        [&] {
            say("charge " + std::to_string(o.cents));
            return receipt{"a payment of " + std::to_string(o.cents)};
        },
        [](attempt&, services&, const receipt& r) { say("refund " + r.payment); });
    ctx.reply(paid); // the customer has the answer; we go on

    std::vector<std::string> boxes;
    try
    {
        boxes = ctx.all(o.items, 2, [](fiber_context& c, const std::string& item) { return pack(c, item); }); // two at a time
    }
    catch (const permanent_error& e)
    {
        ctx.step("tell", [&] { say("tell the customer: " + e.text()); }); // a wait in a handler, which has its exception still
        throw;
    }
    const auto [label, slot] = ctx.all([](fiber_context& c) { return c.step("print", [] { return std::string("a label"); }); },
                                       [](fiber_context& c) { return c.step("book", [] { return std::string("a van at nine"); }); });
    return std::to_string(boxes.size()) + " boxes, " + label + ", " + slot;
}

int main(int count, char** arguments)
{
    engine shop{{.journal = count > 1 ? arguments[1] : ":memory:"}};
    shop.add("checkout", checkout);
    shop.open();

    auto good = shop.start(checkout, "o-1", {{"shoes", "laces", "polish"}, 9'900});
    say("o-1 has " + good.reply().payment);
    say("o-1: " + good.result());

    auto heavy = shop.start(checkout, "o-2", {{"anvil"}, 50'000});
    try
    {
        heavy.result();
    }
    catch (const run_failed& e)
    {
        say("o-2: " + e.text());
    }
}
