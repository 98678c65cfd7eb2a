#include "engine/stored_rows.hpp"

#include "journal/row.hpp"

#include <everstep/codec.hpp>
#include <everstep/error.hpp>

#include <algorithm>

namespace everstep::core
{
using detail::found_row;
using detail::table_identity;
using journal::row_reader;

namespace
{
struct table_description
{
    std::string name;
    std::string key;
    std::string value;
};
BOOST_DESCRIBE_STRUCT(table_description, (), (name, key, value))
}

std::uint32_t read_row(const store::snapshot& from, const table_identity& of, std::string_view name, std::string& value)
{
    thread_local std::string key;
    row_reader reader;
    for (std::uint32_t number = 0;; ++number)
    {
        journal::row_record_key(name, number, key);
        const auto record = from.row(key);
        if (!record && number == 0)
            return 0;
        if (!record)
            detail::refuse_row(of, "its record " + std::to_string(number) + " is missing: restore a backup");
        switch (reader.take(key, *record))
        {
        case row_reader::progress::more: continue;
        case row_reader::progress::refused: detail::refuse_row(of, reader.fault() + ": restore a backup");
        case row_reader::progress::whole: value.assign(reader.value()); return reader.records();
        }
    }
}

std::uint32_t count_records(const store::snapshot& from, std::string_view name)
{
    thread_local std::string key;
    journal::row_record_key(name, 0, key);
    const auto first = from.row(key);
    if (!first)
        return 0;
    row_reader reader;
    if (reader.take(key, *first) == row_reader::progress::refused) // by its length others would be erased
        throw engine_error(errc::damaged, "a row that is to be overwritten cannot be read: " + reader.fault() + ": restore a backup");
    return journal::row_records_told(name.size(), *first);
}

bool read_page(const store::snapshot& now, const table_identity& of, std::string_view from, std::string_view to, std::vector<found_row>& into)
{
    row_reader reader;
    std::size_t bytes = 0;
    bool has_more = false;
    const std::size_t before = into.size();
    now.scan_rows(from, [&](std::string_view key, std::string_view record) {
        if ((!to.empty() && key >= to) || !key.starts_with(of.prefix))
            return false;
        if (into.size() - before == page_rows_max || bytes >= page_bytes_max)
        {
            has_more = true;
            return false;
        }
        switch (reader.take(key, record))
        {
        case row_reader::progress::more: break;
        case row_reader::progress::refused: detail::refuse_row(of, reader.fault() + ": restore a backup");
        case row_reader::progress::whole:
            if (reader.name().size() > of.prefix.size()) // the table's own row is none of the user's
            {
                into.push_back({std::string(reader.name()), std::string(reader.value())});
                bytes += reader.name().size() + reader.value().size();
            }
        }
        return true;
    });
    if (!reader.finish())
        detail::refuse_row(of, reader.fault() + ": restore a backup");
    return has_more;
}

std::string describe_table(const table_identity& of)
{
    return encode(table_description{of.name, of.key_type, of.value_type});
}

void check_table(const table_identity& of, std::string_view own_row)
{
    const auto there = decode<table_description>(own_row);
    if (there.name != of.name)
        throw engine_error(errc::wrong_use, "tables '" + of.name + "' and '" + there.name + "' have names of the same hash: rename one");
    if (there.key != of.key_type)
        throw engine_error(errc::wrong_use, "table '" + of.name + "' has keys of type " + there.key + " in the journal, the code asks for " +
                                                of.key_type + ": copy it into a table of another name");
}

void snapshot_rows::check(const table_identity& of)
{
    if (of.checked.empty() || std::ranges::find(checked_, of.checked) != checked_.end())
        return; // the engine's own, or known
    std::string own;
    if (read_row(snapshot_, of, of.prefix, own) != 0)
        check_table(of, own);
    checked_.push_back(of.checked);
}

bool snapshot_rows::get(const table_identity& of, std::string_view name, std::string& value)
{
    check(of);
    return read_row(snapshot_, of, name, value) != 0;
}

void snapshot_rows::page(const table_identity& of, std::string_view from, std::string_view to, std::vector<found_row>& into)
{
    check(of);
    read_page(snapshot_, of, from, to, into);
}
}
