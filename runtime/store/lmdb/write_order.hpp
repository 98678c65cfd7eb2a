#pragma once

// The writes of one commit in the order in which a B-tree takes them best: by table, by key, and of several writes to one
// key the last alone. Sorts small structs and keeps its memory between commits.

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

    /// The parts outlive the use of what of() gives.
    void gather(std::span<const batch* const> parts);

    std::span<const item> of(table where) const noexcept { return tables_[static_cast<std::size_t>(where)]; }
    std::size_t size() const noexcept { return size_; }

private:
    std::array<std::vector<item>, table_count> tables_;
    std::size_t size_{};
};
}
