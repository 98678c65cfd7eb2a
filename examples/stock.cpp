// Tables and transactions: the shop's own data, changed in one commit with the entry of the workflow that changes it.
//
//     stock [JOURNAL]          run it twice with the same directory: the second time everything is there already

#include <everstep/engine.hpp>
#include <everstep/saga.hpp>

#include <iostream>
#include <string>

using namespace everstep;

struct sale
{
    std::string sku;
    int quantity{};
};
BOOST_DESCRIBE_STRUCT(sale, (), (sku, quantity))

const table<std::string, int> stock{"stock"};
const table<std::pair<std::string, std::string>, int> sales{"sales"}; // (sku, order)

workflow<sale> sell(context& ctx, sale wanted)
{
    const std::string order(ctx.run_id());
    saga undo{ctx};
    sale taken = co_await undo.transact(
        "take",
        [&](transaction& tx) {
            const int there = tx.get(stock, wanted.sku).value_or(0);
            if (there < wanted.quantity)
                throw permanent_error("no_stock", "only " + std::to_string(there) + " of " + wanted.sku + " left");
            tx.put(stock, wanted.sku, there - wanted.quantity);
            tx.put(sales, {wanted.sku, order}, wanted.quantity);
            return wanted;
        },
        [](transaction& tx, const sale& taken) { tx.add(stock, taken.sku, taken.quantity); });
    co_await ctx.step("pack", [&] { std::cout << "pack " << taken.quantity << " of " << taken.sku << std::endl; });
    co_return taken;
}

int main(int count, char** arguments)
{
    engine shop{{.journal = count > 1 ? arguments[1] : ":memory:"}};
    shop.add("sell", sell);
    shop.open();

    // From outside; nothing where it was done before.
    shop.transact([](transaction& tx) { tx.compare_and_set(stock, "shoe", std::nullopt, 5); });

    for (const char* order : {"order-1", "order-2", "order-3"})
        try
        {
            const sale done = shop.start(sell, order, {"shoe", 2}).result();
            std::cout << order << ": sold " << done.quantity << std::endl;
        }
        catch (const run_failed& e)
        {
            std::cout << order << ": " << e.text() << std::endl;
        }

    shop.read([](const table_reader& in) {
        in.prefix(sales, "shoe", [](const auto& key, int quantity) { std::cout << key.second << " took " << quantity << std::endl; });
        std::cout << "in stock: " << in.get(stock, "shoe").value_or(0) << std::endl;
    });
}
