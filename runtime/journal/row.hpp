#pragma once

// Rows of users' tables as records: a row has a name, which is its table and its key as bytes, and a value of any length, cut into
// records that fit a page. Bytes: FORMAT.md, "row".
//
// A row is whole or absent in every commit: all its records are written in one, and what a longer value before it left is erased there.

#include "journal/record.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace everstep::journal
{
/// Of a row: the table's hash64 (8 bytes) and the key. Its records' keys are two bytes longer.
inline constexpr std::size_t row_name_bytes_max = row_key_bytes_max - 2;

/// How many records the value of a row takes; at least one.
std::uint32_t row_records(std::size_t name_bytes, std::size_t value_bytes) noexcept;

/// The same of a row that is there, as its first record tells, which is not checked here.
std::uint32_t row_records_told(std::size_t name_bytes, std::string_view first_record) noexcept;

/// The key of a row's record: its name and the number of the record.
void row_record_key(std::string_view name, std::uint32_t number, std::string& to);

/// Hands the records of a row to `put`, in order; it must copy what it is given, and must not call append_row.
using put_row_record = std::function<void(std::string_view key, std::string_view record)>;
void append_row(std::string_view name, std::string_view value, const put_row_record& put);

/// Over the key and the checksum of the record before it in the same row (0 before the first), and the bytes of the record before its own.
std::uint64_t row_checksum(std::string_view key, std::uint64_t previous, std::string_view bytes) noexcept;

/// Puts rows together from their records, which come in the order of their keys, and checks all of it.
class row_reader
{
public:
    enum class progress : std::uint8_t
    {
        more,    ///< the row has further records: numbers records(), …
        whole,   ///< name() and value() are there, until the next take(); the next record begins another row
        refused  ///< see fault(): for good
    };
    progress take(std::string_view key, std::string_view record);
    /// After the last record: false when the last row lacks some.
    bool finish();

    std::string_view name() const noexcept { return name_; }
    std::string_view value() const noexcept { return value_; }
    /// Taken so far of this row.
    std::uint32_t records() const noexcept { return records_; }
    /// For people: what is wrong with which record.
    const std::string& fault() const noexcept { return fault_; }

private:
    progress refuse(std::string_view what);

    std::string name_;
    std::string cut_;  ///< a value in more than one record, as far as it was taken
    std::string_view value_;
    std::uint64_t missing_bytes_{};
    std::uint64_t checksum_{}; ///< of the last record
    std::uint32_t records_{};
    std::string fault_;
};
}
