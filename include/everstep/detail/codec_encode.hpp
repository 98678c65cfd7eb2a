#pragma once

// put_value(): one T to JSON text. Returns false with the trouble noted; the text is then thrown away.

#include <cstddef>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <everstep/detail/codec_enum.hpp>
#include <everstep/detail/codec_writer.hpp>
#include <everstep/error.hpp>

namespace everstep::inline v0::detail
{
template <class T>
bool put_value(writer& out, const T& value);

/// `{"name":` or `,"name":`, ready to be copied.
template <class Descriptor, bool First>
consteval auto make_prefix()
{
    constexpr std::string_view name = name_of_member<Descriptor>;
    std::array<char, name.size() + 4> prefix{};
    std::size_t at = 0;
    prefix[at++] = First ? '{' : ',';
    prefix[at++] = '"';
    for (const char c : name)
        prefix[at++] = c;
    prefix[at++] = '"';
    prefix[at] = ':';
    return prefix;
}

template <class Descriptor, bool First>
inline constexpr auto member_prefix = make_prefix<Descriptor, First>();

template <class Descriptor, bool First, class T>
bool put_member(writer& out, const T& value)
{
    out.put(member_prefix<Descriptor, First>);
    return put_value(out, value.*Descriptor::pointer) || out.trouble().in_member(Descriptor::name);
}

template <class T, class First, class... Others>
bool put_members(writer& out, const T& value, descriptor_list<First, Others...>)
{
    if (!out.open_unwritten() || !put_member<First, true>(out, value) ||
        !(put_member<Others, false>(out, value) && ...))
        return false;
    out.close('}');
    return true;
}

template <class T>
bool put_members(writer& out, const T&, descriptor_list<>)
{
    if (!out.open('{'))
        return false;
    out.close('}');
    return true;
}

template <class T>
bool put_enum(writer& out, T value)
{
    const std::string_view name = enum_name(value);
    if (name.empty())
    {
        const auto number = static_cast<std::underlying_type_t<T>>(value);
        return out.trouble().refuse(std::to_string(+number) + " is no named value of " + std::string(type_name<T>()));
    }
    out.put('"');
    out.put(name);
    out.put('"');
    return true;
}

template <class T>
void put_integer(writer& out, T value)
{
    if constexpr (std::is_signed_v<T>)
        out.put_signed(value);
    else
        out.put_unsigned(value);
}

template <class Range>
bool put_sequence(writer& out, const Range& range)
{
    if (!out.open('['))
        return false;
    std::size_t index = 0;
    for (const typename Range::value_type& element : range)
    {
        if (index != 0)
            out.put(',');
        if (!put_value(out, element))
            return out.trouble().in_element(index);
        ++index;
    }
    out.close(']');
    return true;
}

template <class Key>
bool put_key(writer& out, const Key& key)
{
    if constexpr (kind_of<Key> == value_kind::integer)
    {
        out.put('"');
        put_integer(out, key);
        out.put('"');
        return true;
    }
    else
    {
        return put_value(out, key);
    }
}

template <class Key>
bool in_key(codec_trouble& trouble, const Key& key)
{
    if constexpr (kind_of<Key> == value_kind::integer)
        return trouble.in_key(std::to_string(key));
    else if constexpr (kind_of<Key> == value_kind::enumeration)
        return trouble.in_key(enum_name(key));
    else
        return trouble.in_key(key);
}

template <class Map>
bool put_object_map(writer& out, const Map& map)
{
    if (!out.open('{'))
        return false;
    bool first = true;
    for (const auto& [key, value] : map)
    {
        if (!first)
            out.put(',');
        first = false;
        if (!put_key(out, key))
            return false;
        out.put(':');
        if (!put_value(out, value))
            return in_key(out.trouble(), key);
    }
    out.close('}');
    return true;
}

template <class Map>
bool put_pairs_map(writer& out, const Map& map)
{
    if (!out.open('['))
        return false;
    std::size_t index = 0;
    for (const auto& [key, value] : map)
    {
        if (index != 0)
            out.put(',');
        if (!out.open('[') || !put_value(out, key))
            return out.trouble().in_element(index);
        out.put(',');
        if (!put_value(out, value))
            return out.trouble().in_element(index);
        out.close(']');
        ++index;
    }
    out.close(']');
    return true;
}

template <class Map>
bool put_map(writer& out, const Map& map)
{
    if constexpr (key_is_text<typename Map::key_type>)
        return put_object_map(out, map);
    else
        return put_pairs_map(out, map);
}

/// optional and unique_ptr.
template <class Pointer>
bool put_pointed(writer& out, const Pointer& pointer)
{
    if (!pointer)
    {
        out.put_null();
        return true;
    }
    if constexpr (may_be_null<std::remove_cvref_t<decltype(*pointer)>>())
    {
        if (!out.open('[') || !put_value(out, *pointer))
            return false;
        out.close(']');
        return true;
    }
    else
    {
        return put_value(out, *pointer);
    }
}

template <class Variant>
bool put_variant(writer& out, const Variant& variant)
{
    if (variant.valueless_by_exception())
        return out.trouble().refuse("a variant without a value cannot be kept");
    const std::string_view tag = variant_tags<Variant>()[variant.index()];
    if (!out.open('{') || !out.put_string(tag))
        return false;
    out.put(':');
    if (!std::visit([&out](const auto& value) { return put_value(out, value); }, variant))
        return out.trouble().in_key(tag);
    out.close('}');
    return true;
}

template <std::size_t I, class Tuple>
bool put_tuple_element(writer& out, const Tuple& tuple)
{
    if constexpr (I != 0)
        out.put(',');
    return put_value(out, std::get<I>(tuple)) || out.trouble().in_element(I);
}

template <class Tuple, std::size_t... I>
bool put_tuple(writer& out, const Tuple& tuple, std::index_sequence<I...>)
{
    if (!out.open('[') || !(put_tuple_element<I>(out, tuple) && ...))
        return false;
    out.close(']');
    return true;
}

/// What the user's code throws becomes our error, with the path; lack of memory stays what it is.
template <class T>
bool put_custom(writer& out, const T& value)
{
    try
    {
        return put_value<wire_type<T>>(out, codec<T>::to(value));
    }
    catch (const std::bad_alloc&)
    {
        throw;
    }
    catch (const std::exception& thrown)
    {
        return out.trouble().refuse("codec<" + std::string(type_name<T>()) + ">::to: " + thrown.what());
    }
}

template <class T>
bool put_value(writer& out, const T& value)
{
    using enum value_kind;
    constexpr value_kind kind = kind_of<T>;
    if constexpr (kind == custom)
        return put_custom(out, value);
    else if constexpr (kind == value_kind::nothing)
        return out.put_null(), true;
    else if constexpr (kind == boolean)
        return out.put_bool(value), true;
    else if constexpr (kind == character)
        return out.put_char(value);
    else if constexpr (kind == byte)
        return out.put_unsigned(std::to_integer<std::uint8_t>(value)), true;
    else if constexpr (kind == integer)
        return put_integer(out, value), true;
    else if constexpr (kind == real)
        return out.put_real(value);
    else if constexpr (kind == text)
        return out.put_string(value);
    else if constexpr (kind == byte_vector || kind == byte_array)
        return out.put_base64(value.data(), value.size()), true;
    else if constexpr (kind == sequence || kind == fixed_sequence || kind == set)
        return put_sequence(out, value);
    else if constexpr (kind == map)
        return put_map(out, value);
    else if constexpr (kind == optional || kind == unique)
        return put_pointed(out, value);
    else if constexpr (kind == variant)
        return put_variant(out, value);
    else if constexpr (kind == tuple)
        return put_tuple(out, value, std::make_index_sequence<std::tuple_size_v<T>>{});
    else if constexpr (kind == duration)
        return put_value(out, value.count());
    else if constexpr (kind == time_point)
        return put_value(out, value.time_since_epoch().count());
    else if constexpr (kind == json)
        return out.put_json(value);
    else if constexpr (kind == value_kind::enumeration)
        return put_enum(out, value);
    else
        return put_members(out, value, members_of<T>{});
}
}
