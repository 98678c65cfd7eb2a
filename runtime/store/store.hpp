#pragma once

// The store: a few ordered tables of small records, written in whole commits, one at a time. Keys are two numbers, but for one table,
// the rows, whose keys are bytes.
//
// It knows nothing of runs or entries; the journal layer gives bytes and keys their meaning (journal/FORMAT.md). What one
// commit contains is one argument, so the atomic unit is visible in the signature. Tables and keys: journal/record.hpp.

#include "journal/event.hpp"
#include "journal/record.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::store
{
using journal::record_key;
using journal::table;
using journal::table_count;
using key = record_key;

/// The writes of some turns, in order. Bytes are kept in one arena, so that a batch of a thousand records is two
/// allocations. Within all batches of one commit the last write to a key wins.
class batch
{
public:
    struct write
    {
        key at;
        std::uint32_t offset; ///< in bytes()
        std::uint32_t size;   ///< erase_mark: the record is erased; range_mark: all from `at` to end_of() are
        table where;
    };
    struct row_write
    {
        std::uint32_t key_offset; ///< in bytes()
        std::uint32_t key_size;
        std::uint32_t offset; ///< in bytes()
        std::uint32_t size;   ///< erase_mark: the row is erased
    };
    static constexpr std::uint32_t erase_mark = 0xFFFFFFFF;
    static constexpr std::uint32_t range_mark = 0xFFFFFFFE;

    /// `value` is at most journal::record_bytes_max long, and not a view into this batch.
    void put(table where, key at, std::string_view value);
    void erase(table where, key at);
    /// Writes to every key from `from` up to but not `to`, whether it is there or not: puts of the same commit that come before it are
    /// erased too, those that come after it stay. Records that lie together go cheaper this way than one by one.
    void erase_range(table where, key from, key to);
    /// `name` has 1 to journal::row_key_bytes_max bytes, `value` at most journal::record_bytes_max; neither is a view into this batch.
    void put_row(std::string_view name, std::string_view value);
    void erase_row(std::string_view name);
    /// An event of a topic; its number is 0 until number_events().
    void put_event(std::string_view topic, std::string_view value);
    /// Gives the events their numbers, in the order in which they were put, from `next` on, and moves it. May be done again.
    void number_events(journal::event_number& next) noexcept;
    void append(const batch& later);
    void clear() noexcept;

    /// Where the batch stands, to go back to: a turn that turns out too large leaves nothing behind.
    struct mark
    {
        std::size_t writes{};
        std::size_t bytes{};
        std::size_t rows{};
        std::size_t events{};
    };
    mark here() const noexcept { return {writes_.size(), bytes_.size(), rows_.size(), events_.size()}; }
    void truncate(mark to) noexcept
    {
        writes_.erase(writes_.begin() + static_cast<std::ptrdiff_t>(to.writes), writes_.end());
        rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(to.rows), rows_.end());
        events_.resize(to.events);
        bytes_.resize(to.bytes);
    }

    std::span<const write> writes() const noexcept { return writes_; }
    std::span<const row_write> rows() const noexcept { return rows_; }
    /// Writes of both kinds.
    std::size_t count() const noexcept { return writes_.size() + rows_.size(); }
    /// The value of a put; the others have none.
    std::string_view value_of(const write& w) const noexcept { return std::string_view(bytes_).substr(w.offset, w.size); }
    std::string_view value_of(const row_write& w) const noexcept { return std::string_view(bytes_).substr(w.offset, w.size); }
    std::string_view key_of(const row_write& w) const noexcept { return std::string_view(bytes_).substr(w.key_offset, w.key_size); }
    /// Where a range ends.
    key end_of(const write& range) const noexcept;
    std::size_t bytes() const noexcept { return bytes_.size(); }
    bool empty() const noexcept { return writes_.empty() && rows_.empty(); }

private:
    std::uint32_t keep(std::string_view bytes);

    std::vector<write> writes_;
    std::vector<row_write> rows_;
    std::vector<std::uint32_t> events_; ///< the first row of each; its others follow
    std::string bytes_;
};

/// What a commit came to.
enum class outcome : std::uint8_t
{
    durable, ///< on disk; readers see it
    full,    ///< disk or map is full: nothing of it was written; the same commit may be tried again
    unknown  ///< a write or sync failed: it may be on disk or not; this store takes no more commits (fail-stop)
};

struct commit_result
{
    outcome what{};
    std::string text; ///< for people: the C function and its error; empty when durable
};

/// Thrown by every call in a forked child: the journal belongs to the parent, and the child has dropped it.
class forked : public std::logic_error
{
public:
    forked() : std::logic_error("this process was forked from the one that opened the journal") {}
};

/// Thrown by read when the storage cannot be read: damaged, or dead after an unknown commit.
class unreadable : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

/// One consistent view of everything durable. Lives inside store::read only; views of values die with it.
class snapshot
{
public:
    /// Called in key order; false ends the scan.
    using visitor = std::function<bool(key, std::string_view)>;

    virtual std::optional<std::string_view> get(table where, key at) const = 0;
    virtual void scan(table where, key from, const visitor& visit) const = 0;
    virtual std::optional<key> last(table where) const = 0;

    using row_visitor = std::function<bool(std::string_view name, std::string_view value)>;
    virtual std::optional<std::string_view> row(std::string_view name) const = 0;
    /// In the order of bytes, from `from` on.
    virtual void scan_rows(std::string_view from, const row_visitor& visit) const = 0;

protected:
    ~snapshot() = default;
};

struct space
{
    std::uint64_t used_bytes{};        ///< by live records; space that erasing has freed does not count
    std::uint64_t capacity_bytes{};    ///< of the map; at 0 left even an erase is refused (H5), so keep a reserve
    std::uint64_t oldest_reader_lag{}; ///< commits since the oldest live snapshot was opened
};

class store
{
public:
    virtual ~store() = default;
    store(const store&) = delete;
    store& operator=(const store&) = delete;

    /// Asked once, as late as the store can (LMDB: when all else is written and has yet to be synced): what is to go with the parts, as if
    /// it stood at their end. It must not call the store; what it gives outlives the commit.
    using late_parts = std::function<std::span<const batch* const>()>;

    /// Applies all batches as one atomic, durable unit. Threads: any, but one at a time; LMDB
    /// binds a transaction to its thread (H18), and it begins and ends in this call.
    /// Durable on return when the result says so. Never throws for the disk's sake. Nothing to write is durable at once, and then
    /// `late` is not asked.
    commit_result commit(std::span<const batch* const> parts, const late_parts& late = {}) { return do_commit(parts, late); }

    /// Shows one snapshot to `visit`, on the calling thread, any thread. It must not wait, suspend or call the store again.
    virtual void read(const std::function<void(const snapshot&)>& visit) const = 0;

    /// Any thread. Cheap.
    virtual space usage() const = 0;

    /// Frees what dead readers hold (H8). Any thread; returns how many there were.
    virtual std::uint32_t check_readers() = 0;

protected:
    store() = default;

private:
    virtual commit_result do_commit(std::span<const batch* const> parts, const late_parts& late) = 0;
};
}
