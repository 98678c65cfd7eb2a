#include "support/checkout.hpp"

#include <everstep/async.hpp>

#include <boost/asio/awaitable.hpp>

namespace everstep::bench
{
namespace
{
constexpr std::array<std::string_view, 5> checkout_steps{"charge", "reserve", "pick", "ship", "notify"};

const table<std::uint32_t, receipt> goods{"goods"};

receipt trade(transaction& tx, std::uint64_t chance, const receipt& made)
{
    const auto key = static_cast<std::uint32_t>(chance % hot_keys);
    receipt row = tx.get(goods, key).value();
    ++row.cents;
    tx.put(goods, key, row);
    return made;
}

constexpr auto long_checkout_steps = []
{
    std::array<std::string_view, long_steps> names;
    names.fill("serve");
    return names;
}();

run_shape shape_of(std::span<const std::string_view> steps, bool ends)
{
    return {.workflow = workflow_name,
            .file = "checkout.hpp",
            .step_type = type_name<receipt>(),
            .run_type = type_name<receipt>(),
            .steps = steps,
            .input = encode(make_order(0)),
            .result = encode(make_receipt()),
            .ends = ends};
}
}

workflow<receipt> awaited_checkout(context& ctx, order o)
{
    auto& shop = ctx.use<desk>();
    const std::uint32_t slot = o.slot;
    co_await ctx.step("charge", [&]() -> boost::asio::awaitable<receipt> { co_return shop.serve(slot, 0); });
    co_await ctx.step("reserve", [&]() -> boost::asio::awaitable<receipt> { co_return shop.serve(slot, 1); });
    co_await ctx.step("pick", [&]() -> boost::asio::awaitable<receipt> { co_return shop.serve(slot, 2); });
    co_await ctx.step("ship", [&]() -> boost::asio::awaitable<receipt> { co_return shop.serve(slot, 3); });
    co_return co_await ctx.step("notify", [&]() -> boost::asio::awaitable<receipt> { co_return shop.serve(slot, 4); });
}

workflow<receipt> trading(context& ctx, order o)
{
    auto& shop = ctx.use<desk>();
    const std::uint32_t slot = o.slot;
    std::uint64_t chance = ctx.random();
    co_await ctx.transact("charge", [&](transaction& tx) { return trade(tx, chance, shop.serve(slot, 0)); });
    chance = ctx.random();
    co_await ctx.transact("reserve", [&](transaction& tx) { return trade(tx, chance, shop.serve(slot, 1)); });
    chance = ctx.random();
    co_await ctx.transact("pick", [&](transaction& tx) { return trade(tx, chance, shop.serve(slot, 2)); });
    chance = ctx.random();
    co_await ctx.transact("ship", [&](transaction& tx) { return trade(tx, chance, shop.serve(slot, 3)); });
    chance = ctx.random();
    co_return co_await ctx.transact("notify", [&](transaction& tx) { return trade(tx, chance, shop.serve(slot, 4)); });
}

void fill_hot_keys(engine& shop)
{
    constexpr std::uint32_t at_once = 1'000;
    const receipt row = make_receipt();
    for (std::uint32_t key = 0; key < hot_keys; key += at_once)
        shop.transact([&](transaction& tx) {
            for (std::uint32_t n = key; n < key + at_once; ++n)
                tx.put(goods, n, row);
        });
}

workflow<receipt> reception(context&, order) { co_return make_receipt(); }

workflow<receipt> long_checkout(context& ctx, order o)
{
    auto& shop = ctx.use<desk>();
    const std::uint32_t slot = o.slot;
    for (std::uint32_t i = 0; i < long_steps; ++i)
        co_await ctx.step("serve", [&] { return shop.serve(slot, i); });
    co_await ctx.wait_forever();
    co_return receipt();
}

run_shape checkout_shape() { return shape_of(checkout_steps, true); }
run_shape reception_shape() { return shape_of({}, true); }
run_shape long_checkout_shape() { return shape_of(long_checkout_steps, false); }
}
