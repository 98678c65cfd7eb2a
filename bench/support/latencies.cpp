#include "support/latencies.hpp"

#include <algorithm>

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
}
