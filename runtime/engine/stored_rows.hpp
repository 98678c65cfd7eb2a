#pragma once

// Rows of tables in a snapshot of the store: read, checked, and what is known of their tables.
//
// A table's own row, whose name is the table's prefix alone, says what the table is called and what its keys are: written with the
// first row, and held against the code that reads or writes, so that keys of one type are not read as another.

#include "store/store.hpp"

#include <everstep/detail/row_link.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::core
{
/// Of one page of a scan.
inline constexpr std::size_t page_rows_max = 64;
inline constexpr std::size_t page_bytes_max = 256 * 1024;

/// The records of the row's value; 0: there is none. Throws engine_error (damaged).
std::uint32_t read_row(const store::snapshot& from, const detail::table_identity& of, std::string_view name, std::string& value);
/// How many records a row takes that is there; 0: none. Looks at the first only. Throws engine_error (damaged).
std::uint32_t count_records(const store::snapshot& from, std::string_view name);
/// Appends rows at or after `from` and before `to` (empty: all that follow), up to a page. False: there are no more.
bool read_page(const store::snapshot& now, const detail::table_identity& of, std::string_view from, std::string_view to,
               std::vector<detail::found_row>& into);

/// The value of a table's own row.
std::string describe_table(const detail::table_identity& of);
/// Throws engine_error (wrong_use) where the table's own row says that its keys are others.
void check_table(const detail::table_identity& of, std::string_view own_row);

/// What engine::read shows.
class snapshot_rows final : public detail::row_source
{
public:
    explicit snapshot_rows(const store::snapshot& of) noexcept : snapshot_(of) {}

    bool get(const detail::table_identity& of, std::string_view name, std::string& value) override;
    void page(const detail::table_identity& of, std::string_view from, std::string_view to, std::vector<detail::found_row>& into) override;
    std::uint64_t writes() const noexcept override { return 0; }
    bool wrote_between(std::uint64_t, std::string_view, std::string_view) const noexcept override { return false; }

private:
    void check(const detail::table_identity& of);

    const store::snapshot& snapshot_;
    std::vector<std::string> checked_;
};
}
