#pragma once

#include <cstddef>
#include <string_view>

namespace everstep::inline v0::detail
{
/// The offset of the first byte that is no part of well-formed UTF-8 (no surrogates, nothing overlong, at most U+10FFFF);
/// the size when there is none.
std::size_t utf8_error(std::string_view text) noexcept;
}
