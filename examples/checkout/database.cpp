#include "database.hpp"

#include <new>

namespace shop
{
namespace
{
std::string text_of(sqlite3* connection)
{
    const char* file = sqlite3_db_filename(connection, "main");
    return std::string(file && *file ? file : "SQLite") + ": " + sqlite3_errmsg(connection);
}
}

database_error::database_error(sqlite3* connection)
    : std::runtime_error(text_of(connection)), is_full(sqlite3_errcode(connection) == SQLITE_FULL)
{
}

database::database(const std::string& file, const char* setup)
{
    sqlite3* opened = nullptr;
    const int result =
        sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
    connection_.reset(opened);
    if (!opened)
        throw std::bad_alloc();
    if (result != SQLITE_OK)
        throw database_error(opened);
    sqlite3_busy_timeout(opened, 10'000);
    if (sqlite3_exec(opened, setup, nullptr, nullptr, nullptr) != SQLITE_OK)
        throw database_error(opened);
}

statement::statement(const database& in, const std::string& sql)
{
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(in.connection(), sql.c_str(), int(sql.size()), &prepared, nullptr) != SQLITE_OK)
        throw database_error(in.connection());
    compiled_.reset(prepared);
}

bool statement::next()
{
    const int result = sqlite3_step(compiled_.get());
    if (result == SQLITE_ROW)
        return true;
    sqlite3* connection = sqlite3_db_handle(compiled_.get());
    if (result != SQLITE_DONE)
    {
        const database_error failed(connection);
        sqlite3_reset(compiled_.get());
        throw failed;
    }
    sqlite3_reset(compiled_.get());
    return false;
}

std::string statement::text(int column)
{
    const auto* bytes = sqlite3_column_text(compiled_.get(), column);
    return bytes ? reinterpret_cast<const char*>(bytes) : std::string{};
}
}
