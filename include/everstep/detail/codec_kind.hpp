#pragma once

// Which kind of JSON a type becomes. One enum, one classification: encode, decode, names and checks all switch on it.

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <boost/describe/bases.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>

namespace boost::json
{
class value; // only who keeps one includes <boost/json/value.hpp>
}

namespace everstep::inline v0
{
template <class T>
struct codec;

namespace detail
{
/// The result of an operation that has none: kept as `null`, named "void".
struct unit
{
    friend bool operator==(unit, unit) = default;
};

template <class T>
using kept_type = std::conditional_t<std::is_void_v<T>, unit, T>;

enum class value_kind
{
    none,
    nothing,
    boolean,
    character,
    byte,
    integer,
    real,
    text,
    byte_vector,
    byte_array,
    sequence,
    fixed_sequence,
    map,
    set,
    optional,
    unique,
    variant,
    tuple,
    duration,
    time_point,
    json,
    enumeration,
    structure,
    custom
};

template <value_kind Kind>
struct kind_is
{
    static constexpr value_kind value = Kind;
};

// What the standard library's templates are; everything else is decided in kind_of_type().
template <class T>
struct standard_kind : kind_is<value_kind::none>
{
};
template <class A>
struct standard_kind<std::vector<std::byte, A>> : kind_is<value_kind::byte_vector>
{
};
template <std::size_t N>
struct standard_kind<std::array<std::byte, N>> : kind_is<value_kind::byte_array>
{
};
template <class T, class A>
struct standard_kind<std::vector<T, A>> : kind_is<value_kind::sequence>
{
};
template <class T, std::size_t N>
struct standard_kind<std::array<T, N>> : kind_is<value_kind::fixed_sequence>
{
};
template <class K, class V, class C, class A>
struct standard_kind<std::map<K, V, C, A>> : kind_is<value_kind::map>
{
};
template <class T, class C, class A>
struct standard_kind<std::set<T, C, A>> : kind_is<value_kind::set>
{
};
template <class T>
struct standard_kind<std::optional<T>> : kind_is<value_kind::optional>
{
};
template <class T>
struct standard_kind<std::unique_ptr<T>> : kind_is<value_kind::unique>
{
};
template <class T>
struct standard_kind<std::unique_ptr<T[]>> : kind_is<value_kind::none>
{
};
template <class... Ts>
struct standard_kind<std::variant<Ts...>> : kind_is<value_kind::variant>
{
};
template <class... Ts>
struct standard_kind<std::tuple<Ts...>> : kind_is<value_kind::tuple>
{
};
template <class A, class B>
struct standard_kind<std::pair<A, B>> : kind_is<value_kind::tuple>
{
};
template <class Rep, class Period>
struct standard_kind<std::chrono::duration<Rep, Period>> : kind_is<value_kind::duration>
{
};
template <class Duration>
struct standard_kind<std::chrono::time_point<std::chrono::system_clock, Duration>> : kind_is<value_kind::time_point>
{
};

/// A specialisation of everstep::codec was written for T.
template <class T>
concept has_codec = requires
{
    sizeof(codec<T>);
};

template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <class T>
concept described_struct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value &&
    boost::describe::has_describe_bases<T>::value;

template <class T>
concept whole_number = std::integral<T> && sizeof(T) <= 8 &&
                       !(std::same_as<T, bool> || std::same_as<T, char> || std::same_as<T, wchar_t> ||
                         std::same_as<T, char8_t> || std::same_as<T, char16_t> || std::same_as<T, char32_t>);

template <class T>
consteval value_kind kind_of_type()
{
    using enum value_kind;
    if constexpr (has_codec<T>)
        return custom;
    else if constexpr (std::same_as<T, unit> || std::same_as<T, std::monostate>)
        return value_kind::nothing;
    else if constexpr (std::same_as<T, bool>)
        return boolean;
    else if constexpr (std::same_as<T, char>)
        return character;
    else if constexpr (std::same_as<T, std::byte>)
        return byte;
    else if constexpr (whole_number<T>)
        return integer;
    else if constexpr (std::same_as<T, float> || std::same_as<T, double>)
        return real;
    else if constexpr (std::same_as<T, std::string>)
        return text;
    else if constexpr (std::same_as<T, boost::json::value>)
        return json;
    else if constexpr (standard_kind<T>::value != none)
        return standard_kind<T>::value;
    else if constexpr (described_enum<T>)
        return value_kind::enumeration;
    else if constexpr (described_struct<T>)
        return value_kind::structure;
    else
        return none;
}

template <class T>
inline constexpr value_kind kind_of = kind_of_type<T>();

/// What the user's codec<T> turns a T into.
template <class T>
using wire_type = std::remove_cvref_t<decltype(codec<T>::to(std::declval<const T&>()))>;

template <class... Ts>
struct type_list
{
};

/// The types of which a standard template is made; allocators, comparators and deleters are no part of the JSON.
template <class T>
struct element_types
{
    using type = type_list<>;
};
template <class T, class A>
struct element_types<std::vector<T, A>>
{
    using type = type_list<T>;
};
template <class T, std::size_t N>
struct element_types<std::array<T, N>>
{
    using type = type_list<T>;
};
template <class K, class V, class C, class A>
struct element_types<std::map<K, V, C, A>>
{
    using type = type_list<K, V>;
};
template <class T, class C, class A>
struct element_types<std::set<T, C, A>>
{
    using type = type_list<T>;
};
template <class T>
struct element_types<std::optional<T>>
{
    using type = type_list<T>;
};
template <class T>
struct element_types<std::unique_ptr<T>>
{
    using type = type_list<T>;
};
template <class... Ts>
struct element_types<std::variant<Ts...>>
{
    using type = type_list<Ts...>;
};
template <class... Ts>
struct element_types<std::tuple<Ts...>>
{
    using type = type_list<Ts...>;
};
template <class A, class B>
struct element_types<std::pair<A, B>>
{
    using type = type_list<A, B>;
};
template <class Rep, class Period>
struct element_types<std::chrono::duration<Rep, Period>>
{
    using type = type_list<Rep>;
};
template <class Duration>
struct element_types<std::chrono::time_point<std::chrono::system_clock, Duration>>
{
    using type = type_list<typename Duration::rep>;
};

/// Whether a T may be written as `null`. An optional of such a type is written as `[value]`, so that "no value" and "a value
/// that is null" stay apart.
template <class T>
consteval bool may_be_null()
{
    constexpr value_kind kind = kind_of<T>;
    if constexpr (kind == value_kind::custom)
        return may_be_null<wire_type<T>>();
    else
        return kind == value_kind::nothing || kind == value_kind::optional || kind == value_kind::unique ||
               kind == value_kind::json;
}

/// Whether a map with this key is a JSON object; other maps are arrays of [key, value].
template <class K>
inline constexpr bool key_is_text =
    kind_of<K> == value_kind::text || kind_of<K> == value_kind::integer || kind_of<K> == value_kind::enumeration;

/// Nested arrays and objects, on both sides; also what the tokenizer accepts.
inline constexpr int depth_max = 32;
}
}
