#include "connection.hpp"

#include <libpq-fe.h>

#include <new>
#include <vector>

namespace postgres
{
int rows::count() const noexcept { return PQntuples(result_.get()); }

int rows::changed() const noexcept
{
    const std::string text = PQcmdTuples(result_.get());
    return text.empty() ? 0 : std::stoi(text);
}

bool rows::is_null(int row, int column) const noexcept { return PQgetisnull(result_.get(), row, column) == 1; }

std::string_view rows::text_at(int row, int column) const noexcept
{
    return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

void rows::clearer::operator()(pg_result* result) const noexcept { PQclear(result); }

connection::connection(const database& to) : to_(to)
{
    // What `where` says counts: it comes last.
    const char* const names[] = {"connect_timeout", "options", "dbname", nullptr};
    const char* const values[] = {"2", "-c lock_timeout=500 -c statement_timeout=10000", to.where.c_str(), nullptr};
    cross("connect");
    open_.reset(PQconnectdbParams(names, values, 1));
    if (!open_)
        throw std::bad_alloc();
    if (PQstatus(open_.get()) != CONNECTION_OK)
        fail(nullptr);
}

connection::~connection()
{
    open_.reset();
    cross("disconnected");
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
        fail(result);
    return found;
}

std::string connection::quoted(std::string_view text) const
{
    const std::unique_ptr<char, void (*)(void*)> escaped(PQescapeLiteral(open_.get(), text.data(), text.size()), &PQfreemem);
    if (!escaped)
        fail(nullptr);
    return escaped.get();
}

void connection::cross(const std::string& what) const
{
    if (to_.crossing)
        to_.crossing(what);
}

void connection::fail(const pg_result* result) const
{
    const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    std::string text = result ? PQresultErrorMessage(result) : PQerrorMessage(open_.get());
    while (text.ends_with('\n'))
        text.pop_back();
    throw error(text, sqlstate ? sqlstate : "");
}

void connection::finisher::operator()(pg_conn* open) const noexcept { PQfinish(open); }
}
