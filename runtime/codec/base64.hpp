#pragma once

// RFC 4648, the standard alphabet with padding. One text for each row of bytes: other spellings are refused.

#include <cstddef>
#include <optional>
#include <string_view>

namespace everstep::inline v0::detail
{
constexpr std::size_t base64_length(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }

/// Writes base64_length(size) characters, and returns what is behind them.
char* write_base64(const std::byte* bytes, std::size_t size, char* to) noexcept;

/// Nothing when the length cannot be that of a base64 text.
std::optional<std::size_t> base64_byte_count(std::string_view text) noexcept;

/// Writes base64_byte_count(text) bytes. False when the text is not base64.
bool read_base64(std::string_view text, std::byte* to) noexcept;
}
