#pragma once

// SQLite in three words: a database, a statement, an error. Threads: one at a time.

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace shop
{
struct database_error : std::runtime_error
{
    /// What went wrong last with the connection, and with which file.
    explicit database_error(sqlite3* connection);
    bool is_full{};
};

class database
{
public:
    /// Opens or creates `file`, and runs `setup`.
    database(const std::string& file, const char* setup);
    sqlite3* connection() const noexcept { return connection_.get(); }

private:
    struct closer
    {
        void operator()(sqlite3* open) const noexcept { sqlite3_close_v2(open); }
    };
    std::unique_ptr<sqlite3, closer> connection_;
};

class statement
{
public:
    statement(const database& in, const std::string& sql);

    /// For statements that change: returns the row number of the last insert.
    template <class... Values>
    std::int64_t run(const Values&... values)
    {
        bind(values...);
        while (next())
            ;
        return sqlite3_last_insert_rowid(sqlite3_db_handle(compiled_.get()));
    }

    /// The first column of the first row.
    template <class... Values>
    std::optional<std::int64_t> number(const Values&... values)
    {
        bind(values...);
        const auto first = next() ? std::optional(integer(0)) : std::nullopt;
        sqlite3_reset(compiled_.get());
        return first;
    }

    template <class... Values>
    void bind(const Values&... values)
    {
        sqlite3_reset(compiled_.get());
        int position = 0;
        (bind_one(++position, values), ...);
    }
    /// The next row; false after the last one, and the statement is ready again.
    bool next();
    std::int64_t integer(int column) { return sqlite3_column_int64(compiled_.get(), column); }
    std::string text(int column);

private:
    struct closer
    {
        void operator()(sqlite3_stmt* open) const noexcept { sqlite3_finalize(open); }
    };
    void bind_one(int position, const std::string& value)
    {
        sqlite3_bind_text(compiled_.get(), position, value.data(), int(value.size()), SQLITE_TRANSIENT);
    }
    void bind_one(int position, std::integral auto value) { sqlite3_bind_int64(compiled_.get(), position, value); }

    std::unique_ptr<sqlite3_stmt, closer> compiled_;
};
}
