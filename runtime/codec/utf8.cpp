#include "codec/utf8.hpp"

namespace everstep::inline v0::detail
{
namespace
{
struct lead
{
    unsigned length; ///< 0: no lead byte
    unsigned second_least;
    unsigned second_most;
};

// Table 3-7 of the Unicode standard: only the second byte's range depends on the first one.
lead lead_of(unsigned char byte) noexcept
{
    if (byte < 0xC2 || byte > 0xF4)
        return {0, 0, 0};
    if (byte < 0xE0)
        return {2, 0x80, 0xBF};
    if (byte < 0xF0)
        return {3, byte == 0xE0 ? 0xA0U : 0x80U, byte == 0xED ? 0x9FU : 0xBFU};
    return {4, byte == 0xF0 ? 0x90U : 0x80U, byte == 0xF4 ? 0x8FU : 0xBFU};
}
}

std::size_t utf8_error(std::string_view text) noexcept
{
    std::size_t at = 0;
    while (at < text.size())
    {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x80)
        {
            ++at;
            continue;
        }
        const lead first = lead_of(byte);
        if (first.length == 0 || text.size() - at < first.length)
            return at;
        const auto second = static_cast<unsigned char>(text[at + 1]);
        if (second < first.second_least || second > first.second_most)
            return at;
        for (unsigned i = 2; i < first.length; ++i)
        {
            if ((static_cast<unsigned char>(text[at + i]) & 0xC0U) != 0x80U)
                return at;
        }
        at += first.length;
    }
    return at;
}

std::string readable(std::string_view text, std::size_t bytes_max)
{
    if (text.size() > bytes_max)
    {
        while (bytes_max != 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0U) == 0x80U)
            --bytes_max;
        text = text.substr(0, bytes_max);
    }
    std::string bytes(text);
    for (std::size_t at = utf8_error(bytes); at < bytes.size(); at = utf8_error(bytes))
        bytes.replace(at, 1, "\xEF\xBF\xBD");
    return bytes;
}
}
