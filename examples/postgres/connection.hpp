#pragma once

// PostgreSQL in four words: a database, a connection, rows, an error.
//
//     postgres::database north("host=/run/postgresql dbname=north");
//     postgres::connection books(north);
//     const auto cents = books.run("select cents from account where owner = $1", owner).first<std::int64_t>();
//
// Threads: a database is for all; a connection belongs to one at a time. Steps run on many threads at once, so each attempt takes one of its own.
// Lifetime: a database outlives its connections.
// Errors: every call throws postgres::error. A wait for a lock ends after half a second, a statement after ten: a step that holds
// a thread for longer had better be tried again.

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pg_conn;
struct pg_result;

namespace postgres
{
class error : public std::runtime_error
{
public:
    error(const std::string& text, std::string sqlstate) : std::runtime_error(text), sqlstate_(std::move(sqlstate)) {}
    /// As in PostgreSQL's list of error codes. Empty where there is, or is no longer, a connection: then nobody knows whether the statement was done.
    const std::string& sqlstate() const noexcept { return sqlstate_; }

private:
    std::string sqlstate_;
};

inline constexpr std::string_view undefined_object = "42704"; ///< there is no such thing: a prepared transaction, among others

/// What a statement gives.
class rows
{
public:
    explicit rows(pg_result* result) noexcept : result_(result) {}

    int count() const noexcept;
    /// How many rows the statement has changed.
    int changed() const noexcept;
    /// bool, an integer, or std::string.
    template <class Value>
    Value at(int row, int column) const
    {
        const std::string_view text = text_at(row, column);
        if constexpr (std::same_as<Value, bool>)
            return text == "t";
        else if constexpr (std::integral<Value>)
            return static_cast<Value>(std::stoll(std::string(text)));
        else
            return Value(text);
    }
    /// The first column of the first row; nothing where there is no row.
    template <class Value>
    std::optional<Value> first() const
    {
        return count() == 0 ? std::nullopt : std::optional<Value>(at<Value>(0, 0));
    }

private:
    struct clearer
    {
        void operator()(pg_result* result) const noexcept;
    };
    std::string_view text_at(int row, int column) const noexcept;

    std::unique_ptr<pg_result, clearer> result_;
};

struct connection_closer
{
    void operator()(pg_conn* open) const noexcept;
};
using open_connection = std::unique_ptr<pg_conn, connection_closer>;

/// Where one is, and the connections to it that nobody uses now.
class database
{
public:
    /// `where` as libpq takes it. `crossing` is told before and after everything that goes to the database: for those who want to see what
    /// happens when the process ends there.
    explicit database(std::string where, std::function<void(const std::string& what)> crossing = {})
        : where_(std::move(where)), crossing_(std::move(crossing))
    {
    }

private:
    friend class connection;
    open_connection take();
    void give_back(open_connection one);

    std::string where_;
    std::function<void(const std::string& what)> crossing_;
    std::mutex mutex_;
    std::vector<open_connection> idle_;
};

class connection
{
public:
    explicit connection(database& to);
    /// What was begun and is not committed is rolled back.
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// One statement; $1, $2, … are the parameters.
    template <class... Parameters>
    rows run(const std::string& sql, const Parameters&... parameters)
    {
        return execute(sql, {text_of(parameters)...});
    }

    /// 'text' as it is written in SQL, for statements that take no parameters.
    std::string quoted(std::string_view text) const;

private:
    static std::string text_of(std::string_view text) { return std::string(text); }
    static std::string text_of(std::integral auto number) { return std::to_string(number); }
    rows execute(const std::string& sql, std::initializer_list<std::string> parameters);
    void cross(const std::string& what) const;

    database& to_;
    open_connection open_;
};
}
