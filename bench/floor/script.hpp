#pragma once

// Everything that a floor will write, made beforehand: commit by commit, in the order of tables and keys that a B-tree takes
// best, with the bytes in the order in which they are read. Playing it costs LMDB's own work and nothing else.

#include "journal/record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::bench
{
class script
{
public:
    struct write
    {
        std::array<char, 16> key; ///< as LMDB compares it
        std::uint64_t offset;
        std::uint32_t size;
        journal::table where;
        bool erases;
    };

    void put(journal::table where, journal::record_key at, std::string_view value);
    void erase(journal::table where, journal::record_key at);
    void end_commit();

    std::size_t commits() const noexcept { return ends_.size(); }
    std::span<const write> commit(std::size_t index) const noexcept;
    std::string_view value_of(const write& w) const noexcept { return std::string_view(bytes_).substr(w.offset, w.size); }

private:
    void add(journal::table where, journal::record_key at, std::string_view value, bool erases);

    std::vector<write> writes_;
    std::vector<std::size_t> ends_; ///< of the commits, in writes_
    std::string bytes_;
    std::vector<write> open_; ///< of the commit being made, with their bytes below
    std::string open_bytes_;
};
}
