#pragma once

#include <string>

namespace everstep::bench
{
/// What the command line asks for.
struct settings
{
    bool quick{};
    std::string directory{"."}; ///< journals are made in it: it must be on the disk in question
    std::string json;           ///< file to write; empty: none
    double sync_us{};           ///< median of one fdatasync there, measured before anything else

    /// Each figure is measured so often, ours and floor in turns.
    int rounds() const noexcept { return quick ? 3 : 5; }
};
}
