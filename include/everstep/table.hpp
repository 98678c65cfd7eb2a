#pragma once

// Tables: the application's own data in the engine's journal, written by transactions in one commit with what they cause.
//
//     inline const everstep::table<std::string, stock_level> stock{"stock"};
//     inline const everstep::table<std::pair<std::string, std::uint32_t>, order_line> lines{"lines"};
//
//     int left = shop.read([&](const table_reader& in) { return in.get(stock, sku).value_or(stock_level{}).left; });
//     in.prefix(lines, o.id, [](const auto& key, const order_line& line) { … });
//
// A table is a name, not a thing to be opened: two objects of one name are one table, and it is there when its first row is. The members of
// its keys are never to be changed (their bytes are the order of the rows): a table whose keys are to be others is another table. Keys are bool, integers, enums, std::string, system_clock times, durations, and pairs, tuples and described structs of these; rows lie in their
// order, member by member. Values are whatever everstep/codec.hpp keeps, and evolve as it says.
//
// Threads: any. Lifetime: a table outlives the calls that are given it.
// Crash: what is read is durable.
// Errors: engine_error: limit (a name over 128 bytes, a key over 490, a value over payload_bytes_max), wrong_use (the table has keys of
// another layout), damaged, io; codec_error where a value cannot be encoded, or is no longer one of the type.

#include <everstep/codec.hpp>
#include <everstep/detail/event_draft.hpp>
#include <everstep/detail/key_codec.hpp>
#include <everstep/detail/row_link.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace everstep::inline v0
{
template <class T>
concept table_key = detail::is_key<T>();

template <class Key, class Value>
class table
{
    static_assert(table_key<Key>, "a table's key is a bool, integer, enum, std::string, time or duration, or a pair, tuple or described "
                                  "struct of these");
    static_assert(encodable<Value>, "a table's value must be encodable: see everstep/codec.hpp");

public:
    using key_type = Key;
    using value_type = Value;

    /// 1 to 128 bytes, never to be changed; names that begin with "everstep." are the engine's own.
    explicit table(std::string name) : identity_(detail::identify_table(std::move(name), detail::key_layout<Key>(), std::string(type_name<Value>()))) {}

    /// For the engine's own.
    explicit table(detail::table_identity identity) : identity_(std::move(identity)) {}

    const std::string& name() const noexcept { return identity_.name; }

private:
    friend class table_reader;
    friend class transaction;

    std::string row_name(const Key& key) const
    {
        std::string name = identity_.prefix;
        detail::append_key(name, key);
        if (name.size() - identity_.prefix.size() > detail::key_bytes_max)
            detail::refuse_key(identity_, name.size() - identity_.prefix.size());
        return name;
    }
    Key key_of(std::string_view name) const
    {
        Key key{};
        name.remove_prefix(identity_.prefix.size());
        if (!detail::take_key(name, key) || !name.empty())
            detail::refuse_row(identity_, "its key is none of this type");
        return key;
    }

    detail::table_identity identity_;
};

/// Reads tables: inside engine::read, one snapshot of what is durable; inside a transaction, what that sees. Only while its call lasts.
class table_reader
{
public:
    /// For the engine.
    explicit table_reader(detail::row_source& from) noexcept : rows_(from) {}
    table_reader(const table_reader&) = delete;
    table_reader& operator=(const table_reader&) = delete;

    template <class Key, class Value>
    std::optional<Value> get(const table<Key, Value>& of, const std::type_identity_t<Key>& key) const
    {
        std::string encoded;
        if (!rows_.get(of.identity_, of.row_name(key), encoded))
            return std::nullopt;
        return decode<Value>(encoded);
    }
    template <class Key, class Value>
    bool contains(const table<Key, Value>& of, const std::type_identity_t<Key>& key) const
    {
        std::string encoded;
        return rows_.get(of.identity_, of.row_name(key), encoded);
    }

    // Rows in the order of their keys: `visit(key, value)`, which may return false to end. In a transaction it may write; rows that
    // it writes behind the one it is given are visited as they then are.

    template <class Key, class Value, class Visit>
    void all(const table<Key, Value>& of, Visit&& visit) const
    {
        scan(of, of.identity_.prefix, detail::name_after(of.identity_.prefix), visit);
    }
    /// Keys at or above `from` and below `to`.
    template <class Key, class Value, class Visit>
    void range(const table<Key, Value>& of, const std::type_identity_t<Key>& from, const std::type_identity_t<Key>& to, Visit&& visit) const
    {
        scan(of, of.row_name(from), of.row_name(to), visit);
    }
    /// Texts that begin with `begin`; of keys of several members, those whose first member is `begin`.
    template <class Key, class Value, class Begin, class Visit>
    void prefix(const table<Key, Value>& of, const Begin& begin, Visit&& visit) const
    {
        std::string from = of.identity_.prefix;
        if constexpr (std::same_as<Key, std::string>)
            detail::append_key_text_begin(from, begin);
        else
        {
            using first = typename detail::first_of_key<Key>::type;
            static_assert(!std::is_void_v<first>, "prefix() is for keys that are texts, or have several members");
            static_assert(std::convertible_to<const Begin&, first>, "prefix() of a key of several members is given the first of them");
            detail::append_key(from, static_cast<const first&>(begin));
        }
        std::string to = detail::name_after(from);
        scan(of, std::move(from), std::move(to), visit);
    }

    /// Events of a topic with this number or a higher one, in the order of their numbers: `visit(event)`, which may return false to end. What
    /// is not durable has no number yet and is not among them.
    template <class Visit>
    void events(std::string_view topic, std::uint64_t from, Visit&& visit) const
    {
        detail::visit_events(rows_, topic, from, [&](const event& one) {
            if constexpr (std::is_void_v<decltype(visit(one))>)
                return visit(one), true;
            else
                return static_cast<bool>(visit(one));
        });
    }

private:
    template <class Key, class Value, class Visit>
    void scan(const table<Key, Value>& of, std::string from, const std::string& to, Visit& visit) const
    {
        std::vector<detail::found_row> page;
        while (true)
        {
            std::uint64_t writes = rows_.writes();
            page.clear();
            rows_.page(of.identity_, from, to, page);
            if (page.empty())
                return;
            for (const detail::found_row& row : page)
            {
                from = detail::name_behind(row.name);
                const Key key = of.key_of(row.name);
                const Value value = decode<Value>(row.value);
                if constexpr (std::is_void_v<decltype(visit(key, value))>)
                    visit(key, value);
                else if (!visit(key, value))
                    return;
                if (rows_.wrote_between(writes, row.name, page.back().name))
                    break; // what follows has changed
                writes = rows_.writes();
            }
        }
    }

    detail::row_source& rows_;
};
}
