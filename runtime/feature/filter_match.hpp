#pragma once

// Filters against one event. Its body is read into the codec's row of tokens, at most once for all filters and only when one of them asks:
// no tree is built, nothing is allocated once a thread's row has grown, and numbers keep the text that they were written with.
//
//     event_body body(one.data); // one for all
//     for (const subscription& each : subscriptions)
//         if (matches(each.wanted, one, body)) …

#include <everstep/event.hpp>
#include <everstep/event_filter.hpp>

#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace everstep::inline v0::detail
{
struct reader_storage;
struct token;

enum class condition_kind : std::uint8_t
{
    any_of,
    prefix,
    range,
    exists
};

struct filter_condition
{
    condition_kind kind;
    std::string name; ///< as it was given
    const std::string event::*attribute{}; ///< null: the path leads into the body
    std::vector<std::string> path{};
    std::vector<filter_value> values{}; ///< any_of's, or the prefix
    std::optional<filter_number> low{};
    std::optional<filter_number> high{};
};

enum class node_kind : std::uint8_t
{
    condition,
    all,
    any
};

struct filter_node
{
    node_kind kind{};
    bool negated{};
    bool asks_body{};
    std::size_t conditions{};
    std::size_t depth{}; ///< of a condition 0
    std::optional<filter_condition> condition{};
    std::vector<filter_node> children{};
};

// Numbers, exactly: through double, 2^53 and its neighbour would be one.

template <class Whole>
std::weak_ordering compare_mixed(Whole whole, double real) noexcept
{
    constexpr double begin = std::is_signed_v<Whole> ? -0x1p63 : 0;
    constexpr double end = std::is_signed_v<Whole> ? 0x1p63 : 0x1p64;
    if (real < begin)
        return std::weak_ordering::greater;
    if (real >= end)
        return std::weak_ordering::less;
    const double floor = std::floor(real);
    if (const auto order = whole <=> static_cast<Whole>(floor); order != 0)
        return order;
    return floor < real ? std::weak_ordering::less : std::weak_ordering::equivalent;
}

inline std::weak_ordering compare_real(const filter_number& left, double right) noexcept
{
    if (const auto* whole = std::get_if<std::int64_t>(&left.held()))
        return compare_mixed(*whole, right);
    if (const auto* whole = std::get_if<std::uint64_t>(&left.held()))
        return compare_mixed(*whole, right);
    const double real = *std::get_if<double>(&left.held());
    if (real == right)
        return std::weak_ordering::equivalent;
    return real < right ? std::weak_ordering::less : std::weak_ordering::greater; // neither JSON nor a filter has NaN
}

inline std::weak_ordering compare(const filter_number& left, const filter_number& right) noexcept
{
    if (const auto* real = std::get_if<double>(&right.held()))
        return compare_real(left, *real);
    if (const auto* real = std::get_if<double>(&left.held()))
        return 0 <=> compare_real(right, *real);
    if (left.held().index() != right.held().index())
        return left.held().index() <=> right.held().index(); // one is above all that fits signed
    if (const auto* whole = std::get_if<std::int64_t>(&left.held()))
        return *whole <=> *std::get_if<std::int64_t>(&right.held());
    return *std::get_if<std::uint64_t>(&left.held()) <=> *std::get_if<std::uint64_t>(&right.held());
}
}

namespace everstep::core
{
/// To be dropped before user code runs: until then decoding on this thread has to make a row of tokens of its own.
class event_body
{
public:
    /// The text must outlive this.
    explicit event_body(std::string_view json) noexcept;
    ~event_body();
    event_body(const event_body&) = delete;
    event_body& operator=(const event_body&) = delete;

    /// The body's first token; null when it is no JSON, or too deep. Without memory the process ends: a "no" would lose the event for good.
    const detail::token* get() noexcept;
    bool parsed() const noexcept { return parsed_; }

private:
    std::string_view json_;
    std::unique_ptr<detail::reader_storage> storage_;
    const detail::token* root_{};
    bool parsed_{};
};

/// Looks at attributes first, so that the body is parsed only where they leave it open.
bool matches(const event_filter& wanted, const event& one, event_body& body) noexcept;
}
