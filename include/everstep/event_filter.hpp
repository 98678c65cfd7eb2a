#pragma once

// Which events a subscription wants: conditions on the attributes of an event and on its JSON body, put together with &&, || and !.
//
//     using namespace everstep::filters;
//     const event_filter wanted = equal("type", "order.placed") && range("data.total", 100, 1000) && !exists("data.test")
//                              && any_of("data.country", {"DE", "AT"}) && prefix("subject", "eu/");
//     EXPECT_TRUE(wanted.matches(sample));                                     // in your own tests
//
// A name is an attribute (topic, id, source, type, subject, key) or a path into the body: `data` is all of it, `data.order.country` a
// member of a member. Where the names of members have dots, brackets or stars: `data:/order/de.price`, a JSON pointer ("~1" is "/", "~0"
// is "~"). A path goes through arrays, and ends in them, without an index: a condition is met when any element meets it, as in Amazon
// SNS. So it is with a member that is given twice.
//
// What is not there, or of another type, meets no condition, and so `!` of it matches: !equal("data.test", true) wants the events without
// data.test too. SNS's "anything-but" differs: it wants only those that have it (say exists("data.test") && !equal("data.test", true)),
// and of [100, 50] it takes "anything but 100", for one element is not; !equal(…, 100) does not, for one is.
// null, and what is empty (a text, an array, an object, an attribute) counts as not there. Of a body that is no JSON, or deeper than the
// 32 levels that codec.hpp keeps, nothing is there.
//
// Texts compare byte by byte. Numbers compare as numbers, however they are written: 5 is 5.0. Whole numbers of 64 bits are exact; others
// are doubles, and one that no double can hold (1e999) meets no comparison.
//
// Threads: values that never change; any thread, at the same time. Lifetime: a copy shares what it copies. Crash: nothing durable.
// Errors: engine_error when a filter is made, never when it is asked. wrong_use: a name that is no attribute and no path, a comparison of
// an attribute with what is no text, an empty text, a number that is not finite, any_of of nothing, a range that holds nothing. limit: a
// name or text over 255 bytes, a path of over 32 members, over 150 conditions (each value of any_of is one), over 32 levels of && in ||
// in &&.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace everstep::inline v0
{
struct event;

namespace detail
{
struct filter_node;

template <class T>
concept filter_whole = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
                       !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;
template <class T>
concept filter_real = std::same_as<T, double> || std::same_as<T, float>;
template <class T>
concept filter_text = std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>;
}

/// A number that a condition compares with.
class filter_number
{
public:
    /// Unsigned only what is above every signed number.
    using held_type = std::variant<std::int64_t, std::uint64_t, double>;

    template <detail::filter_whole Whole>
    filter_number(Whole number) noexcept
    {
        if (std::in_range<std::int64_t>(number))
            held_ = static_cast<std::int64_t>(number);
        else
            held_ = static_cast<std::uint64_t>(number);
    }
    template <detail::filter_real Real>
    filter_number(Real number) noexcept : held_(static_cast<double>(number))
    {
    }

    const held_type& held() const noexcept { return held_; }

private:
    held_type held_;
};

/// A bool, number or text that a condition compares with.
class filter_value
{
public:
    using held_type = std::variant<bool, filter_number, std::string>;

    template <std::same_as<bool> Truth>
    filter_value(Truth truth) noexcept : held_(truth)
    {
    }
    template <class Number>
        requires detail::filter_whole<Number> || detail::filter_real<Number>
    filter_value(Number number) noexcept : held_(filter_number(number))
    {
    }
    template <detail::filter_text Text>
    filter_value(const Text& text) : held_(std::string(std::string_view(text)))
    {
    }

    const held_type& held() const noexcept { return held_; }

private:
    held_type held_;
};

class event_filter
{
public:
    /// Matches every event.
    event_filter() = default;

    /// The subscription's own test, for yours. Parses the body, if it asks for it, each time.
    bool matches(const event& one) const noexcept;
    /// For people: "type = 'order.placed' and data.total in [100, 1000)".
    std::string text() const;

    event_filter operator!() const;
    friend event_filter operator&&(const event_filter& left, const event_filter& right) { return all_of(left, right); }
    friend event_filter operator||(const event_filter& left, const event_filter& right) { return one_of(left, right); }

    /// For the engine.
    explicit event_filter(std::shared_ptr<const detail::filter_node> root) noexcept : root_(std::move(root)) {}
    /// For the engine: null where every event matches.
    const detail::filter_node* root() const noexcept { return root_.get(); }

private:
    static event_filter all_of(const event_filter& left, const event_filter& right);
    static event_filter one_of(const event_filter& left, const event_filter& right);

    std::shared_ptr<const detail::filter_node> root_;
};

namespace filters
{
event_filter equal(std::string_view name, filter_value value);
/// Any of these, which may be of several types.
event_filter any_of(std::string_view name, std::vector<filter_value> values);
/// A text that begins with these bytes.
event_filter prefix(std::string_view name, std::string_view begin);
event_filter exists(std::string_view name);

// Of numbers, so of the body only.

/// At or above `low` and below `high`.
event_filter range(std::string_view name, filter_number low, filter_number high);
event_filter at_least(std::string_view name, filter_number low);
event_filter below(std::string_view name, filter_number high);
}
}
