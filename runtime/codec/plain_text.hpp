#pragma once

// Characters that stand in a JSON string as they are: printable ASCII but for the quote and the backslash. Found a block at a time.

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace everstep::inline v0::detail
{
constexpr bool is_plain(unsigned char c) noexcept { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

/// first(): which of the characters is the first that is not plain; `size` when all are.
struct block_of_8
{
    static constexpr std::size_t size = 8;
    static std::size_t first(const char* from) noexcept
    {
        // The usual bit tricks: the top bit of a byte is set where it is below 0x20, a quote, a backslash, or above 0x7F. Borrows may
        // mark more bytes than that, but only such as come after a rightly marked one.
        constexpr std::uint64_t ones = 0x0101010101010101U;
        constexpr std::uint64_t tops = 0x8080808080808080U;
        std::uint64_t word{};
        std::memcpy(&word, from, sizeof word);
        const std::uint64_t quotes = word ^ (ones * '"');
        const std::uint64_t slashes = word ^ (ones * '\\');
        const std::uint64_t marks = (word | (word - ones * 0x20) | (quotes - ones) | (slashes - ones)) & tops;
        if (marks == 0)
            return size;
        std::size_t at = 0;
        if constexpr (std::endian::native == std::endian::little)
            at = static_cast<std::size_t>(std::countr_zero(marks)) / 8;
        else
            while (is_plain(static_cast<unsigned char>(from[at])))
                ++at;
        return at;
    }
};

#ifdef __SSE2__
struct block_of_16
{
    static constexpr std::size_t size = 16;
    static std::size_t first(const char* from) noexcept
    {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)); // and what is above 0x7F: negative
        const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        const __m128i slashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
        const auto marks = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quotes, slashes))));
        return static_cast<std::size_t>(std::countr_zero(marks | 1U << size));
    }
};
using usual_block = block_of_16;
#else
using usual_block = block_of_8;
#endif

/// How many characters from the begin are plain.
template <class Block = usual_block>
std::size_t plain_length(std::string_view text) noexcept
{
    std::size_t at = 0;
    for (; text.size() - at >= Block::size; at += Block::size)
        if (const std::size_t first = Block::first(text.data() + at); first != Block::size)
            return at + first;
    if (at != 0 && at != text.size()) // the last block, some of it for the second time
        return text.size() - Block::size + Block::first(text.data() + text.size() - Block::size);
    while (at < text.size() && is_plain(static_cast<unsigned char>(text[at])))
        ++at;
    return at;
}
}
