#pragma once

// Nobody says what comes after what: each service listens to what others have done, does its part, and says so, in one transaction.
//
//     topic      by             says
//     orders     the desk       placed
//     payments   the bank       charged, declined, refunded
//     stock      the warehouse  reserved, out of stock, given back
//     parcels    the carrier    shipped, not shipped

#include "books.hpp"

#include <everstep/engine.hpp>

#include <string>

namespace two_sagas
{
/// The events of an order have it as their key, so they stay in order, and carry it: who listens knows nothing else of it.
void tell(everstep::transaction& tx, const char* topic, const char* what, const order& o, std::string why = {});

/// Before open().
void add_dancers(everstep::engine& shop);
}
