#pragma once

// Reads runs that ended long enough ago from the front of the `finished` table, a page at a time, and writes down what deletes them:
// all that the journal has of a run is in one batch. What is not as it should be is left as it is, and named once.
//
// Threads: one at a time.

#include "base/ids.hpp"
#include "journal/header.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace everstep::core
{
struct finished_page
{
    std::vector<store::batch> erases;   ///< in small pieces, for the committer to fill up commits with
    std::vector<base::run_number> runs; ///< that these delete
    bool is_full{};                     ///< there may be more at once
    std::optional<base::time_us> next;  ///< when the first run ended that is left for later; nothing: there is none
    std::vector<std::string> left;      ///< for people: what was found damaged, and is left
};

class finished_reader
{
public:
    explicit finished_reader(const store::store& from) : store_(from) {}

    /// Runs that ended at `until` or before, the oldest first: about so many records. Throws store::unreadable.
    finished_page read(base::time_us until, std::size_t records_max);

    /// Damage is rare, and what is left is remembered, so that it is passed over. Where it is not rare, nothing is read any more.
    bool has_given_up() const noexcept { return left_.size() >= left_max; }

private:
    static constexpr std::size_t left_max = 1000;
    /// Of one piece, about. A run has four writes at most and five records at least, so it is 128 writes at most, a small part
    /// of a commit.
    static constexpr std::size_t batch_records = 160;
    static constexpr std::size_t records_besides = 3; ///< of a run, its history apart; that has two at least

    struct row
    {
        journal::record_key at;
        bool is_whole; ///< its own checksum holds
    };
    std::vector<row> due_rows(const store::snapshot& now, base::time_us until, std::size_t rows_max,
                              finished_page& page) const;
    std::optional<journal::run_header> header_of(const store::snapshot& now, const row& finished, finished_page& page);
    /// Counts them one by one: entries may have any number of chunks. It also brings pages that have left the page cache back to it, here
    /// and not in the commit.
    static std::size_t history_records(const store::snapshot& now, base::run_number run);
    static void erase_id(const store::snapshot& now, base::run_number run, const journal::run_header& header,
                         store::batch& erases);
    static void erase_records(std::span<const base::run_number> of, store::batch& erases);

    const store::store& store_;
    std::set<journal::record_key> left_;
};
}
