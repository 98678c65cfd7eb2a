#pragma once

// Numbers and columns as people read them.

#include <cstddef>
#include <string>

namespace everstep::bench
{
/// "1234567" as "1,234,567".
std::string grouped(double value);
std::string fixed(double value, int decimals = 2);
/// As many decimals as leave three digits or more: "0.0123", "1.23", "12.3", "12,345".
std::string readable(double value);
/// Filled up with blanks, in front unless `left`.
std::string padded(std::string text, std::size_t width, bool left = false);
}
