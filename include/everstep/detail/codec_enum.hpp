#pragma once

// Described enums by the names of their enumerators, and variants by the names of their alternatives.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <everstep/detail/codec_names.hpp>

namespace everstep::inline v0::detail
{
template <class Enum>
struct enum_row
{
    Enum value;
    std::string_view name;
};

template <class Enum, class... Descriptors>
constexpr auto make_enum_rows(descriptor_list<Descriptors...>)
{
    return std::array<enum_row<Enum>, sizeof...(Descriptors)>{{{Descriptors::value, Descriptors::name}...}};
}

template <class Enum>
inline constexpr auto enum_rows = make_enum_rows<Enum>(enumerators_of<Enum>{});

/// Empty when the value has no name.
template <class Enum>
constexpr std::string_view enum_name(Enum value)
{
    for (const enum_row<Enum>& row : enum_rows<Enum>)
    {
        if (row.value == value)
            return row.name;
    }
    return {};
}

template <class Enum>
constexpr bool enum_value(std::string_view found, Enum& value)
{
    const std::string_view name = current_name<Enum>(found);
    for (const enum_row<Enum>& row : enum_rows<Enum>)
    {
        if (row.name == name)
        {
            value = row.value;
            return true;
        }
    }
    return false;
}

template <class... Ts>
std::array<std::string, sizeof...(Ts)> make_variant_tags(type_list<Ts...>)
{
    std::array<std::string, sizeof...(Ts)> tags{std::string(type_name<Ts>())...};
    const auto names = tags;
    for (std::size_t i = 0; i < tags.size(); ++i)
    {
        std::size_t before = 0;
        for (std::size_t j = 0; j < i; ++j)
            before += names[j] == names[i] ? 1 : 0;
        if (before != 0)
            tags[i] += '#' + std::to_string(before);
    }
    return tags;
}

/// The type name of each alternative; what has the name of an earlier one gets "#1", "#2" behind it.
template <class Variant>
const auto& variant_tags()
{
    using tags = std::array<std::string, std::variant_size_v<Variant>>;
    static const tags& all = *new tags(make_variant_tags(typename element_types<Variant>::type{}));
    return all;
}
}
