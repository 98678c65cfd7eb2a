#pragma once

// A record: the smallest thing a store keeps. Key and tables are defined here, below the store, because the layout is part
// of the journal's format (FORMAT.md) and the same in every store.

#include "base/bytes.hpp"

#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace everstep::journal
{
enum class table : std::uint8_t
{
    history,  ///< (run number, seq << 16 | chunk) -> entry record
    run,      ///< (run number, 0), (run number, chunk) -> header
    id,       ///< (run number >> 14, hash64 of name and id) -> run number
    wake,     ///< (due, run number) -> tail seq, tail checksum, hash64 of name and id
    finished, ///< (finish time, run number) -> nothing; for retention
    inbox,    ///< (chain number, …) signals; reserved
    state,    ///< (chain number, …) readable state; reserved
    child,    ///< (chain number, …) children; reserved
    meta      ///< (what, 0) -> format, epoch, clock
};
inline constexpr std::size_t table_count = 9;
/// The table whose keys are bytes: users' rows (journal/row.hpp).
inline constexpr std::uint8_t row_table = 9;

/// Two u64, big-endian on disk, so that byte order is number order.
struct record_key
{
    std::uint64_t major{};
    std::uint64_t minor{};
    friend auto operator<=>(const record_key&, const record_key&) = default;
};

/// The longest value of one record. Two of them fit an LMDB page of 4 KiB, so that no record ever needs the overflow pages
/// that LMDB must find contiguous. Longer things are cut into chunks.
inline constexpr std::size_t record_bytes_max = 2000;

/// Of a key in the table of rows; LMDB takes 511.
inline constexpr std::size_t row_key_bytes_max = 500;

/// First byte of every value. A reader that finds a greater one reads no further.
inline constexpr std::uint8_t record_format = 1;
inline constexpr std::size_t checksum_bytes = 8;

/// Over table, key, the checksum of the record before it in the same history (0 elsewhere), and the value without its
/// own checksum: a record that is changed, moved to another key or put after another record is seen.
std::uint64_t record_checksum(table where, record_key at, std::string_view value, std::uint64_t previous = 0) noexcept;

/// Appends the checksum to a value that begins with the format byte, and returns it.
std::uint64_t seal(table where, record_key at, std::string& value, std::uint64_t previous = 0);

/// A value of numbers only, made where it stands: these are written several times a run, and need no memory of their own.
class fixed_value
{
public:
    fixed_value() noexcept { add(record_format); }

    template <std::unsigned_integral Integer>
    void add(Integer number) noexcept
    {
        base::store_little(bytes_.data() + size_, number);
        size_ += sizeof number;
    }
    /// Adds the checksum; nothing more comes after it.
    void seal(table where, record_key at) noexcept { add(record_checksum(where, at, *this)); }

    operator std::string_view() const noexcept { return {bytes_.data(), size_}; }

private:
    std::array<char, 1 + 28 + checksum_bytes> bytes_; ///< meta is the longest
    std::size_t size_{};
};

enum class record_check : std::uint8_t
{
    good,
    newer_format, ///< tested first: what follows the format byte of a newer record is unknown
    damaged
};

/// `previous` is needed for records of a history; `body` receives what is between format byte and checksum when good.
record_check check_record(table where, record_key at, std::string_view value, std::string_view& body,
                          std::uint64_t previous = 0) noexcept;
}
