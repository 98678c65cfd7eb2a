#pragma once

// Why a value was refused, and where: the reason is noted where it is found, then every level on the way out puts its own
// part of the path in front. Nothing is thrown inside, so a good value pays nothing for it.

#include <cstddef>
#include <string>
#include <string_view>

namespace everstep::inline v0::detail
{
class codec_trouble
{
public:
    // All return false, to be returned.
    bool refuse(std::string reason);
    /// "\"pink\" is no value of shop::color".
    bool refuse_name(std::string_view name, std::string_view kind, std::string_view type);
    bool in_member(std::string_view name);
    bool in_element(std::size_t index);
    bool in_key(std::string_view key);

    /// Throws codec_error: "order.lines[3].price: NaN cannot be kept".
    [[noreturn]] void raise(std::string_view type) const;

private:
    std::string path_;
    std::string reason_;
};
}
