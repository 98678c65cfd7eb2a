#include "bank.hpp"

#include <everstep/error.hpp>

#include <algorithm>

namespace money
{
using everstep::permanent_error;

const bank& banks::at(const std::string& name) const
{
    const auto found = std::ranges::find(all_, name, &bank::name);
    if (found == all_.end())
        throw permanent_error("no_bank", "there is no bank " + name);
    return *found;
}

void bank::prepare(const std::string& transfer, const std::string& owner, std::int64_t cents) const
{
    postgres::connection books(books_);

    // An attempt that a crash cut off has come this far.
    const std::string name = prepared_name(transfer);
    if (books.run("select exists (select from pg_prepared_xacts where gid = $1 and database = current_database())", name).first<bool>() == true)
        return;

    // Its server may work on even though the process that asked is dead. The booking's key lets one in at a time: if the other one prepares, we
    // wait until the lock times out, and find what it prepared at the next attempt.
    books.run("begin");
    if (books.run("insert into booking values ($1, $2, $3, false) on conflict do nothing", transfer, owner, cents).changed() == 0)
        throw permanent_error("void", "the transfer was rolled back at " + name_);
    const auto left = books.run("update account set cents = cents + $2 where owner = $1 returning cents", owner, cents).first<std::int64_t>();
    if (!left)
        throw permanent_error("no_account", owner + " has no account at " + name_);
    if (*left < 0)
        throw permanent_error("insufficient_funds", owner + " at " + name_ + " has only " + std::to_string(*left - cents) + " cents");
    books.run("prepare transaction " + books.quoted(name));
}

void bank::commit(const std::string& transfer) const
{
    postgres::connection books(books_);
    try
    {
        books.run("commit prepared " + books.quoted(prepared_name(transfer)));
    }
    catch (const postgres::error& why)
    {
        if (why.sqlstate() != postgres::undefined_object)
            throw;
        // It was prepared, so it has been committed before: then what it wrote is there.
        if (books.run("select exists (select from booking where transfer = $1 and not is_void)", transfer).first<bool>() != true)
            throw permanent_error("heuristic", "somebody rolled back transfer " + transfer + " at " + name_ +
                                                   ", which is committed elsewhere: book it by hand, then resume this run");
    }
}

void bank::roll_back(const std::string& transfer) const
{
    postgres::connection books(books_);
    try
    {
        books.run("rollback prepared " + books.quoted(prepared_name(transfer)));
    }
    catch (const postgres::error& why)
    {
        if (why.sqlstate() != postgres::undefined_object)
            throw;
    }
    // A server may still be at work for a process that is dead, and would prepare behind our back: it cannot once its key is taken. If it has just
    // done so, this waits until the lock times out, and the next attempt finds it.
    books.run("insert into booking values ($1, null, null, true) on conflict do nothing", transfer);
}
}
