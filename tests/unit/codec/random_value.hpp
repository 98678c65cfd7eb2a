#pragma once

// Random values of every kind: mostly ordinary ones, with all limits, and now and then what must be refused.

#include <bit>
#include <cstdint>
#include <limits>

#include "shop_types.hpp"

namespace random_value
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(undefined_behavior_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

/// splitmix64.
class source
{
public:
    explicit source(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next()
    {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }
    std::uint64_t below(std::uint64_t limit) { return (next() >> 32U) * limit >> 32U; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }

private:
    std::uint64_t state_;
};

template <class Real>
Real make_real(source& random)
{
    using bits = std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>;
    using limits = std::numeric_limits<Real>;
    constexpr Real special[] = {Real(0.0),        -Real(0.0),        limits::min(),        limits::max(),
                                limits::lowest(), Real(0.1),         limits::denorm_min(), Real(1e22),
                                Real(-1.5),       limits::epsilon(), Real(1.0) / 3,        Real(9007199254740993.0)};
    switch (random.below(8))
    {
    case 0:
        return special[random.below(std::size(special))];
    case 1:
        return static_cast<Real>(static_cast<std::int32_t>(random.below(20000)) - 10000) / 100;
    case 2:
        if (random.one_in(64))
            return random.one_in(2) ? limits::quiet_NaN() : -limits::infinity();
        return static_cast<Real>(random.below(1000));
    default:
        return std::bit_cast<Real>(static_cast<bits>(random.next()));
    }
}

inline void append_code_point(std::string& text, std::uint64_t point)
{
    const auto put = [&](std::uint64_t byte) { text += static_cast<char>(byte); };
    if (point < 0x80)
    {
        put(point);
    }
    else if (point < 0x800)
    {
        put(0xC0 | point >> 6U);
        put(0x80 | (point & 63U));
    }
    else if (point < 0x10000)
    {
        put(0xE0 | point >> 12U);
        put(0x80 | (point >> 6U & 63U));
        put(0x80 | (point & 63U));
    }
    else
    {
        put(0xF0 | point >> 18U);
        put(0x80 | (point >> 12U & 63U));
        put(0x80 | (point >> 6U & 63U));
        put(0x80 | (point & 63U));
    }
}

inline std::string make_text(source& random)
{
    std::string text;
    const std::uint64_t size = random.one_in(16) ? random.below(200) : random.below(20);
    const std::uint64_t style = random.below(8);
    for (std::uint64_t i = 0; i < size; ++i)
    {
        if (style < 5)
            text += static_cast<char>(' ' + random.below(95));
        else if (style == 5)
            text += static_cast<char>(random.below(0x80));
        else
            append_code_point(text, random.below(random.one_in(4) ? 0xD800 : 0x3000));
    }
    if (random.one_in(64))
        append_code_point(text, 0x10000 + random.below(0x100000));
    if (random.one_in(512))
        text += static_cast<char>(0x80 + random.below(0x80)); // no UTF-8
    if (random.one_in(512))
        append_code_point(text, 0xD800 + random.below(0x800)); // a surrogate
    return text;
}

inline boost::json::value make_json(source& random, int depth)
{
    switch (random.below(depth < 3 ? 9 : 6))
    {
    case 0:
        return nullptr;
    case 1:
        return random.one_in(2);
    case 2:
        return static_cast<std::int64_t>(random.next() >> random.below(64));
    case 3:
        return random.next() >> random.below(64);
    case 4:
        return make_real<double>(random);
    case 5:
        return boost::json::value(make_text(random));
    case 6:
    {
        boost::json::value deep = 1;
        for (std::uint64_t i = random.one_in(64) ? 40 : random.below(8); i != 0; --i)
            deep = boost::json::array{std::move(deep)};
        return deep;
    }
    case 7:
    {
        boost::json::array array;
        for (std::uint64_t i = random.below(4); i != 0; --i)
            array.push_back(make_json(random, depth + 1));
        return array;
    }
    default:
    {
        boost::json::object object;
        for (std::uint64_t i = random.below(4); i != 0; --i)
            object[make_text(random)] = make_json(random, depth + 1);
        return object;
    }
    }
}

template <class T>
T make(source& random, int depth);

template <class T>
inline constexpr bool always_false = false;

template <class Variant, std::size_t... I>
Variant make_variant(source& random, int depth, std::index_sequence<I...>)
{
    using maker = Variant (*)(source&, int);
    static constexpr maker makers[] = {[](source& from, int at) {
        return Variant(std::in_place_index<I>, make<std::variant_alternative_t<I, Variant>>(from, at));
    }...};
    return makers[random.below(sizeof...(I))](random, depth);
}

template <class Tuple>
Tuple make_tuple(source& random, [[maybe_unused]] int depth)
{
    Tuple tuple{};
    [&]<std::size_t... I>(std::index_sequence<I...>)
    {
        ((std::get<I>(tuple) = make<std::tuple_element_t<I, Tuple>>(random, depth)), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<Tuple>>{});
    return tuple;
}

template <class T, class... Descriptors>
void fill(T& value, source& random, [[maybe_unused]] int depth, everstep::detail::descriptor_list<Descriptors...>)
{
    ((value.*Descriptors::pointer = make<everstep::detail::member_type<T, Descriptors>>(random, depth)), ...);
}

/// Short, and shorter inside of others; now and then a chain that is deeper than can be kept.
inline shop::node make_node(source& random)
{
    shop::node top;
    shop::node* at = &top;
    for (std::uint64_t i = random.one_in(32) ? 20 : random.below(6); i != 0; --i)
    {
        at->value = static_cast<int>(random.below(100));
        at->below.resize(1 + random.below(3));
        at = &at->below[random.below(at->below.size())];
    }
    return top;
}

template <class T>
T make(source& random, int depth)
{
    using enum everstep::detail::value_kind;
    constexpr auto kind = everstep::detail::kind_of<T>;
    const std::uint64_t size = random.below(depth == 0 ? 5 : 3);
    if constexpr (std::is_same_v<T, shop::node>)
        return make_node(random);
    else if constexpr (kind == custom)
        return everstep::codec<T>::from(make<everstep::detail::wire_type<T>>(random, depth));
    else if constexpr (kind == nothing)
        return T{};
    else if constexpr (kind == boolean)
        return random.one_in(2);
    else if constexpr (kind == character)
        return static_cast<char>(random.below(random.one_in(16) ? 256 : 128));
    else if constexpr (kind == byte)
        return static_cast<std::byte>(random.below(256));
    else if constexpr (kind == integer)
        return static_cast<T>(random.next() >> random.below(64));
    else if constexpr (kind == real)
        return make_real<T>(random);
    else if constexpr (kind == text)
        return make_text(random);
    else if constexpr (kind == byte_vector || kind == byte_array || kind == sequence || kind == fixed_sequence)
    {
        T all{};
        if constexpr (kind == byte_vector || kind == sequence)
            all.resize(kind == byte_vector ? random.below(40) : size);
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i] = make<typename T::value_type>(random, depth + 1);
        return all;
    }
    else if constexpr (kind == set)
    {
        T all;
        for (std::uint64_t i = 0; i < size; ++i)
            all.insert(make<typename T::value_type>(random, depth + 1));
        return all;
    }
    else if constexpr (kind == map)
    {
        T all;
        for (std::uint64_t i = 0; i < size; ++i)
        {
            auto key = make<typename T::key_type>(random, depth + 1);
            if (key == key) // NaN has no place in the order of a map
                all[std::move(key)] = make<typename T::mapped_type>(random, depth + 1);
        }
        return all;
    }
    else if constexpr (kind == optional)
        return random.one_in(3) ? T{} : T{make<typename T::value_type>(random, depth)};
    else if constexpr (kind == unique)
        return random.one_in(3)
                   ? T{}
                   : std::make_unique<typename T::element_type>(make<typename T::element_type>(random, depth));
    else if constexpr (kind == variant)
        return make_variant<T>(random, depth + 1, std::make_index_sequence<std::variant_size_v<T>>{});
    else if constexpr (kind == tuple)
        return make_tuple<T>(random, depth + 1);
    else if constexpr (kind == duration)
        return T(make<typename T::rep>(random, depth));
    else if constexpr (kind == time_point)
        return T(make<typename T::duration>(random, depth));
    else if constexpr (kind == json)
        return make_json(random, depth);
    else if constexpr (kind == enumeration)
    {
        constexpr T good[] = {T::red, T::green, T::blue};
        return random.one_in(64) ? static_cast<T>(random.below(256)) : good[random.below(std::size(good))];
    }
    else
    {
        static_assert(kind == structure, "every kind has its random values");
        T value;
        fill(value, random, depth + 1, everstep::detail::members_of<T>{});
        return value;
    }
}
}
