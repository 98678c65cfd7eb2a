#pragma once

// Values to JSON text and back: what steps return, what runs are started with, what the journal holds. Readable, and open
// to change: a missing member keeps its default, an unknown one is ignored, a renamed one has an alias. The law: encode
// refuses what decode would not return equal.
//
//     struct order { std::string id; std::vector<line> lines; std::optional<double> weight; };
//     BOOST_DESCRIBE_STRUCT(order, (), (id, lines, weight))
//
//     std::string json = encode(o);                    // {"id":"o-1","lines":[],"weight":null}
//     order same = decode<order>(json);
//
// **What becomes what**
//
// | C++ | JSON |
// |---|---|
// | struct with BOOST_DESCRIBE_STRUCT or _CLASS, bases included; all members, in order | object |
// | enum with BOOST_DESCRIBE_ENUM | the enumerator's name; a value without one is refused |
// | bool, integers to 64 bits, std::byte | `true`, number; out of range is refused |
// | float, double | shortest number that reads back the same; NaN and infinity are refused |
// | char | string of one ASCII character; others are refused |
// | std::string | string; refused unless it is UTF-8 |
// | std::vector or std::array of std::byte | string, base64 |
// | std::vector, std::array, std::set, std::tuple, std::pair | array |
// | std::map | object when its key is a string, integer or enum, else array of [key, value] |
// | std::optional, std::unique_ptr | `null` or the value; `[value]` where the value itself may be `null` |
// | std::variant | `{"type name": value}`, with "#1", "#2" behind names that come again |
// | std::chrono durations and times of system_clock | number of ticks; the period is in the type's name |
// | boost::json::value | itself; `3.0` stays a double; a uint64 that fits an int64 comes back as an int64, which is equal |
// | std::monostate, no result | `null` |
// | anything else, when you specialise `codec` | what your codec makes of it |
//
// What cannot be kept does not compile, and the message names the member: pointers, references, views, const members, types
// that are not described or not default-constructible, unordered containers (their order is not a part of their value),
// structs whose description leaves a member out. Move-only types are fine. 32 levels of nesting at most.
// Reading, a name that is given twice, an element that is in a set or map twice, and trailing text are refused.
//
// **Threads**: any; each has buffers of its own, kept from call to call up to 256 KiB.
// **Errors**: codec_error with the path, "order.lines[3].price: NaN cannot be kept"; then nothing was written. What your
// own codec throws, if it is a std::exception, becomes a codec_error too.

#include <new>
#include <string>
#include <string_view>

#include <everstep/detail/codec_check.hpp>
#include <everstep/detail/codec_decode.hpp>
#include <everstep/detail/codec_encode.hpp>
#include <everstep/detail/codec_names.hpp>

namespace everstep::inline v0
{
/// For your own types and those of other libraries. X is any type that can be kept, and must give an equal value back:
///
///     template <> struct everstep::codec<money>
///     {
///         static std::string to(const money& m) { return m.text(); }
///         static money from(std::string text) { return money{text}; }     // may throw: codec_error with the path
///         static constexpr const char* name = "money";                    // optional, see codec_names::type
///     };
template <class T>
struct codec;

/// For types that change. Every member is optional:
///
///     template <> struct everstep::codec_names<order>
///     {
///         static constexpr std::string_view type = "order";       // keep the name when the type is renamed or moved
///         static constexpr codec_alias aliases[] = {{"number", "id"}};  // "number" is now `id`; enumerators alike
///         static constexpr bool partial = true;                   // members that are not described are left out
///     };
template <class T>
struct codec_names;

template <class T>
concept encodable = detail::is_encodable<T>();

/// Appends. On any exception `to` is as it was.
template <class T>
void encode(const T& value, std::string& to)
{
    if constexpr (encodable<T>)
    {
        detail::writer out;
        if (!detail::put_value(out, value))
            out.trouble().raise(type_name<T>());
        to.append(out.text());
    }
    else
    {
        detail::explain_refusal<T>();
    }
}

template <class T>
std::string encode(const T& value)
{
    std::string text;
    encode(value, text);
    return text;
}

/// Constructs a T in raw storage of its size and alignment; on an exception there is none.
template <class T>
void decode_into(void* raw_storage, std::string_view json)
{
    if constexpr (encodable<T>)
    {
        struct slot
        {
            T* value;
            ~slot()
            {
                if (value != nullptr)
                    value->~T();
            }
        } made{::new (raw_storage) T()};
        detail::reader in(json);
        if (!in.good() || !detail::get_value(in, *made.value))
            in.trouble().raise(type_name<T>());
        made.value = nullptr;
    }
    else
    {
        detail::explain_refusal<T>();
    }
}

template <class T>
T decode(std::string_view json)
{
    if constexpr (encodable<T>)
    {
        T value = T();
        detail::reader in(json);
        if (!in.good() || !detail::get_value(in, value))
            in.trouble().raise(type_name<T>());
        return value;
    }
    else
    {
        detail::explain_refusal<T>();
    }
}

namespace detail
{
/// What is recorded and what the code asks now are compared after this, so that an added field makes no difference. Throws codec_error.
template <class T>
std::string renewed(std::string_view json)
{
    return encode(decode<T>(json));
}
}

/// The same text whichever compiler built the program: "string", "i64", "vector<shop::order>", "optional<bytes>", "void".
/// It is journaled beside results and compared on replay. Namespaces count (anonymous ones do not): a type that is
/// moved or renamed keeps its name through codec_names::type.
template <class T>
std::string_view type_name();
}
