#pragma once

#include <memory>
#include <vector>

namespace everstep::bench
{
/// How the samples of one measurement are spread: what a plot of latencies shows.
struct spread
{
    struct point
    {
        double share; ///< of the samples that are not above it
        double us;
    };
    std::vector<point> points;
};

/// A measurement fills it, the figure shows it.
using shared_spread = std::shared_ptr<spread>;
}
