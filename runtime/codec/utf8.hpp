#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace everstep::inline v0::detail
{
/// The offset of the first byte that is no part of well-formed UTF-8 (no surrogates, nothing overlong, at most U+10FFFF);
/// the size when there is none.
std::size_t utf8_error(std::string_view text) noexcept;

/// At most so many bytes of it, cut between two characters, with U+FFFD for each byte that is no part of one: for texts that come from
/// anywhere and are to be encoded. May be longer than `bytes_max` by what is put in.
std::string readable(std::string_view text, std::size_t bytes_max);
}
