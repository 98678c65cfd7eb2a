#pragma once

// Reads the wake table, a page of rows at a time, and hands what it finds to the shards: what is due at open, and later what will be
// due soon. Rows beyond its horizon are in the store alone, so sleeping runs cost no memory.
//
// A shard keeps a wait in memory only where it lies before the horizon. The horizon moves before the snapshot for it is opened, and a
// shard asks for it after the row is durable: so a row is seen by one of the two at least, and seeing it twice is harmless.
//
// Threads: any.

#include "base/ids.hpp"
#include "journal/record.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>

namespace everstep::core
{
class wake_index
{
public:
    struct row
    {
        base::time_us due;
        base::run_number run;
        std::uint64_t id_hash;
    };
    using taker = std::function<void(const row&)>;

    explicit wake_index(const store::store& from) : store_(from) {}

    /// Reads the next page of rows and moves the horizon behind it. Returns how many rows were given to `take`; unreadable ones are
    /// given to `damaged`. One caller at a time; others return 0. Throws
    /// store::unreadable; the same page is then read by the next call.
    std::size_t load(const taker& take, const std::function<void(base::run_number)>& damaged);

    /// Whether a wait that is durable must be kept in memory.
    bool is_before_horizon(base::time_us due, base::run_number run) const;

    /// When the next page is needed; due_never where there is none.
    base::time_us horizon() const;

private:
    static constexpr std::size_t page_rows = 8192;

    journal::record_key end_of_page(journal::record_key from) const;
    std::size_t read_page(journal::record_key from, journal::record_key to, const taker& take,
                          const std::function<void(base::run_number)>& damaged) const;

    const store::store& store_;
    mutable std::mutex mutex_;
    journal::record_key horizon_{0, 0}; ///< first key that was not read
    bool loading_{};
};
}
