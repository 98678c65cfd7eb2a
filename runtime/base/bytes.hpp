#pragma once

// Bytes that mean the same on every machine: fixed-width integers in little and big endian, LEB128 varints, and a
// reader that takes its input for hostile.

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

namespace everstep::base
{
template <std::unsigned_integral Integer>
constexpr Integer reverse_bytes(Integer value) noexcept
{
    Integer reversed = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
        reversed = static_cast<Integer>(reversed | ((value >> (8 * i)) & 0xFFU) << (8 * (sizeof(Integer) - 1 - i)));
    return reversed;
}

template <std::unsigned_integral Integer>
void store_little(char* to, Integer value) noexcept
{
    if constexpr (std::endian::native == std::endian::big)
        value = reverse_bytes(value);
    std::memcpy(to, &value, sizeof value);
}

template <std::unsigned_integral Integer>
void store_big(char* to, Integer value) noexcept
{
    if constexpr (std::endian::native == std::endian::little)
        value = reverse_bytes(value);
    std::memcpy(to, &value, sizeof value);
}

template <std::unsigned_integral Integer>
Integer load_little(const char* from) noexcept
{
    Integer value{};
    std::memcpy(&value, from, sizeof value);
    if constexpr (std::endian::native == std::endian::big)
        value = reverse_bytes(value);
    return value;
}

template <std::unsigned_integral Integer>
Integer load_big(const char* from) noexcept
{
    Integer value{};
    std::memcpy(&value, from, sizeof value);
    if constexpr (std::endian::native == std::endian::little)
        value = reverse_bytes(value);
    return value;
}

template <std::unsigned_integral Integer>
void append_little(std::string& to, Integer value)
{
    char bytes[sizeof(Integer)];
    store_little(bytes, value);
    to.append(bytes, sizeof bytes);
}

/// The longest varint: ten groups of seven bits hold 64.
inline constexpr std::size_t varint_bytes_max = 10;

/// Writes `value` as LEB128, at most varint_bytes_max bytes; returns the position after it.
inline char* store_varint(char* to, std::uint64_t value) noexcept
{
    while (value >= 0x80)
    {
        *to++ = static_cast<char>((value & 0x7F) | 0x80);
        value >>= 7;
    }
    *to++ = static_cast<char>(value);
    return to;
}

inline void append_varint(std::string& to, std::uint64_t value)
{
    char bytes[varint_bytes_max];
    to.append(bytes, static_cast<std::size_t>(store_varint(bytes, value) - bytes));
}

/// Takes values off the front of some bytes. Every function returns false, and takes nothing, when the bytes do not
/// hold what is asked for. Varints longer than they need to be are refused, so that a value has one spelling only.
class byte_reader
{
public:
    explicit byte_reader(std::string_view bytes) noexcept : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
    bool empty() const noexcept { return at_ == end_; }

    template <std::integral Integer>
    bool little(Integer& to) noexcept
    {
        if (left() < sizeof(Integer))
            return false;
        to = static_cast<Integer>(load_little<std::make_unsigned_t<Integer>>(at_));
        at_ += sizeof(Integer);
        return true;
    }

    /// Refuses values that do not fit `to`.
    template <std::unsigned_integral Integer>
    bool varint(Integer& to) noexcept
    {
        if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80) [[likely]]
        {
            to = static_cast<unsigned char>(*at_++);
            return true;
        }
        std::uint64_t value{};
        const char* const after = long_varint(value);
        if (after == nullptr || value > std::numeric_limits<Integer>::max())
            return false;
        to = static_cast<Integer>(value);
        at_ = after;
        return true;
    }

    bool bytes(std::size_t size, std::string_view& to) noexcept
    {
        if (left() < size)
            return false;
        to = {at_, size};
        at_ += size;
        return true;
    }

    /// A varint length and that many bytes.
    bool text(std::string_view& to) noexcept
    {
        byte_reader ahead = *this;
        std::size_t size{};
        if (!ahead.varint(size) || !ahead.bytes(size, to))
            return false;
        *this = ahead;
        return true;
    }

    std::string_view rest() noexcept
    {
        const std::string_view all{at_, left()};
        at_ = end_;
        return all;
    }

private:
    /// The position after the varint; null when it is cut, above 64 bits or longer than it needs to be.
    const char* long_varint(std::uint64_t& value) const noexcept
    {
        unsigned shift = 0;
        for (const char* at = at_; at != end_; ++at, shift += 7)
        {
            const auto byte = static_cast<unsigned char>(*at);
            if (shift == 63 && byte > 1)
                return nullptr;
            value |= std::uint64_t{byte & 0x7FU} << shift;
            if (byte < 0x80)
                return byte == 0 && shift != 0 ? nullptr : at + 1;
        }
        return nullptr;
    }

    const char* at_;
    const char* end_;
};
}
