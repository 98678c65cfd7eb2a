#pragma once

// Keys of tables as bytes whose order is the order of the keys, and which say by themselves where they end: so keys of several members
// are one after the other, and a key is never the begin of another one.
//
//   bool, integers   big-endian, the sign bit turned; as many bytes as the type has
//   enums            as their integer
//   std::string      its bytes, a zero byte as 00 FF; then 00 01
//   times, durations as their count
//   pairs, tuples, described structs   their members in order

#include <everstep/detail/codec_members.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace everstep::inline v0::detail
{
void append_key_text(std::string& to, std::string_view text);
/// Without its end: the begin of every key that begins with it.
void append_key_text_begin(std::string& to, std::string_view text);
bool take_key_text(std::string_view& from, std::string& to);
void append_key_number(std::string& to, std::uint64_t number, unsigned bytes);
bool take_key_number(std::string_view& from, std::uint64_t& to, unsigned bytes) noexcept;

template <class T>
inline constexpr bool is_key_time = false;
template <class Rep, class Period>
    requires std::integral<Rep>
inline constexpr bool is_key_time<std::chrono::duration<Rep, Period>> = true;
template <class Duration>
inline constexpr bool is_key_time<std::chrono::time_point<std::chrono::system_clock, Duration>> = is_key_time<Duration>;

template <class T>
consteval bool is_key();

template <class T>
inline constexpr bool is_key_tuple = false;
template <class... Ts>
inline constexpr bool is_key_tuple<std::tuple<Ts...>> = sizeof...(Ts) != 0 && (is_key<Ts>() && ...);
template <class A, class B>
inline constexpr bool is_key_tuple<std::pair<A, B>> = is_key<A>() && is_key<B>();

template <class T, class... Members>
consteval bool members_are_keys(descriptor_list<Members...>)
{
    return sizeof...(Members) != 0 && (is_key<std::remove_const_t<member_type<T, Members>>>() && ...);
}

template <class T>
consteval bool is_key()
{
    if constexpr (std::integral<T> || std::is_enum_v<T> || std::same_as<T, std::string> || is_key_time<T> || is_key_tuple<T>)
        return true;
    else if constexpr (boost::describe::has_describe_members<T>::value)
        return description_is_whole<T> && members_are_keys<T>(members_of<T>{});
    else
        return false;
}

/// The members of a key of several, as a tuple.
template <class Key>
struct key_parts;
template <class... Ts>
struct key_parts<std::tuple<Ts...>>
{
    using type = std::tuple<Ts...>;
};
template <class A, class B>
struct key_parts<std::pair<A, B>>
{
    using type = std::tuple<A, B>;
};
template <class Key>
    requires(std::is_class_v<Key> && boost::describe::has_describe_members<Key>::value)
struct key_parts<Key>
{
    template <class... Members>
    static std::tuple<std::remove_const_t<member_type<Key, Members>>...> all(descriptor_list<Members...>);
    using type = decltype(all(members_of<Key>{}));
};

template <std::integral Integer>
constexpr std::uint64_t key_number(Integer number) noexcept
{
    if constexpr (std::same_as<Integer, bool>)
        return number;
    else
    {
        auto bits = static_cast<std::make_unsigned_t<Integer>>(number);
        if constexpr (std::signed_integral<Integer>)
            bits ^= static_cast<std::make_unsigned_t<Integer>>(std::make_unsigned_t<Integer>{1} << (8 * sizeof(Integer) - 1));
        return bits;
    }
}

template <std::integral Integer>
bool key_integer(std::uint64_t number, Integer& to) noexcept
{
    if constexpr (std::same_as<Integer, bool>)
    {
        to = number != 0;
        return number <= 1;
    }
    else
    {
        auto bits = static_cast<std::make_unsigned_t<Integer>>(number);
        if constexpr (std::signed_integral<Integer>)
            bits ^= static_cast<std::make_unsigned_t<Integer>>(std::make_unsigned_t<Integer>{1} << (8 * sizeof(Integer) - 1));
        to = static_cast<Integer>(bits);
        return true;
    }
}

/// What a key is made of: "(string,i32)". Two types of one layout have the same bytes.
template <class Key>
std::string key_layout()
{
    if constexpr (std::same_as<Key, bool>)
        return "bool";
    else if constexpr (std::integral<Key>)
        return (std::is_signed_v<Key> ? "i" : "u") + std::to_string(8 * sizeof(Key));
    else if constexpr (std::is_enum_v<Key>)
        return key_layout<std::underlying_type_t<Key>>();
    else if constexpr (std::same_as<Key, std::string>)
        return "string";
    else if constexpr (is_key_time<Key>)
        return key_layout<typename Key::rep>();
    else
    {
        const auto joined = []<class... Parts>(std::type_identity<std::tuple<Parts...>>) {
            std::string text;
            ((text += (text.empty() ? "(" : ",") + key_layout<Parts>()), ...);
            return text + ")";
        };
        return joined(std::type_identity<typename key_parts<Key>::type>{});
    }
}

template <class Key>
void append_key(std::string& to, const Key& key)
{
    if constexpr (std::integral<Key>)
        append_key_number(to, key_number(key), sizeof(Key));
    else if constexpr (std::is_enum_v<Key>)
        append_key(to, static_cast<std::underlying_type_t<Key>>(key));
    else if constexpr (std::same_as<Key, std::string>)
        append_key_text(to, key);
    else if constexpr (requires { key.time_since_epoch(); })
        append_key(to, key.time_since_epoch().count());
    else if constexpr (is_key_time<Key>)
        append_key(to, key.count());
    else if constexpr (is_key_tuple<Key>)
        std::apply([&](const auto&... one) { (append_key(to, one), ...); }, key);
    else
        [&]<class... Members>(descriptor_list<Members...>) { (append_key(to, key.*Members::pointer), ...); }(members_of<Key>{});
}

/// False: the bytes are not of such a key.
template <class Key>
bool take_key(std::string_view& from, Key& to)
{
    if constexpr (std::integral<Key>)
    {
        std::uint64_t number{};
        return take_key_number(from, number, sizeof(Key)) && key_integer(number, to);
    }
    else if constexpr (std::is_enum_v<Key>)
    {
        std::underlying_type_t<Key> number{};
        const bool taken = take_key(from, number);
        to = static_cast<Key>(number);
        return taken;
    }
    else if constexpr (std::same_as<Key, std::string>)
        return take_key_text(from, to);
    else if constexpr (requires { to.time_since_epoch(); })
    {
        typename Key::rep count{};
        const bool taken = take_key(from, count);
        to = Key(typename Key::duration(count));
        return taken;
    }
    else if constexpr (is_key_time<Key>)
    {
        typename Key::rep count{};
        const bool taken = take_key(from, count);
        to = Key(count);
        return taken;
    }
    else if constexpr (is_key_tuple<Key>)
        return std::apply([&](auto&... one) { return (take_key(from, one) && ...); }, to);
    else
        return [&]<class... Members>(descriptor_list<Members...>) { return (take_key(from, to.*Members::pointer) && ...); }(members_of<Key>{});
}

/// The first member of a key of several.
template <class Key>
struct first_of_key
{
    using type = void;
};
template <class First, class... Rest>
struct first_of_key<std::tuple<First, Rest...>>
{
    using type = First;
};
template <class First, class Second>
struct first_of_key<std::pair<First, Second>>
{
    using type = First;
};
template <class Key>
    requires(std::is_class_v<Key> && boost::describe::has_describe_members<Key>::value)
struct first_of_key<Key>
{
    template <class First, class... Rest>
    static std::remove_const_t<member_type<Key, First>> first(descriptor_list<First, Rest...>);
    using type = decltype(first(members_of<Key>{}));
};
}
