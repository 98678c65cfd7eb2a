#pragma once

// Histories as records: cutting entries into records that fit a page, chaining their checksums, and putting them together
// again. Bytes: FORMAT.md, "history".

#include "journal/entry.hpp"
#include "journal/record.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::journal
{
/// The end of a history: where the next entry goes and which checksum it chains to.
struct tail
{
    std::uint32_t next_seq{};    ///< seq of the next entry
    std::uint64_t checksum{};    ///< of the last record; the run number's hash before the first
    friend bool operator==(const tail&, const tail&) = default;
};

tail first_tail(base::run_number run) noexcept;

/// Appends `e` to the history that ends in `end` by handing one or more records to `put`, and moves `end`.
/// Returns the bytes of the values. Record values are at most record_bytes_max. `put` must copy what it is given, and
/// must neither call append nor leave the thread; when it throws, `end` has not moved.
using put_record = std::function<void(record_key, std::string_view)>;
std::size_t append(base::run_number run, tail& end, const entry& e, const put_record& put);

/// The body of an entry that lies whole in one record, as most do. Nothing: it is cut into chunks, or its checksum, which covers
/// `previous`, that of the record before, does not match; a history_reader tells which.
std::optional<std::string_view> whole_entry(record_key at, std::string_view value, std::uint64_t previous) noexcept;

enum class history_fault : std::uint8_t
{
    none,
    newer_format, ///< a record's format byte is above ours
    damaged,      ///< checksum, chain, gap or bounds
};

/// Reads the records of one run in key order, and checks all of it.
class history_reader
{
public:
    explicit history_reader(base::run_number run);
    /// Begins at `from` instead of the first entry.
    history_reader(base::run_number run, const tail& from);

    /// Takes the next record. False: the record is refused, see fault().
    bool take(record_key at, std::string_view value);

    /// Before the first record: a tail that this history once had (its wake row keeps one). A history that ends
    /// before it or passes it with another checksum is damaged.
    void expect(const tail& written) noexcept { expected_ = written; }

    /// After the last record: false when an entry lacks chunks, or when the history ends before the expected tail.
    bool finish();

    /// Bodies of the complete entries in order, each to be given to decode(). The bytes stay as long as the reader.
    const std::vector<std::string_view>& entries() const noexcept { return entries_; }

    /// Where the next entry goes, once finish() was true.
    const tail& end() const noexcept { return end_; }
    history_fault fault() const noexcept { return fault_; }
    const std::string& fault_text() const noexcept { return fault_text_; }
    /// Of all bodies.
    std::size_t bytes() const noexcept { return bytes_; }

private:
    bool refuse(history_fault what, std::string_view text);
    bool take_part(std::string_view body);
    bool complete(std::string_view body);
    char* room_for(std::size_t size);

    base::run_number run_;
    tail end_;
    tail expected_;
    std::vector<std::unique_ptr<char[]>> blocks_; ///< of bodies; never moved, so that views stay
    char* next_free_{};
    std::size_t block_size_{};
    std::size_t block_left_{};
    std::vector<std::string_view> entries_;
    std::size_t bytes_{};
    std::string cut_entry_;         ///< the entry being put together
    std::uint64_t missing_bytes_{}; ///< of it
    std::uint32_t next_chunk_{};
    history_fault fault_{history_fault::none};
    std::string fault_text_;
};
}
