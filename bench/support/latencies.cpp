#include "support/latencies.hpp"

#include <algorithm>
#include <cmath>

namespace everstep::bench
{
double latencies::quantile(double share)
{
    const std::size_t count = std::min(count_.load(), samples_.size());
    if (count == 0)
        return 0;
    const auto rank = std::min(count - 1, static_cast<std::size_t>(share * static_cast<double>(count)));
    const auto at = samples_.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(samples_.begin(), at, samples_.begin() + static_cast<std::ptrdiff_t>(count));
    return static_cast<double>(*at);
}

spread latencies::shape()
{
    constexpr int points_a_decade = 10;
    constexpr int decades = 4;
    const double count = static_cast<double>(std::min(count_.load(), samples_.size()));
    spread made;
    for (int i = 0; i <= points_a_decade * decades; ++i)
    {
        const double above = std::pow(10., -static_cast<double>(i) / points_a_decade);
        if (above * count < 1)
            break; // fewer samples than the point is about
        made.points.push_back({1 - above, quantile(1 - above)});
    }
    return made;
}
}
