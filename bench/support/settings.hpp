#pragma once

#include <cstdint>
#include <string>

namespace everstep::bench
{
/// How much is measured.
enum class amount_of_work : std::uint8_t
{
    quick, ///< smaller amounts, two rounds: everything in a minute
    usual,
    giant ///< the usual, and the largest journals: 10 million runs, 50 million entries
};

/// What the command line asks for.
struct settings
{
    amount_of_work amount{amount_of_work::usual};
    std::string directory{"."}; ///< journals are made in it: it must be on the disk in question
    std::string json;           ///< file to write; empty: none
    std::string report;         ///< directory for the report and its plots; empty: none
    double sync_us{};           ///< median of one fdatasync there, measured before anything else

    bool quick() const noexcept { return amount == amount_of_work::quick; }
    bool giant() const noexcept { return amount == amount_of_work::giant; }
    /// Each figure is measured so often, ours and floor in turns.
    int rounds() const noexcept { return quick() ? 2 : 5; }
    /// The same for figures that are not among the first that one looks at, or take long: a quick look at them is one.
    int rounds_of_minor() const noexcept { return quick() ? 1 : rounds(); }
};
}
