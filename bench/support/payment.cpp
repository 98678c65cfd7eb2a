#include "support/payment.hpp"

#include <everstep/async.hpp>

namespace everstep::bench
{
workflow<receipt, receipt> awaited_payment(context& ctx, order)
{
    auto& outside = ctx.use<slow_service>();
    co_await ctx.step("authorise", [&] { return outside.awaiting(); });
    const receipt paid = co_await ctx.step("charge", [&] { return outside.awaiting(); });
    co_await ctx.reply(paid);
    co_await ctx.step("reserve", [&] { return outside.awaiting(); });
    co_await ctx.step("pick", [&] { return outside.awaiting(); });
    co_await ctx.step("ship", [&] { return outside.awaiting(); });
    co_return co_await ctx.step("notify", [&] { return outside.awaiting(); });
}

workflow<receipt> fulfilment(context& ctx, order)
{
    auto& more = ctx.use<backlog_switch>();
    while (co_await ctx.step("next", [&] { return more.on.load(std::memory_order_relaxed); }))
        co_await ctx.step("serve", [] { return make_receipt(); });
    co_return make_receipt();
}
}
