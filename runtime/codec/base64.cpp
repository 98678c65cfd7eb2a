#include "codec/base64.hpp"

#include <array>
#include <cstdint>

namespace everstep::inline v0::detail
{
namespace
{
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 255;

constexpr std::array<std::uint8_t, 256> make_digits()
{
    std::array<std::uint8_t, 256> digits{};
    digits.fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return digits;
}
constexpr auto digits = make_digits();

std::size_t padding_of(std::string_view text) noexcept
{
    if (text.empty() || text.back() != '=')
        return 0;
    return text[text.size() - 2] == '=' ? 2 : 1;
}
}

char* write_base64(const std::byte* bytes, std::size_t size, char* to) noexcept
{
    for (std::size_t at = 0; at < size; at += 3)
    {
        const std::size_t left = size - at;
        const auto first = std::to_integer<std::uint32_t>(bytes[at]);
        const auto second = left > 1 ? std::to_integer<std::uint32_t>(bytes[at + 1]) : 0U;
        const auto third = left > 2 ? std::to_integer<std::uint32_t>(bytes[at + 2]) : 0U;
        const std::uint32_t group = first << 16U | second << 8U | third;
        *to++ = alphabet[group >> 18U];
        *to++ = alphabet[group >> 12U & 63U];
        *to++ = left > 1 ? alphabet[group >> 6U & 63U] : '=';
        *to++ = left > 2 ? alphabet[group & 63U] : '=';
    }
    return to;
}

std::optional<std::size_t> base64_byte_count(std::string_view text) noexcept
{
    if (text.size() % 4 != 0)
        return std::nullopt;
    return text.size() / 4 * 3 - padding_of(text);
}

bool read_base64(std::string_view text, std::byte* to) noexcept
{
    const std::size_t padding = padding_of(text);
    const std::size_t characters = text.size() - padding;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (std::size_t at = 0; at < characters; ++at)
    {
        const std::uint8_t digit = digits[static_cast<unsigned char>(text[at])];
        if (digit == no_digit)
            return false;
        bits = bits << 6U | digit;
        count += 6;
        if (count >= 8)
        {
            count -= 8;
            *to++ = static_cast<std::byte>(bits >> count & 255U);
        }
    }
    // Bits that are left over must be zero, or two texts would stand for the same bytes.
    return (bits & ((1U << count) - 1U)) == 0;
}
}
