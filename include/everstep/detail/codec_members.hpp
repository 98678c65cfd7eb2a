#pragma once

// Boost.Describe as the codec sees it: the members of a struct with those of its bases, bases first, and the names of an
// enum; and the user's codec_names with their defaults.

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <everstep/detail/codec_kind.hpp>

namespace everstep::inline v0
{
struct codec_alias
{
    std::string_view was;
    std::string_view now;
};

template <class T>
struct codec_names;

namespace detail
{
template <class... Descriptors>
struct descriptor_list
{
    static constexpr std::size_t size = sizeof...(Descriptors);
};

template <template <class...> class List, class... Descriptors>
descriptor_list<Descriptors...> as_descriptor_list(List<Descriptors...>*);

inline constexpr unsigned every_member = boost::describe::mod_any_access | boost::describe::mod_inherited;

template <class T>
using members_of =
    decltype(as_descriptor_list(static_cast<boost::describe::describe_members<T, every_member>*>(nullptr)));
template <class T>
using members_with_hidden = decltype(as_descriptor_list(
    static_cast<boost::describe::describe_members<T, every_member | boost::describe::mod_hidden>*>(nullptr)));
template <class T>
using own_members_of = decltype(as_descriptor_list(
    static_cast<boost::describe::describe_members<T, boost::describe::mod_any_access>*>(nullptr)));
template <class T>
using bases_of = decltype(as_descriptor_list(
    static_cast<boost::describe::describe_bases<T, boost::describe::mod_any_access>*>(nullptr)));
template <class T>
using enumerators_of = decltype(as_descriptor_list(static_cast<boost::describe::describe_enumerators<T>*>(nullptr)));

/// With its const, if any.
template <class T, class Descriptor>
using member_type = std::remove_reference_t<decltype(std::declval<T&>().*Descriptor::pointer)>;

template <class Descriptor>
inline constexpr std::string_view name_of_member{Descriptor::name};

template <class T>
constexpr std::size_t alias_count()
{
    if constexpr (requires { codec_names<T>::aliases; })
        return std::size(codec_names<T>::aliases);
    else
        return 0;
}

/// The name of today for a name found in a text.
template <class T>
constexpr std::string_view current_name(std::string_view found)
{
    if constexpr (requires { codec_names<T>::aliases; })
    {
        for (const codec_alias& alias : codec_names<T>::aliases)
        {
            if (alias.was == found)
                return alias.now;
        }
    }
    return found;
}

/// Aliases must lead to names that exist, from names that do not: otherwise they would do nothing, silently.
template <class T, class... Descriptors>
consteval bool aliases_fit(descriptor_list<Descriptors...>)
{
    if constexpr (requires { codec_names<T>::aliases; })
    {
        for (const codec_alias& alias : codec_names<T>::aliases)
        {
            if (!((alias.now == Descriptors::name) || ...) || ((alias.was == Descriptors::name) || ...))
                return false;
        }
    }
    return true;
}

template <class T>
consteval bool is_partial_on_purpose()
{
    if constexpr (requires { codec_names<T>::partial; })
        return codec_names<T>::partial;
    else
        return false;
}

template <class T, class... Bases, class... Members>
consteval bool describes_all(descriptor_list<Bases...>, descriptor_list<Members...>)
{
    if constexpr (!std::is_aggregate_v<T> || is_partial_on_purpose<T>())
        return true;
    else if constexpr (!(std::is_move_constructible_v<typename Bases::type> && ...) ||
                       !(std::is_move_constructible_v<member_type<T, Members>> && ...))
        return true; // cannot be probed
    else
        return requires { T{std::declval<typename Bases::type>()..., std::declval<member_type<T, Members>>()...}; }
    &&!requires { T{std::declval<typename Bases::type>()..., std::declval<member_type<T, Members>>()..., {}}; };
}

/// An aggregate can be built from exactly what is described, in that order, and from nothing more: so no member is left
/// out, to be lost in silence. Classes with constructors or private members cannot be checked this way.
template <class T>
inline constexpr bool description_is_whole = describes_all<T>(bases_of<T>{}, own_members_of<T>{});

template <class T>
inline constexpr bool hides_a_member = members_of<T>::size != members_with_hidden<T>::size;
}
}
