#include "services.hpp"

#include "fate.hpp"

using everstep::transaction;

namespace two_sagas
{
namespace
{
void note(transaction& tx, const page& of, const char* what)
{
    auto done = tx.get(deeds, of).value_or(std::vector<std::string>());
    done.push_back(what);
    tx.put(deeds, of, done);
}
}

page bank::charge(transaction& tx, const order& o)
{
    const deed here(tx);
    const page account{o.books, o.customer};
    const int there = tx.get(accounts, account).value_or(0);
    if (there < o.cents)
        throw everstep::permanent_error("declined", o.customer + " has " + std::to_string(there) + " of " + std::to_string(o.cents));
    tx.put(accounts, account, there - o.cents);
    tx.put(payments, o.page(), {o.customer, o.cents});
    note(tx, o.page(), "charge");
    return o.page();
}

void bank::refund(transaction& tx, const page& of)
{
    const deed here(tx);
    payment paid = tx.get(payments, of).value();
    tx.add(accounts, {of.first, paid.customer}, paid.cents);
    paid.refunded = true;
    tx.put(payments, of, paid);
    note(tx, of, "refund");
}

page warehouse::reserve(transaction& tx, const order& o)
{
    const deed here(tx);
    const page goods{o.books, o.sku};
    const int there = tx.get(stock, goods).value_or(0);
    if (there < o.quantity)
        throw everstep::permanent_error("out_of_stock", "only " + std::to_string(there) + " " + o.sku + " left");
    tx.put(stock, goods, there - o.quantity);
    tx.put(reservations, o.page(), {o.sku, o.quantity});
    note(tx, o.page(), "reserve");
    return o.page();
}

void warehouse::give_back(transaction& tx, const page& of)
{
    const deed here(tx);
    reservation kept = tx.get(reservations, of).value();
    tx.add(stock, {of.first, kept.sku}, kept.quantity);
    kept.given_back = true;
    tx.put(reservations, of, kept);
    note(tx, of, "give back");
}

void carrier::ship(transaction& tx, const order& o)
{
    const deed here(tx);
    if (o.to == "moon")
        throw everstep::error("no_carrier", "nobody flies to the moon today");
    tx.put(parcels, o.page(), o.to);
    note(tx, o.page(), "ship");
}
}
