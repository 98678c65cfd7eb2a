#include <everstep/detail/codec_trouble.hpp>

#include <algorithm>
#include <utility>

#include <everstep/error.hpp>

namespace everstep::inline v0::detail
{
namespace
{
/// In quotes; what is long is cut, between two characters.
std::string quoted(std::string_view text)
{
    constexpr std::size_t shown_max = 64;
    std::size_t shown = std::min(text.size(), shown_max);
    while (shown != 0 && shown != text.size() && (static_cast<unsigned char>(text[shown]) & 0xC0U) == 0x80U)
        --shown;
    std::string part(1, '"');
    part += text.substr(0, shown);
    part += shown == text.size() ? "\"" : "…\"";
    return part;
}
}

bool codec_trouble::refuse(std::string reason)
{
    reason_ = std::move(reason);
    path_.clear();
    return false;
}

bool codec_trouble::refuse_name(std::string_view name, std::string_view kind, std::string_view type)
{
    return refuse(quoted(name) + " is no " + std::string(kind) + " of " + std::string(type));
}

bool codec_trouble::in_member(std::string_view name)
{
    path_.insert(0, name).insert(0, 1, '.');
    return false;
}

bool codec_trouble::in_element(std::size_t index)
{
    path_.insert(0, '[' + std::to_string(index) + ']');
    return false;
}

bool codec_trouble::in_key(std::string_view key)
{
    path_.insert(0, '[' + quoted(key) + ']');
    return false;
}

void codec_trouble::raise(std::string_view type) const
{
    throw codec_error(std::string(type) + path_ + ": " + reason_);
}
}
