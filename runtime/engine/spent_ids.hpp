#pragma once

// Counts the deleted runs of each slab of the id filter, and drops a slab when no id of it is left: else a process that runs for months
// would keep two bytes of every run that it ever had.
//
// Threads: one at a time.

#include "base/ids.hpp"
#include "engine/id_filter.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <span>

namespace everstep::core
{
class spent_ids
{
public:
    /// `first` is the first run number of this process: what runs below it have written was settled when the journal was opened.
    spent_ids(id_filter& filter, base::run_number first) : filter_(filter), first_(base::to_integer(first)) {}

    /// These runs are gone from the journal, durably.
    void add(std::span<const base::run_number> deleted);

    /// Drops what holds no id any more. Throws store::unreadable.
    void drop(const store::store& from);

private:
    static constexpr std::uint64_t slab_runs = id_filter::slab_generations << 14;

    bool is_spent(std::uint64_t slab, const store::store& from) const;

    id_filter& filter_;
    const std::uint64_t first_;
    std::map<std::uint64_t, std::uint64_t> deleted_; ///< by slab: runs of this process
    std::set<std::uint64_t> touched_;                ///< slabs to look at
};
}
