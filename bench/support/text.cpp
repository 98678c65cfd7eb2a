#include "support/text.hpp"

#include <cmath>
#include <cstdio>

namespace everstep::bench
{
std::string grouped(double value)
{
    std::string text = std::to_string(std::llround(value));
    const std::ptrdiff_t first = value < 0 ? 1 : 0;
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > first; at -= 3)
        text.insert(static_cast<std::size_t>(at), 1, ',');
    return text;
}

std::string fixed(double value, int decimals)
{
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    return text;
}

std::string readable(double value)
{
    const double size = std::fabs(value);
    if (value == 0)
        return "0";
    if (size >= 100)
        return grouped(value);
    return fixed(value, size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4);
}

std::string padded(std::string text, std::size_t width, bool left)
{
    const std::string blanks(width > text.size() ? width - text.size() : 0, ' ');
    return left ? text + blanks : blanks + text;
}
}
