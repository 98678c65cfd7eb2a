#include <everstep/detail/key_codec.hpp>

#include <cstddef>

namespace everstep::inline v0::detail
{
namespace
{
constexpr char zero = '\0';
constexpr char escaped = '\xFF'; ///< after a zero: the zero is one of the text
constexpr char end = '\x01';     ///< after a zero: the text has ended
}

void append_key_text_begin(std::string& to, std::string_view text)
{
    for (std::size_t at = text.find(zero); at != std::string_view::npos; at = text.find(zero))
    {
        to.append(text.substr(0, at + 1)).push_back(escaped);
        text.remove_prefix(at + 1);
    }
    to.append(text);
}

void append_key_text(std::string& to, std::string_view text)
{
    append_key_text_begin(to, text);
    to.push_back(zero);
    to.push_back(end);
}

bool take_key_text(std::string_view& from, std::string& to)
{
    to.clear();
    while (true)
    {
        const std::size_t at = from.find(zero);
        if (at == std::string_view::npos || at + 1 == from.size())
            return false;
        const char after = from[at + 1];
        to.append(from.substr(0, at));
        from.remove_prefix(at + 2);
        if (after == end)
            return true;
        if (after != escaped)
            return false;
        to.push_back(zero);
    }
}

void append_key_number(std::string& to, std::uint64_t number, unsigned bytes)
{
    for (unsigned left = bytes; left > 0; --left)
        to.push_back(static_cast<char>(number >> (8 * (left - 1)) & 0xFF));
}

bool take_key_number(std::string_view& from, std::uint64_t& to, unsigned bytes) noexcept
{
    if (from.size() < bytes)
        return false;
    to = 0;
    for (unsigned n = 0; n < bytes; ++n)
        to = to << 8 | static_cast<unsigned char>(from[n]);
    from.remove_prefix(bytes);
    return true;
}
}
