#pragma once

// A cursor over one table. It is closed before its transaction ends, also a read one, which LMDB would leave open.

#include "store/lmdb/transaction.hpp"

#include <cstddef>

namespace everstep::store::lmdb
{
class cursor
{
public:
    cursor(const transaction& within, table where);
    ~cursor() { mdb_cursor_close(cursor_); }
    cursor(const cursor&) = delete;
    cursor& operator=(const cursor&) = delete;

    struct record
    {
        key at;
        std::string_view value;
    };

    /// The first record at or after a key; the next one; the last one of the table.
    std::optional<record> at_or_after(key at);
    std::optional<record> next();
    std::optional<record> last();

protected:
    MDB_cursor* native() const noexcept { return cursor_; }

private:
    std::optional<record> move(MDB_val name, MDB_cursor_op how);

    MDB_cursor* cursor_{};
};

class write_cursor : public cursor
{
public:
    write_cursor(const write_txn& within, table where) : cursor(within, where) {}

    void put(key at, std::string_view value);

    /// What is not there is erased already.
    void erase(key at);

    /// All from `from` up to but not `to`, front to back, so that pages become empty one after the other. Returns how many there were.
    std::size_t erase_range(key from, key to);
};
/// The same over the table of rows, whose keys are bytes. Where there is no such table yet it shows nothing.
class row_cursor
{
public:
    explicit row_cursor(const transaction& within);
    ~row_cursor();
    row_cursor(const row_cursor&) = delete;
    row_cursor& operator=(const row_cursor&) = delete;

    struct record
    {
        std::string_view name;
        std::string_view value;
    };
    std::optional<record> at_or_after(std::string_view name);
    std::optional<record> next();

protected:
    row_cursor(MDB_txn* within, MDB_dbi rows);
    MDB_cursor* native() const noexcept { return cursor_; }

private:
    std::optional<record> move(MDB_val name, MDB_cursor_op how);

    MDB_cursor* cursor_{};
};

/// Makes the table where it is not there.
class row_write_cursor : public row_cursor
{
public:
    row_write_cursor(const write_txn& within, environment& owner) : row_cursor(within.native(), owner.make_row_table(within.native())) {}

    void put(std::string_view name, std::string_view value);
    /// What is not there is erased already.
    void erase(std::string_view name);
};
}
