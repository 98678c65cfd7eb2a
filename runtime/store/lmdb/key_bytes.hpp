#pragma once

// A key as LMDB compares it: two u64, big-endian, so that byte order is number order.

#include "store/store.hpp"

#include <array>
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
