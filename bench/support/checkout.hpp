#pragma once

// The workload's workflows, and what they look like in the journal.

#include "floor/run_writer.hpp"
#include "support/desk.hpp"
#include "support/order.hpp"

#include <everstep/context.hpp>
#include <everstep/engine.hpp>

#include <array>
#include <string_view>

namespace everstep::bench
{
/// One step in its place. The default place is the one of a step without options.
template <step_place Place, class Body>
auto step_at(context& ctx, op_name name, Body body)
{
    if constexpr (Place == step_options{}.place)
        return ctx.step(std::move(name), body);
    else
    {
        static constexpr step_options there{.place = Place};
        return ctx.step(std::move(name), there, body);
    }
}

/// Five steps, one after the other.
template <step_place Place>
workflow<receipt> checkout(context& ctx, order o)
{
    auto& shop = ctx.use<desk>();
    const std::uint32_t slot = o.slot;
    co_await step_at<Place>(ctx, "charge", [&] { return shop.serve(slot, 0); });
    co_await step_at<Place>(ctx, "reserve", [&] { return shop.serve(slot, 1); });
    co_await step_at<Place>(ctx, "pick", [&] { return shop.serve(slot, 2); });
    co_await step_at<Place>(ctx, "ship", [&] { return shop.serve(slot, 3); });
    co_return co_await step_at<Place>(ctx, "notify", [&] { return shop.serve(slot, 4); });
}

/// The same five, with bodies that return awaitables.
workflow<receipt> awaited_checkout(context& ctx, order o);

/// Five transactions in their place: each gets and puts one of so many rows.
workflow<receipt> trading(context& ctx, order o);
inline constexpr std::uint32_t hot_keys = 100'000;
void fill_hot_keys(engine& shop);

/// No steps at all: what is measured is the start.
workflow<receipt> reception(context& ctx, order o);

inline constexpr std::uint32_t long_steps = 20;

/// Twenty steps and then a wait without end: what is measured is its replay.
workflow<receipt> long_checkout(context& ctx, order o);

using workload = workflow<receipt> (*)(context&, order);

struct checkout_place
{
    const char* name;
    workload run;
};
inline constexpr std::array checkout_places{
    checkout_place{"pool", &checkout<step_place::pool>}, checkout_place{"shard", &checkout<step_place::shard>},
    checkout_place{"fiber", &checkout<step_place::fiber>}, checkout_place{"awaitable", &awaited_checkout}};

/// Name that the workload's workflows have in the journal.
inline constexpr const char* workflow_name = "checkout";

run_shape checkout_shape();
run_shape reception_shape();
run_shape long_checkout_shape();
}
