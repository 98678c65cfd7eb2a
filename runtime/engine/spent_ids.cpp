#include "engine/spent_ids.hpp"

#include <algorithm>

namespace everstep::core
{
void spent_ids::add(std::span<const base::run_number> deleted)
{
    for (const base::run_number run : deleted)
    {
        const std::uint64_t number = base::to_integer(run);
        touched_.insert(number / slab_runs);
        if (number >= first_)
            ++deleted_[number / slab_runs];
    }
}

void spent_ids::drop(const store::store& from)
{
    if (!filter_.is_complete())
        return; // ids of before the open are still being added
    for (const std::uint64_t slab : touched_)
        if (is_spent(slab, from))
        {
            filter_.drop(slab);
            deleted_.erase(slab);
        }
    touched_.clear();
}

bool spent_ids::is_spent(std::uint64_t slab, const store::store& from) const
{
    // A run of this process may have its number and not be in the journal yet. So all numbers that this process has given, or will give,
    // are counted: that many runs were durable, and were deleted.
    const std::uint64_t end = (slab + 1) * slab_runs;
    const std::uint64_t given = end - std::clamp(first_, slab * slab_runs, end);
    const auto counted = deleted_.find(slab);
    if ((counted == deleted_.end() ? 0 : counted->second) < given)
        return false;
    bool is_empty = true;
    from.read(
        [&](const store::snapshot& now)
        {
            now.scan(journal::table::id, {slab * id_filter::slab_generations, 0},
                     [&](journal::record_key at, std::string_view)
                     {
                         is_empty = at.major >= (slab + 1) * id_filter::slab_generations;
                         return false;
                     });
        });
    return is_empty;
}
}
