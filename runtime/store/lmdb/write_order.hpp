#pragma once

// The writes of one commit in the order in which a B-tree takes them best: by table, first the ranges that are erased, then by key, and
// of several writes to one key the last alone. Sorts small structs and keeps its memory between commits.

#include "store/store.hpp"

#include <array>

namespace everstep::store::lmdb
{
class write_order
{
public:
    struct item
    {
        key at;
        std::uint32_t part;  ///< which batch
        std::uint32_t write; ///< which of its writes
    };

    struct range
    {
        key from;
        key to;
        std::uint32_t part;
        std::uint32_t write;
    };

    struct row
    {
        std::string_view name;
        std::uint32_t part;
        std::uint32_t write; ///< which of its rows
    };

    /// The parts outlive the use of what of() gives.
    void gather(std::span<const batch* const> parts);

    /// What is left of a table's puts and erases when its ranges() are erased first: nothing that a range of a later write covers.
    std::span<const item> of(table where) const noexcept { return tables_[static_cast<std::size_t>(where)]; }
    /// By their first key. They may overlap.
    std::span<const range> ranges(table where) const noexcept { return ranges_[static_cast<std::size_t>(where)]; }
    std::span<const row> rows() const noexcept { return rows_; }
    /// Of all kinds, in all tables.
    std::size_t size() const noexcept { return size_; }

private:
    std::array<std::vector<item>, table_count> tables_;
    std::array<std::vector<range>, table_count> ranges_;
    std::vector<row> rows_;
    std::size_t size_{};
};
}
