#pragma once

// Rows that transactions have written and that are not durable yet: with what the store shows they are the tables as the next
// transaction sees them. A row leaves when the last transaction that wrote it is durable, for then the store shows it.
//
// Threads: the transactor's only.

#include "base/checksum.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace everstep::core
{
/// Counts transactions that wrote something, in the order in which they become durable. From 1.
using transaction_number = std::uint64_t;

class row_overlay
{
public:
    struct version
    {
        std::optional<std::string> value; ///< nothing: the row is erased
        std::uint32_t records{};          ///< that it takes in the store; 0 where erased
        transaction_number by{};
    };
    struct hash_of_name
    {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const noexcept { return base::hash64(name); }
    };
    /// In no order: each transaction looks rows up, and few scan.
    using rows = std::unordered_map<std::string, version, hash_of_name, std::equal_to<>>;

    /// Null: the store's counts.
    const version* find(std::string_view name) const
    {
        const auto at = rows_.find(name);
        return at == rows_.end() ? nullptr : &at->second;
    }
    /// Rows of the table with this prefix (8 bytes), by their names. The first look at a table goes through all rows, the others do not.
    using ordered_rows = std::map<std::string_view, const version*>;
    const ordered_rows& in_order(const std::string& prefix) const;

    /// Takes the rows of the next transaction: later ones see them. Leaves `written` empty. Returns its number.
    transaction_number add(rows& written);
    /// Transactions up to `through` are durable.
    void settle(transaction_number through);

private:
    static constexpr std::size_t prefix_bytes = 8;
    static std::string prefix_of(std::string_view name) { return std::string(name.substr(0, prefix_bytes)); }

    rows rows_;
    mutable std::unordered_map<std::string, ordered_rows> ordered_; ///< of tables that somebody has scanned
    std::deque<std::vector<rows::value_type*>> by_transaction_; ///< of the transactions after settled_
    transaction_number settled_{};
};
}
