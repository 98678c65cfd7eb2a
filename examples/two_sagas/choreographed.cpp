#include "choreographed.hpp"

#include "services.hpp"

using namespace std::chrono_literals;
using namespace everstep::filters;
using everstep::delivery, everstep::event, everstep::transaction;

namespace two_sagas
{
namespace
{
/// That it is refused is news, too; nobody is to try it again.
template <class Deed>
void do_and_tell(transaction& tx, const char* topic, const order& o, Deed deed, const char* done, const char* refused)
{
    try
    {
        deed(tx, o);
    }
    catch (const everstep::permanent_error& why)
    {
        return tell(tx, topic, refused, o, why.text());
    }
    tell(tx, topic, done, o);
}

void charge(transaction& tx, const event& e)
{
    do_and_tell(tx, "payments", e.as<order>(), bank::charge, "charged", "declined");
}

void reserve(transaction& tx, const event& e)
{
    do_and_tell(tx, "stock", e.as<order>(), warehouse::reserve, "reserved", "out of stock");
}

/// What runs out of attempts is a dead letter, of which no other service hears; so the last attempt says it.
void ship(transaction& tx, const event& e, delivery& d)
{
    const auto o = e.as<order>();
    try
    {
        carrier::ship(tx, o);
    }
    catch (const everstep::error& why)
    {
        if (d.attempt() < carrier::attempts_max)
            throw;
        return tell(tx, "parcels", "not shipped", o, why.text());
    }
    tell(tx, "parcels", "shipped", o);
}

void give_back(transaction& tx, const event& e)
{
    const auto o = e.as<order>();
    warehouse::give_back(tx, o.page());
    tell(tx, "stock", "given back", o, e.subject);
}

void refund(transaction& tx, const event& e)
{
    const auto o = e.as<order>();
    bank::refund(tx, o.page());
    tell(tx, "payments", "refunded", o, e.subject);
}
}

void tell(transaction& tx, const char* topic, const char* what, const order& o, std::string why)
{
    tx.publish(topic, o, {.key = o.id, .subject = std::move(why), .type = what});
}

void add_dancers(everstep::engine& shop)
{
    for (const char* topic : {"orders", "payments", "stock", "parcels"})
        shop.add_topic(topic);
    shop.subscribe("orders", "bank charges", charge);
    shop.subscribe("payments", "warehouse reserves", reserve, {.filter = equal("type", "charged")});
    shop.subscribe("stock", "carrier ships", ship,
                   {.filter = equal("type", "reserved"), .retry = {.delays = std::vector(carrier::attempts_max - 1, 1ms)}});
    // Backwards: goods before money, because the bank waits for the warehouse.
    shop.subscribe("parcels", "warehouse gives back", give_back, {.filter = equal("type", "not shipped")});
    shop.subscribe("stock", "bank refunds", refund, {.filter = any_of("type", {"out of stock", "given back"})});
}
}
