#include "journal/path.hpp"

#include <charconv>

namespace everstep::journal
{
std::string path::text() const
{
    std::array<char, depth_max * 11> characters;
    char* to = characters.data();
    for (const std::uint32_t number : numbers())
    {
        if (to != characters.data())
            *to++ = '.';
        to = std::to_chars(to, characters.data() + characters.size(), number).ptr;
    }
    return {characters.data(), to};
}
}
