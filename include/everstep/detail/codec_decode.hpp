#pragma once

// get_value(): the JSON value that comes next into a T that holds its defaults. Returns false with the trouble noted; the T
// is then of no use.

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <exception>
#include <limits>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <everstep/detail/codec_enum.hpp>
#include <everstep/detail/codec_reader.hpp>
#include <everstep/error.hpp>

namespace everstep::inline v0::detail
{
template <class T>
bool get_value(reader& in, T& value);

template <class T>
using member_flags = std::bitset<(members_of<T>::size == 0 ? 1 : members_of<T>::size)>;

template <class Descriptor, class T>
bool get_member(reader& in, T& value)
{
    return get_value(in, value.*Descriptor::pointer) || in.trouble().in_member(Descriptor::name);
}

/// The members that stand in the order of the struct, which is what encode writes: no search for names.
template <class T, class... Descriptors>
bool get_ordered_members(reader& in, T& value, std::size_t& left, member_flags<T>& seen,
                         descriptor_list<Descriptors...>)
{
    [[maybe_unused]] std::size_t index = 0;
    [[maybe_unused]] const auto one = [&]<class Descriptor>(Descriptor)
    {
        const std::size_t own = index++;
        if (left == 0 || in.peek() != name_of_member<Descriptor>)
            return true;
        in.step();
        --left;
        seen.set(own);
        return get_member<Descriptor>(in, value);
    };
    return (one(Descriptors{}) && ...);
}

/// The rest, in any order: old names, names that we do not know.
template <class T, class... Descriptors>
bool get_other_members(reader& in, T& value, std::size_t left, member_flags<T>& seen, descriptor_list<Descriptors...>)
{
    using get = bool (*)(reader&, T&);
    static constexpr std::array<std::string_view, sizeof...(Descriptors)> names{name_of_member<Descriptors>...};
    static constexpr std::array<get, sizeof...(Descriptors)> getters{&get_member<Descriptors, T>...};
    for (; left != 0; --left)
    {
        const std::string_view name = current_name<T>(in.peek());
        in.step();
        const auto index = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
        if (index == names.size())
        {
            in.skip();
            continue;
        }
        if (seen.test(index))
        {
            in.trouble().refuse("given twice");
            return in.trouble().in_member(name);
        }
        seen.set(index);
        if (!getters[index](in, value))
            return false;
    }
    return true;
}

template <class T>
bool get_struct(reader& in, T& value)
{
    std::size_t left = 0;
    member_flags<T> seen;
    if (!in.open(token_kind::object, left) || !get_ordered_members(in, value, left, seen, members_of<T>{}))
        return false;
    return left == 0 || get_other_members(in, value, left, seen, members_of<T>{});
}

template <class T>
bool get_enum(reader& in, T& value)
{
    std::string_view name;
    if (!in.get_text(name))
        return false;
    return enum_value(name, value) || in.trouble().refuse_name(name, "value", type_name<T>());
}

template <class T>
bool get_integer(reader& in, T& value)
{
    using limits = std::numeric_limits<T>;
    bool good = false;
    if constexpr (std::is_signed_v<T>)
    {
        std::int64_t found{};
        good = in.get_signed(limits::min(), limits::max(), found);
        value = static_cast<T>(found);
    }
    else
    {
        std::uint64_t found{};
        good = in.get_unsigned(limits::max(), found);
        value = static_cast<T>(found);
    }
    return good;
}

template <class Key>
bool get_key(reader& in, Key& key)
{
    using limits = std::numeric_limits<Key>;
    bool good = false;
    if constexpr (kind_of<Key> != value_kind::integer)
    {
        good = get_value(in, key);
    }
    else if constexpr (std::is_signed_v<Key>)
    {
        std::int64_t found{};
        good = in.get_signed_key(limits::min(), limits::max(), found);
        key = static_cast<Key>(found);
    }
    else
    {
        std::uint64_t found{};
        good = in.get_unsigned_key(limits::max(), found);
        key = static_cast<Key>(found);
    }
    return good;
}

template <class T, class A>
bool get_sequence(reader& in, std::vector<T, A>& sequence)
{
    std::size_t size = 0;
    if (!in.open(token_kind::array, size))
        return false;
    sequence.clear();
    sequence.reserve(std::min<std::size_t>(size, 1024)); // a hostile text does not get much memory in advance
    for (std::size_t i = 0; i < size; ++i)
    {
        bool good = false;
        if constexpr (std::same_as<T, bool>)
        {
            bool element = false;
            good = in.get_bool(element);
            sequence.push_back(element);
        }
        else
        {
            good = get_value(in, sequence.emplace_back());
        }
        if (!good)
            return in.trouble().in_element(i);
    }
    return true;
}

template <class T, std::size_t N>
bool get_sequence(reader& in, std::array<T, N>& sequence)
{
    if (!in.open_array(N))
        return false;
    for (std::size_t i = 0; i < N; ++i)
    {
        if (!get_value(in, sequence[i]))
            return in.trouble().in_element(i);
    }
    return true;
}

template <class Set>
bool get_set(reader& in, Set& set)
{
    std::size_t size = 0;
    if (!in.open(token_kind::array, size))
        return false;
    set.clear();
    for (std::size_t i = 0; i < size; ++i)
    {
        typename Set::value_type element{};
        if (!get_value(in, element))
            return in.trouble().in_element(i);
        set.insert(set.end(), std::move(element));
        if (set.size() != i + 1)
        {
            in.trouble().refuse("is in the set twice");
            return in.trouble().in_element(i);
        }
    }
    return true;
}

template <class Map>
bool get_map_entry(reader& in, Map& map, std::size_t index, typename Map::key_type&& key)
{
    const auto place = map.try_emplace(map.end(), std::move(key));
    if (map.size() != index + 1)
        return in.trouble().refuse("is in the map twice");
    return get_value(in, place->second);
}

template <class Map>
bool get_object_map(reader& in, Map& map)
{
    std::size_t size = 0;
    if (!in.open(token_kind::object, size))
        return false;
    map.clear();
    for (std::size_t i = 0; i < size; ++i)
    {
        const std::string_view name = in.peek();
        typename Map::key_type key{};
        if (!get_key(in, key) || !get_map_entry(in, map, i, std::move(key)))
            return in.trouble().in_key(name);
    }
    return true;
}

template <class Map>
bool get_pairs_map(reader& in, Map& map)
{
    std::size_t size = 0;
    if (!in.open(token_kind::array, size))
        return false;
    map.clear();
    for (std::size_t i = 0; i < size; ++i)
    {
        typename Map::key_type key{};
        if (!in.open_array(2) || !get_value(in, key) || !get_map_entry(in, map, i, std::move(key)))
            return in.trouble().in_element(i);
    }
    return true;
}

template <class Map>
bool get_map(reader& in, Map& map)
{
    if constexpr (key_is_text<typename Map::key_type>)
        return get_object_map(in, map);
    else
        return get_pairs_map(in, map);
}

template <class T>
T& make_pointed(std::optional<T>& pointer)
{
    return pointer.emplace();
}
template <class T>
T& make_pointed(std::unique_ptr<T>& pointer)
{
    pointer = std::make_unique<T>();
    return *pointer;
}

template <class Pointer>
bool get_pointed(reader& in, Pointer& pointer)
{
    if (in.kind() == token_kind::null)
    {
        pointer.reset();
        return in.get_null();
    }
    if constexpr (may_be_null<std::remove_cvref_t<decltype(*pointer)>>())
    {
        if (!in.open_array(1))
            return false;
    }
    return get_value(in, make_pointed(pointer));
}

template <std::size_t I, class Variant>
bool get_alternative(reader& in, Variant& variant)
{
    return get_value(in, variant.template emplace<I>());
}

template <class Variant, std::size_t... I>
bool get_variant(reader& in, Variant& variant, std::index_sequence<I...>)
{
    using get = bool (*)(reader&, Variant&);
    static constexpr std::array<get, sizeof...(I)> getters{&get_alternative<I, Variant>...};
    std::size_t size = 0;
    if (!in.open(token_kind::object, size))
        return false;
    if (size != 1)
        return in.trouble().refuse("expected an object with one member, the alternative's type name");
    const std::string_view tag = in.peek();
    in.step();
    const auto& tags = variant_tags<Variant>();
    const auto index = static_cast<std::size_t>(std::find(tags.begin(), tags.end(), tag) - tags.begin());
    if (index == tags.size())
        return in.trouble().refuse_name(tag, "alternative", type_name<Variant>());
    return getters[index](in, variant) || in.trouble().in_key(tag);
}

template <class Tuple, std::size_t... I>
bool get_tuple(reader& in, Tuple& tuple, std::index_sequence<I...>)
{
    return in.open_array(sizeof...(I)) && ((get_value(in, std::get<I>(tuple)) || in.trouble().in_element(I)) && ...);
}

template <class T>
bool get_bytes(reader& in, T& bytes)
{
    std::size_t size = 0;
    if (!in.base64_size(size))
        return false;
    if constexpr (kind_of<T> == value_kind::byte_vector)
        bytes.resize(size);
    else if (size != bytes.size())
        return in.trouble().refuse("expected " + std::to_string(bytes.size()) + " bytes, found " +
                                   std::to_string(size));
    return in.get_base64(bytes.data());
}

template <class T>
bool get_custom(reader& in, T& value)
{
    wire_type<T> wire{};
    if (!get_value(in, wire))
        return false;
    try
    {
        value = codec<T>::from(std::move(wire));
        return true;
    }
    catch (const std::bad_alloc&)
    {
        throw;
    }
    catch (const std::exception& thrown)
    {
        return in.trouble().refuse("codec<" + std::string(type_name<T>()) + ">::from: " + thrown.what());
    }
}

template <class Time, class Duration>
bool get_ticks(reader& in, Time& time)
{
    typename Duration::rep ticks{};
    const bool good = get_value(in, ticks);
    time = Time(Duration(ticks));
    return good;
}

template <class T>
bool get_value(reader& in, T& value)
{
    using enum value_kind;
    constexpr value_kind kind = kind_of<T>;
    if constexpr (kind == custom)
        return get_custom(in, value);
    else if constexpr (kind == value_kind::nothing)
        return in.get_null();
    else if constexpr (kind == boolean)
        return in.get_bool(value);
    else if constexpr (kind == character)
        return in.get_char(value);
    else if constexpr (kind == byte)
    {
        std::uint8_t number{};
        const bool good = get_integer(in, number);
        value = static_cast<std::byte>(number);
        return good;
    }
    else if constexpr (kind == integer)
        return get_integer(in, value);
    else if constexpr (kind == real)
        return in.get_real(value);
    else if constexpr (kind == text)
    {
        std::string_view found;
        const bool good = in.get_text(found);
        value = found;
        return good;
    }
    else if constexpr (kind == byte_vector || kind == byte_array)
        return get_bytes(in, value);
    else if constexpr (kind == sequence || kind == fixed_sequence)
        return get_sequence(in, value);
    else if constexpr (kind == set)
        return get_set(in, value);
    else if constexpr (kind == map)
        return get_map(in, value);
    else if constexpr (kind == optional || kind == unique)
        return get_pointed(in, value);
    else if constexpr (kind == variant)
        return get_variant(in, value, std::make_index_sequence<std::variant_size_v<T>>{});
    else if constexpr (kind == tuple)
        return get_tuple(in, value, std::make_index_sequence<std::tuple_size_v<T>>{});
    else if constexpr (kind == duration)
        return get_ticks<T, T>(in, value);
    else if constexpr (kind == time_point)
        return get_ticks<T, typename T::duration>(in, value);
    else if constexpr (kind == json)
        return in.get_json(value);
    else if constexpr (kind == value_kind::enumeration)
        return get_enum(in, value);
    else
        return get_struct(in, value);
}
}
