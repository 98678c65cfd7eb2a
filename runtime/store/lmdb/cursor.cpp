#include "store/lmdb/cursor.hpp"

#include "store/lmdb/key_bytes.hpp"
#include "store/lmdb/lmdb_error.hpp"

namespace everstep::store::lmdb
{
namespace
{
std::uint64_t big_endian(std::string_view bytes) noexcept
{
    std::uint64_t number{};
    for (const char one : bytes)
        number = number << 8 | static_cast<unsigned char>(one);
    return number;
}

key as_key(const MDB_val& name)
{
    const std::string_view bytes = as_view(name);
    if (bytes.size() != 16)
        throw lmdb_error("a key is not 16 bytes", MDB_CORRUPTED);
    return {big_endian(bytes.substr(0, 8)), big_endian(bytes.substr(8))};
}
}

cursor::cursor(const transaction& within, table where)
{
    check(mdb_cursor_open(within.native(), within.owner().dbi(where), &cursor_), "mdb_cursor_open");
}

std::optional<cursor::record> cursor::move(MDB_val name, MDB_cursor_op how)
{
    MDB_val found{};
    const int code = mdb_cursor_get(cursor_, &name, &found, how);
    if (code == MDB_NOTFOUND)
        return std::nullopt;
    check(code, "mdb_cursor_get");
    return record{as_key(name), as_view(found)};
}

std::optional<cursor::record> cursor::at_or_after(key at)
{
    key_bytes bytes(at);
    return move(bytes.value(), MDB_SET_RANGE);
}

std::optional<cursor::record> cursor::next()
{
    return move({}, MDB_NEXT);
}

std::optional<cursor::record> cursor::last()
{
    return move({}, MDB_LAST);
}

void write_cursor::put(key at, std::string_view value)
{
    key_bytes bytes(at);
    MDB_val name = bytes.value();
    MDB_val content = as_value(value);
    check(mdb_cursor_put(native(), &name, &content, 0), "mdb_cursor_put");
}

void write_cursor::erase(key at)
{
    key_bytes bytes(at);
    MDB_val name = bytes.value();
    MDB_val found{};
    const int code = mdb_cursor_get(native(), &name, &found, MDB_SET);
    if (code == MDB_NOTFOUND)
        return;
    check(code, "mdb_cursor_get");
    check(mdb_cursor_del(native(), 0), "mdb_cursor_del");
}

std::size_t write_cursor::erase_range(key from, key to)
{
    std::size_t erased = 0;
    // After a deletion LMDB's cursor stands before the record that followed, and its next step goes there, also over the end of a page.
    for (auto row = at_or_after(from); row && row->at < to; row = next())
    {
        check(mdb_cursor_del(native(), 0), "mdb_cursor_del");
        ++erased;
    }
    return erased;
}

row_cursor::row_cursor(const transaction& within)
{
    if (const auto rows = within.row_dbi())
        check(mdb_cursor_open(within.native(), *rows, &cursor_), "mdb_cursor_open");
}

row_cursor::row_cursor(MDB_txn* within, MDB_dbi rows) { check(mdb_cursor_open(within, rows, &cursor_), "mdb_cursor_open"); }

row_cursor::~row_cursor()
{
    if (cursor_ != nullptr)
        mdb_cursor_close(cursor_);
}

std::optional<row_cursor::record> row_cursor::move(MDB_val name, MDB_cursor_op how)
{
    if (cursor_ == nullptr)
        return std::nullopt;
    MDB_val found{};
    const int code = mdb_cursor_get(cursor_, &name, &found, how);
    if (code == MDB_NOTFOUND)
        return std::nullopt;
    check(code, "mdb_cursor_get");
    return record{as_view(name), as_view(found)};
}

std::optional<row_cursor::record> row_cursor::at_or_after(std::string_view name)
{
    if (name.empty())
        return move({}, MDB_FIRST);
    return move(as_value(name), MDB_SET_RANGE);
}

std::optional<row_cursor::record> row_cursor::next()
{
    return move({}, MDB_NEXT);
}

void row_write_cursor::put(std::string_view name, std::string_view value)
{
    MDB_val where = as_value(name);
    MDB_val content = as_value(value);
    check(mdb_cursor_put(native(), &where, &content, 0), "mdb_cursor_put");
}

void row_write_cursor::erase(std::string_view name)
{
    MDB_val where = as_value(name);
    MDB_val found{};
    const int code = mdb_cursor_get(native(), &where, &found, MDB_SET);
    if (code == MDB_NOTFOUND)
        return;
    check(code, "mdb_cursor_get");
    check(mdb_cursor_del(native(), 0), "mdb_cursor_del");
}
}
