#pragma once

#include "base/checksum.hpp"
#include "journal/path.hpp"

#include <string>

namespace everstep::replay
{
/// 32 hexadecimal digits.
std::string hex_of(const base::hash128& bits);

/// What an operation is known by outside: hex of XXH3-128(seed, path), 32 digits; the same for every attempt, through retries and crashes,
/// whichever compiler built the code.
std::string token_of(const base::hash128& seed, const journal::path& where);
}
