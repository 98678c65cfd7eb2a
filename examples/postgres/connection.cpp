#include "connection.hpp"

#include <libpq-fe.h>

#include <new>

namespace postgres
{
namespace
{
[[noreturn]] void fail(const PGconn* open, const PGresult* result)
{
    const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    std::string text = result ? PQresultErrorMessage(result) : PQerrorMessage(open);
    while (text.ends_with('\n'))
        text.pop_back();
    throw error(text, sqlstate ? sqlstate : "");
}
}

int rows::count() const noexcept { return PQntuples(result_.get()); }

int rows::changed() const noexcept
{
    const std::string text = PQcmdTuples(result_.get());
    return text.empty() ? 0 : std::stoi(text);
}

std::string_view rows::text_at(int row, int column) const noexcept
{
    return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

void rows::clearer::operator()(pg_result* result) const noexcept { PQclear(result); }

void connection_closer::operator()(pg_conn* open) const noexcept { PQfinish(open); }

open_connection database::take()
{
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty())
        {
            open_connection one = std::move(idle_.back());
            idle_.pop_back();
            return one;
        }
    }
    // What `where` says counts: it comes last.
    const char* const names[] = {"connect_timeout", "options", "dbname", nullptr};
    const char* const values[] = {"2", "-c lock_timeout=500 -c statement_timeout=10000", where_.c_str(), nullptr};
    open_connection one(PQconnectdbParams(names, values, 1));
    if (!one)
        throw std::bad_alloc();
    if (PQstatus(one.get()) != CONNECTION_OK)
        fail(one.get(), nullptr);
    return one;
}

void database::give_back(open_connection one)
{
    const std::lock_guard lock(mutex_);
    if (PQstatus(one.get()) != CONNECTION_OK)
        idle_.clear(); // the server went away, and took those with it
    else if (PQtransactionStatus(one.get()) == PQTRANS_IDLE)
        idle_.push_back(std::move(one));
}

connection::connection(database& to) : to_(to)
{
    cross("begin");
    open_ = to.take();
}

connection::~connection()
{
    to_.give_back(std::move(open_));
    cross("end");
}

rows connection::execute(const std::string& sql, std::initializer_list<std::string> parameters)
{
    std::vector<const char*> values;
    for (const std::string& one : parameters)
        values.push_back(one.c_str());
    cross("before " + sql);
    PGresult* const result =
        PQexecParams(open_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0);
    rows found(result);
    cross("after " + sql);
    if (const auto status = PQresultStatus(result); status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail(open_.get(), result);
    return found;
}

std::string connection::quoted(std::string_view text) const
{
    const std::unique_ptr<char, void (*)(void*)> escaped(PQescapeLiteral(open_.get(), text.data(), text.size()), &PQfreemem);
    if (!escaped)
        fail(open_.get(), nullptr);
    return escaped.get();
}

void connection::cross(const std::string& what) const
{
    if (to_.crossing_)
        to_.crossing_(what);
}

}
