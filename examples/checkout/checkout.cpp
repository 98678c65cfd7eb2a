#include "checkout.hpp"

#include "services.hpp"

#include <everstep/saga.hpp>

using namespace std::chrono_literals;
using everstep::attempt, everstep::services, everstep::step_options;

namespace shop
{
namespace
{
// The customer has paid: the warehouse, the carrier and the notices are asked until they answer.
constexpr step_options patient{.retry = {.first = 50ms, .longest = 5s, .attempts = 0}};

/// What is left until `at`, counted from the purchase in this order's days. Missing or past: zero or less.
std::chrono::microseconds left(const order& o, std::optional<std::chrono::sys_seconds> at, std::chrono::microseconds since_start)
{
    constexpr std::int64_t real_day = 86'400; // seconds
    return at ? o.day * (*at - o.purchased_at).count() / real_day - since_start : 0us;
}
}

everstep::workflow<shipment, receipt> checkout(everstep::context& ctx, order o)
{
    auto& warehouse = ctx.use<shop::warehouse>();
    const auto started = ctx.now(); // the same in replay, and sleep_for counts from it: no jump of the wall clock moves a delivery
    everstep::saga undo{ctx};

    const receipt paid = co_await undo.step("charge",
        [&](attempt& a) { return a.use<bank>().charge(o, a.token()); },
        [](attempt& a, services& use, const receipt& r) { use.get<bank>().refund(r, a.token()); });

    co_await ctx.reply(paid); // the customer has the answer; we go on

    co_await undo.step("reserve", patient,
        [&](attempt& a) { return warehouse.reserve(o, a.token()); },
        [](attempt& a, services& use, const reservation& r) { use.get<shop::warehouse>().give_back(r, a.token()); });

    if (o.status == order_status::canceled)
        throw everstep::permanent_error{"canceled", "the customer canceled"}; // gives back, then refunds
    if (o.status == order_status::invoiced || o.status == order_status::processing)
        co_await ctx.wait_forever(); // nobody has packed it yet

    if (auto rest = left(o, o.handed_to_carrier_at, ctx.now() - started); rest > 0us)
        co_await ctx.sleep_for(rest);
    const shipment parcel = co_await ctx.step("collect", patient,
        [&](attempt& a) { return a.use<carrier>().collect(o, a.token()); });

    if (o.status == order_status::shipped)
        co_await ctx.wait_forever(); // on its way

    if (auto rest = left(o, o.delivered_at, ctx.now() - started); rest > 0us)
        co_await ctx.sleep_for(rest);
    co_await ctx.step("notify", patient,
        [&](attempt& a) { a.use<notices>().send(o, "parcel " + parcel.tracking + " has arrived", a.token()); });

    co_return parcel;
}
}
