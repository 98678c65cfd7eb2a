#pragma once

// type_name<T>(): the same text whichever compiler built the program.
//
// Standard types have short names of ours, composed of the names of their parts. A user's type is named by what the ABI
// calls it (typeid, demangled), because that text is the same under GCC and clang, while __PRETTY_FUNCTION__ is not: clang
// leaves inline namespaces out of it. Threads: any.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <typeinfo>

#include <everstep/detail/codec_members.hpp>

namespace everstep::inline v0
{
template <class T>
std::string_view type_name();

namespace detail
{
/// "shop::order"; without anonymous namespaces, the standard library's inline ones, our own version, and spaces.
std::string portable_name(const std::type_info& type);
/// The same without its template arguments.
std::string portable_template_name(const std::type_info& type);
std::string duration_name(std::string_view prefix, std::string_view rep, std::intmax_t num, std::intmax_t den);

template <class... Ts>
std::string joined_names(std::string prefix)
{
    prefix += '<';
    ((prefix += type_name<Ts>(), prefix += ','), ...);
    if (sizeof...(Ts) != 0)
        prefix.pop_back();
    prefix += '>';
    return prefix;
}

template <class T>
constexpr std::string_view integer_name()
{
    constexpr bool is_signed = std::is_signed_v<T>;
    switch (sizeof(T))
    {
    case 1:
        return is_signed ? "i8" : "u8";
    case 2:
        return is_signed ? "i16" : "u16";
    case 4:
        return is_signed ? "i32" : "u32";
    default:
        return is_signed ? "i64" : "u64";
    }
}

template <class T>
constexpr std::string_view simple_name()
{
    using enum value_kind;
    if constexpr (std::is_void_v<T> || std::same_as<T, unit>)
        return "void";
    else if constexpr (requires { codec<T>::name; })
        return codec<T>::name;
    else if constexpr (requires { codec_names<T>::type; })
        return codec_names<T>::type;
    else if constexpr (kind_of<T> == value_kind::nothing)
        return "monostate";
    else if constexpr (kind_of<T> == boolean)
        return "bool";
    else if constexpr (kind_of<T> == character)
        return "char";
    else if constexpr (kind_of<T> == byte)
        return "byte";
    else if constexpr (kind_of<T> == integer)
        return integer_name<T>();
    else if constexpr (kind_of<T> == real)
        return sizeof(T) == 4 ? "f32" : "f64";
    else if constexpr (kind_of<T> == text)
        return "string";
    else if constexpr (kind_of<T> == byte_vector)
        return "bytes";
    else if constexpr (kind_of<T> == json)
        return "json";
    else
        return {};
}

template <value_kind Kind>
constexpr const char* template_word()
{
    using enum value_kind;
    switch (Kind)
    {
    case sequence:
        return "vector";
    case map:
        return "map";
    case set:
        return "set";
    case optional:
        return "optional";
    case unique:
        return "unique_ptr";
    case variant:
        return "variant";
    default:
        return "tuple";
    }
}

template <value_kind Kind, class T>
struct composed_name;

template <value_kind Kind, class... Ts>
struct composed_name<Kind, type_list<Ts...>>
{
    static std::string text() { return joined_names<Ts...>(template_word<Kind>()); }
};

/// User types; for a template of types only, its parts are named by us.
template <class T>
struct user_type_name
{
    static std::string text() { return portable_name(typeid(T)); }
};
template <template <class...> class Template, class... Ts>
struct user_type_name<Template<Ts...>>
{
    static std::string text() { return joined_names<Ts...>(portable_template_name(typeid(Template<Ts...>))); }
};

template <class T>
std::string compose_name()
{
    using enum value_kind;
    constexpr value_kind kind = kind_of<T>;
    if constexpr (kind == byte_array)
        return "bytes<" + std::to_string(std::tuple_size_v<T>) + '>';
    else if constexpr (kind == fixed_sequence)
        return "array<" + std::string(type_name<typename T::value_type>()) + ',' +
               std::to_string(std::tuple_size_v<T>) + '>';
    else if constexpr (kind == duration)
        return duration_name("duration", type_name<typename T::rep>(), T::period::num, T::period::den);
    else if constexpr (kind == time_point)
        return duration_name("time", type_name<typename T::rep>(), T::period::num, T::period::den);
    else if constexpr (kind == sequence || kind == map || kind == set || kind == optional || kind == unique ||
                       kind == variant || kind == tuple)
        return composed_name<kind, typename element_types<T>::type>::text();
    else
        return user_type_name<T>::text();
}
}

template <class T>
std::string_view type_name()
{
    using plain = std::remove_cvref_t<T>;
    if constexpr (!detail::simple_name<plain>().empty())
    {
        return detail::simple_name<plain>();
    }
    else
    {
        // Never destroyed: threads of an engine may still name types while statics are torn down.
        static const std::string& name = *new std::string(detail::compose_name<plain>());
        return name;
    }
}
}
