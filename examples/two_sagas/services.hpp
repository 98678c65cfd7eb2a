#pragma once

// Bank, warehouse and carrier: what each does in its own books, the same for both ways of selling. None looks whether it has done so before:
// what is done twice stands in the books twice.
//
// Errors: what is refused has written nothing: permanent_error where it is refused for good.

#include "books.hpp"

#include <everstep/transaction.hpp>

namespace two_sagas
{
struct bank
{
    /// Returns where it stands in the books. Throws permanent_error: declined.
    static page charge(everstep::transaction& tx, const order& o);
    static void refund(everstep::transaction& tx, const page& of);
};

struct warehouse
{
    /// Returns where it stands in the books. Throws permanent_error: out_of_stock.
    static page reserve(everstep::transaction& tx, const order& o);
    static void give_back(everstep::transaction& tx, const page& of);
};

struct carrier
{
    static constexpr int attempts_max = 3;

    /// Throws error: no_carrier. It may be asked again, so often in all.
    static void ship(everstep::transaction& tx, const order& o);
};
}
