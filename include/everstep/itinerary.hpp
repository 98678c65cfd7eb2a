#pragma once

// Which activities a routing slip takes, in which order, with which arguments. It is data: made by a program, read from JSON, kept in the
// journal, revised under way.
//
//     itinerary trip;
//     trip.add("flight", flight_args{"Rome", 2}).add("hotel", {{"city", "Rome"}, {"nights", 3}}).add("car");
//     itinerary same = decode<itinerary>(encode(trip));   // [{"activity":"flight","arguments":{"to":"Rome","seats":2},"policy":null}, …]
//
// Arguments are an object. A member that is not there, or is null, is taken from the slip's variable of that name when the activity's turn
// comes; where there is none either, it has its default.
//
// Threads: values. Crash: an itinerary is a part of its run's input, and a revised one of the result of the activity that revised it.
// Errors: add throws codec_error for arguments that cannot be encoded; slip_activities::check says what else is wrong.

#include <everstep/codec.hpp>
#include <everstep/step_options.hpp>

#include <boost/describe.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace everstep::inline v0
{
/// Limits that keep what a slip carries within one payload (engine_options::payload_bytes_max, by its default).
inline constexpr std::size_t slip_activities_max = 500;          ///< that one slip executes, revisions counted
inline constexpr std::size_t slip_part_bytes_max = 200 * 1024;   ///< of an itinerary, of the variables, of all logs together, as JSON

/// What activities hand on to those that come after them, by name.
using slip_variables = std::map<std::string, boost::json::value, std::less<>>;

/// In the place of the policy that the activity was added with: step_options, as far as it is data.
struct slip_policy
{
    std::uint32_t attempts{10};
    std::chrono::milliseconds first{100};
    double factor{2};
    std::chrono::milliseconds longest{60'000};
    std::chrono::milliseconds total{0};
    std::chrono::milliseconds timeout{0};
};
BOOST_DESCRIBE_STRUCT(slip_policy, (), (attempts, first, factor, longest, total, timeout))

struct itinerary_item
{
    std::string activity;            ///< the name that it was added under
    boost::json::value arguments;    ///< an object, or null
    std::optional<slip_policy> policy;
};
BOOST_DESCRIBE_STRUCT(itinerary_item, (), (activity, arguments, policy))

namespace detail
{
template <class Value>
boost::json::value json_of(const Value& value)
{
    return decode<boost::json::value>(encode(value));
}
}

class itinerary
{
public:
    itinerary() = default;
    explicit itinerary(std::vector<itinerary_item> items) : items_(std::move(items)) {}

    itinerary& add(std::string activity, boost::json::value arguments = {}, std::optional<slip_policy> policy = {})
    {
        items_.push_back({std::move(activity), std::move(arguments), policy});
        return *this;
    }
    /// Of a described struct: the activity's own, or any with members of the same names.
    template <class Arguments>
        requires detail::described_struct<Arguments>
    itinerary& add(std::string activity, const Arguments& arguments, std::optional<slip_policy> policy = {})
    {
        static_assert(encodable<Arguments>, "an activity's arguments must be encodable: see everstep/codec.hpp");
        return add(std::move(activity), detail::json_of(arguments), policy);
    }
    /// All of another one, behind what is there.
    itinerary& append(const itinerary& more)
    {
        const std::vector<itinerary_item> copy = more.items_; // it may be this one
        items_.insert(items_.end(), copy.begin(), copy.end());
        return *this;
    }

    const std::vector<itinerary_item>& items() const noexcept { return items_; }

private:
    std::vector<itinerary_item> items_;
};

/// An itinerary is the list of its items.
template <>
struct codec<itinerary>
{
    static std::vector<itinerary_item> to(const itinerary& route) { return route.items(); }
    static itinerary from(std::vector<itinerary_item> items) { return itinerary(std::move(items)); }
    static constexpr const char* name = "itinerary";
};
}
