#include "reservations.hpp"

#include <everstep/error.hpp>

namespace travel
{
using everstep::permanent_error;

namespace
{
/// A reservation that is no more cannot be what was asked for.
[[noreturn]] void refuse(const std::string& state) { throw permanent_error(state, "the reservation is " + state); }

std::string state_of(postgres::connection& books, const std::string& token)
{
    return books.run("select state from reservation where token = $1", token).first<std::string>().value_or("unknown");
}
}

// All three begin with the row of the token: of two servers that work for the same reservation, one for a process that is dead, the second waits for
// the first, or until the lock times out.

void reservations::try_it(const std::string& token, const std::string& item) const
{
    postgres::connection books(books_);
    books.run("select drop_expired()");
    books.run("begin");
    if (books.run("insert into reservation values ($1, $2, 'tried', service_now() + $3::interval) on conflict do nothing", token, item, kept_)
            .changed() == 0)
    {
        const std::string state = state_of(books, token);
        if (state != "tried" && state != "confirmed")
            refuse(state);
        return; // an attempt that a crash cut off has come this far
    }
    if (books.run("update item set free = free - 1 where name = $1 and free > 0", item).changed() == 0)
        throw permanent_error("sold_out", "there is no " + item + " left");
    books.run("commit");
}

void reservations::confirm(const std::string& token) const
{
    postgres::connection books(books_);
    books.run("select drop_expired()");
    if (books.run("update reservation set state = 'confirmed' where token = $1 and state in ('tried', 'confirmed')", token).changed() == 0)
        refuse(state_of(books, token));
}

void reservations::cancel(const std::string& token) const
{
    postgres::connection books(books_);
    books.run("select drop_expired()");
    books.run("begin");
    books.run("insert into reservation values ($1, null, 'cancelled', null) on conflict do nothing", token);
    books.run("with cancelled as (update reservation set state = 'cancelled' where token = $1 and state in ('tried', 'confirmed') returning item) "
              "update item set free = free + 1 where name in (select item from cancelled)",
              token);
    books.run("commit");
}
}
