#pragma once

// Lists the runs that the journal has, in the order of their numbers, a page at a time.
//
// Threads: any.

#include "store/store.hpp"

#include <everstep/run_list.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace everstep::core
{
struct run_page
{
    std::vector<run_summary> runs;
    std::uint64_t next{}; ///< number from which the next page is read; 0: there is none
};

/// Looks at no more than `looks_max` runs: between two pages the journal may let go of what was written over.
run_page list_runs(const store::store& from, const run_filter& which, std::uint64_t first, std::size_t runs_max, std::size_t looks_max);
}
