#pragma once

// Which types can be kept, decided at compile time, and the sentences for those that cannot. Where a type is refused, the
// compiler's message names the way to it: kept<int *, refusal::pointer, member_of<order, "price">>.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <everstep/detail/codec_members.hpp>

namespace everstep::inline v0::detail
{
enum class refusal
{
    none,
    pointer,
    reference,
    plain_array,
    odd_number,
    constant,
    view,
    shared,
    polymorphic,
    unordered,
    enum_undescribed,
    undescribed,
    no_default,
    incomplete_description,
    hidden_member,
    alias,
    codec_shape
};

template <std::size_t N>
struct fixed_string
{
    char text[N]{};
    consteval fixed_string(const char* from) { std::copy_n(from, N, text); }
};

template <class Descriptor>
inline constexpr fixed_string<name_of_member<Descriptor>.size() + 1> fixed_name{Descriptor::name};

template <class T>
concept is_view = requires
{
    typename T::value_type;
    typename T::const_iterator;
    requires std::is_trivially_copyable_v<T> && !std::is_aggregate_v<T>;
    requires requires(const T& v) { v.data(); };
};
template <class T>
concept is_unordered = requires
{
    typename T::hasher;
    typename T::key_equal;
};
template <class T>
concept is_shared = requires(const T& p)
{
    typename T::element_type;
    p.use_count();
};

template <class T>
concept fitting_codec = requires(const T& value)
{
    codec<T>::to(value);
    requires !std::same_as<wire_type<T>, T>;
    {
        codec<T>::from(std::declval<wire_type<T>>())
        } -> std::convertible_to<T>;
};

template <class T>
consteval refusal refusal_of_unknown()
{
    if constexpr (std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_null_pointer_v<T>)
        return refusal::pointer;
    else if constexpr (std::is_array_v<T>)
        return refusal::plain_array;
    else if constexpr (std::is_arithmetic_v<T>)
        return refusal::odd_number;
    else if constexpr (std::is_enum_v<T>)
        return refusal::enum_undescribed;
    else if constexpr (is_view<T>)
        return refusal::view;
    else if constexpr (is_unordered<T>)
        return refusal::unordered;
    else if constexpr (is_shared<T>)
        return refusal::shared;
    else
        return refusal::undescribed;
}

template <class T>
consteval refusal refusal_of_struct()
{
    if constexpr (!std::is_default_constructible_v<T>)
        return refusal::no_default;
    else if constexpr (hides_a_member<T>)
        return refusal::hidden_member;
    else if constexpr (!description_is_whole<T>)
        return refusal::incomplete_description;
    else if constexpr (!aliases_fit<T>(members_of<T>{}))
        return refusal::alias;
    else
        return refusal::none;
}

/// Of T alone, not of what it is made of.
template <class T>
consteval refusal refusal_of()
{
    using enum value_kind;
    if constexpr (std::is_reference_v<T>)
        return refusal::reference;
    else if constexpr (std::is_const_v<T> || std::is_volatile_v<T>)
        return refusal::constant;
    else if constexpr (kind_of<T> == none)
        return refusal_of_unknown<T>();
    else if constexpr (kind_of<T> == custom && !fitting_codec<T>)
        return refusal::codec_shape;
    else if constexpr (kind_of<T> == custom)
        return std::is_default_constructible_v<T> ? refusal::none : refusal::no_default;
    else if constexpr (kind_of<T> == unique)
        return std::is_polymorphic_v<typename T::element_type> && !std::is_final_v<typename T::element_type>
                   ? refusal::polymorphic
                   : refusal::none;
    else if constexpr (kind_of<T> == value_kind::enumeration)
        return aliases_fit<T>(enumerators_of<T>{}) ? refusal::none : refusal::alias;
    else if constexpr (kind_of<T> == value_kind::structure)
        return refusal_of_struct<T>();
    else
        return refusal::none;
}

template <class T, class... Above>
consteval bool is_encodable();

template <class Owner, class... Above, class... Descriptors>
consteval bool members_encodable(descriptor_list<Descriptors...>)
{
    return (is_encodable<member_type<Owner, Descriptors>, Owner, Above...>() && ...);
}

template <class Owner, class... Above, class... Ts>
consteval bool elements_encodable(type_list<Ts...>)
{
    return (is_encodable<Ts, Owner, Above...>() && ...);
}

/// `Above` are the types that we are inside of, so that a struct may hold a vector of itself.
template <class T, class... Above>
consteval bool is_encodable()
{
    if constexpr ((std::same_as<T, Above> || ...))
        return true;
    else if constexpr (refusal_of<T>() != refusal::none)
        return false;
    else if constexpr (kind_of<T> == value_kind::custom)
        return is_encodable<wire_type<T>, T, Above...>();
    else if constexpr (kind_of<T> == value_kind::structure)
        return members_encodable<T, Above...>(members_of<T>{});
    else
        return elements_encodable<T, Above...>(typename element_types<T>::type{});
}

/// A step of the way to what is refused.
template <class Owner, fixed_string Member>
struct member_of
{
};

/// Instantiated for what is refused only, so that one line of the compiler's message names the type, the reason and the
/// members that lead to it.
template <class T, refusal Why, class... Path>
struct kept
{
    static_assert(Why != refusal::pointer, "everstep: a pointer cannot be kept; keep what it points to: by value, in "
                                           "std::optional or in std::unique_ptr");
    static_assert(Why != refusal::reference, "everstep: a reference cannot be kept; keep the value");
    static_assert(Why != refusal::plain_array, "everstep: a plain array cannot be kept; use std::array");
    static_assert(Why != refusal::odd_number, "everstep: this arithmetic type is not the same everywhere; use a "
                                              "std::int…_t, float, double or std::string");
    static_assert(Why != refusal::constant, "everstep: a const cannot be read back; drop the const");
    static_assert(Why != refusal::view, "everstep: a view owns nothing that could be read back; use std::string or "
                                        "std::vector");
    static_assert(Why != refusal::shared,
                  "everstep: what is shared would come back as copies; use std::unique_ptr or a "
                  "value");
    static_assert(Why != refusal::polymorphic, "everstep: only the base of a polymorphic object would be kept; use "
                                               "std::variant");
    static_assert(Why != refusal::unordered, "everstep: an unordered container has no order that could be kept; use "
                                             "std::map or std::set");
    static_assert(Why != refusal::enum_undescribed, "everstep: this enum is not described; add BOOST_DESCRIBE_ENUM or "
                                                    "specialise everstep::codec");
    static_assert(Why != refusal::undescribed, "everstep: this type is not described; add BOOST_DESCRIBE_STRUCT or "
                                               "specialise everstep::codec");
    static_assert(Why != refusal::no_default, "everstep: what is kept must be default-constructible, to be read back");
    static_assert(Why != refusal::incomplete_description,
                  "everstep: the description leaves a member out, which would be lost, or has another order than the "
                  "struct; describe all in order, or say codec_names<T>::partial = true");
    static_assert(Why != refusal::hidden_member, "everstep: a member hides one of a base that has the same name");
    static_assert(Why != refusal::alias,
                  "everstep: codec_names<T>::aliases must lead from names that are gone to names "
                  "that are described");
    static_assert(Why != refusal::codec_shape, "everstep: codec<T> needs static X to(const T&) and static T from(X), X "
                                               "being another type");
};

struct all_kept
{
};

template <class T, class... Path>
struct search
{
    template <class... Above>
    static consteval auto from()
    {
        if constexpr ((std::same_as<T, Above> || ...) || is_encodable<T, Above...>())
            return all_kept{};
        else if constexpr (refusal_of<T>() != refusal::none)
            return std::type_identity<kept<T, refusal_of<T>(), Path...>>{};
        else if constexpr (kind_of<T> == value_kind::custom)
            return search<wire_type<T>, Path...>::template from<T, Above...>();
        else if constexpr (kind_of<T> == value_kind::structure)
            return in_members<Above...>(members_of<T>{});
        else
            return in_elements<Above...>(typename element_types<T>::type{});
    }

private:
    template <class First, class... Others>
    static consteval auto first_of(First first, Others... others)
    {
        if constexpr (sizeof...(Others) == 0 || !std::same_as<First, all_kept>)
            return first;
        else
            return first_of(others...);
    }
    template <class... Above, class... Descriptors>
    static consteval auto in_members(descriptor_list<Descriptors...>)
    {
        return first_of(search<member_type<T, Descriptors>, Path...,
                               member_of<T, fixed_name<Descriptors>>>::template from<T, Above...>()...);
    }
    template <class... Above, class... Ts>
    static consteval auto in_elements(type_list<Ts...>)
    {
        return first_of(search<Ts, Path...>::template from<T, Above...>()...);
    }
};

/// The compiler's error for a type that cannot be kept; nothing for others. For every template that keeps a T:
/// `if constexpr (encodable<T>) … else detail::explain_refusal<T>();`, or alone, where nothing else would go wrong.
template <class T>
constexpr void explain_refusal()
{
    if constexpr (!is_encodable<T>())
        static_cast<void>(sizeof(typename decltype(search<T>::template from<>())::type));
}
}
