#include "services.hpp"

#include <everstep/error.hpp>

namespace shop
{
receipt bank::charge(const order& o, const std::string& token)
{
    if (!o.paid_at)
    {
        world.refuse(call_kind::charge, o.id, token);
        throw everstep::permanent_error{"declined", "the bank declined the payment"};
    }
    return {o.id, "payment-" + std::to_string(world.change(call_kind::charge, o.id, token))};
}

void bank::refund(const receipt& r, const std::string& token)
{
    world.change(call_kind::refund, r.order_id, token);
}

reservation warehouse::reserve(const order& o, const std::string& token)
{
    if (o.status == order_status::unavailable)
    {
        world.refuse(call_kind::reserve, o.id, token);
        throw everstep::permanent_error{"unavailable", "the warehouse has none left"};
    }
    return {o.id, "shelf-" + std::to_string(world.change(call_kind::reserve, o.id, token))};
}

void warehouse::give_back(const reservation& r, const std::string& token)
{
    world.change(call_kind::give_back, r.order_id, token);
}

shipment carrier::collect(const order& o, const std::string& token)
{
    return {o.id, "parcel-" + std::to_string(world.change(call_kind::collect, o.id, token))};
}

void notices::send(const order& o, const std::string&, const std::string& token)
{
    world.change(call_kind::notify, o.id, token);
}
}
