#pragma once

// The payment of the answer question: two calls that matter to the customer, the answer, and four calls that do not.

#include "support/checkout.hpp"
#include "support/slow_service.hpp"

#include <array>
#include <atomic>
#include <chrono>

namespace everstep::bench
{
inline constexpr std::chrono::milliseconds call_time{50};
inline constexpr int calls_before_answer = 2;
inline constexpr int calls_of_payment = 6;

template <step_place Place>
receipt call_at(slow_service& to)
{
    if constexpr (Place == step_place::fiber)
        return to.yielding();
    else
        return to.blocking();
}

template <step_place Place>
workflow<receipt, receipt> payment(context& ctx, order)
{
    auto& outside = ctx.use<slow_service>();
    co_await step_at<Place>(ctx, "authorise", [&] { return call_at<Place>(outside); });
    const receipt paid = co_await step_at<Place>(ctx, "charge", [&] { return call_at<Place>(outside); });
    co_await ctx.reply(paid);
    co_await step_at<Place>(ctx, "reserve", [&] { return call_at<Place>(outside); });
    co_await step_at<Place>(ctx, "pick", [&] { return call_at<Place>(outside); });
    co_await step_at<Place>(ctx, "ship", [&] { return call_at<Place>(outside); });
    co_return co_await step_at<Place>(ctx, "notify", [&] { return call_at<Place>(outside); });
}

/// The same with bodies that return awaitables.
workflow<receipt, receipt> awaited_payment(context& ctx, order o);

using payment_workflow = workflow<receipt, receipt> (*)(context&, order);

struct payment_place
{
    const char* name;
    payment_workflow run;
    bool blocks_threads;
};
inline constexpr std::array payment_places{payment_place{"pool", &payment<step_place::pool>, true},
                                           payment_place{"fiber", &payment<step_place::fiber>, false},
                                           payment_place{"awaitable", &awaited_payment, false}};

/// Whether fulfilments go on; a step asks, so that replay would hear the same.
struct backlog_switch
{
    std::atomic<bool> on{true};
};

/// Background work that nobody waits for: quick steps one after the other, until the switch is off.
workflow<receipt> fulfilment(context& ctx, order o);
}
