#pragma once

// A key as LMDB compares it: two u64, big-endian, so that byte order is number order.

#include "base/bytes.hpp"
#include "store/store.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <lmdb.h>

namespace everstep::store::lmdb
{
class key_bytes
{
public:
    explicit key_bytes(key at) noexcept
    {
        for (std::size_t i = 0; i < 8; ++i)
        {
            bytes_[i] = static_cast<unsigned char>(at.major >> (56 - 8 * i));
            bytes_[8 + i] = static_cast<unsigned char>(at.minor >> (56 - 8 * i));
        }
    }

    MDB_val value() noexcept { return {bytes_.size(), bytes_.data()}; }

private:
    std::array<unsigned char, 16> bytes_;
};

/// The order of bytes, for MDB_cmp_func: two comparisons of words instead of a call for each of the twenty keys that a search looks
/// at. The order on disk is LMDB's own, so its tools read our tables.
inline int compare_keys(const MDB_val* left, const MDB_val* right) noexcept
{
    const auto* one = static_cast<const char*>(left->mv_data);
    const auto* other = static_cast<const char*>(right->mv_data);
    if (left->mv_size != 16 || right->mv_size != 16) [[unlikely]] // a damaged page
    {
        const int order = std::memcmp(one, other, std::min(left->mv_size, right->mv_size));
        return order != 0 ? order : left->mv_size < right->mv_size ? -1 : left->mv_size > right->mv_size ? 1 : 0;
    }
    for (const std::size_t half : {std::size_t{0}, std::size_t{8}})
    {
        const auto mine = base::load_big<std::uint64_t>(one + half);
        const auto its = base::load_big<std::uint64_t>(other + half);
        if (mine != its)
            return mine < its ? -1 : 1;
    }
    return 0;
}

inline std::string_view as_view(const MDB_val& value) noexcept
{
    return {static_cast<const char*>(value.mv_data), value.mv_size};
}

/// What LMDB takes as input is not const in its interface, and never written to.
inline MDB_val as_value(std::string_view bytes) noexcept
{
    return {bytes.size(), const_cast<char*>(bytes.data())};
}
}
