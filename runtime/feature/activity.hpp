#pragma once

// Calls of activities as bodies of steps: how they are found, given their arguments, and what they return is judged.
//
// Threads: any. Everything is in the arguments, so that what is decided here stands in the step's result, and replay does not decide again.

#include <everstep/activity.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>

namespace everstep::core
{
/// The item's own, and where they are missing or null, the variables of their names.
boost::json::value arguments_of(const itinerary_item& item, const slip_variables& variables);

/// What an exception or a body says, which may be bytes of any kind and number, as a text of 500 bytes at most.
std::string shown(std::string said);

/// Throws slip_refused where it cannot be followed after `executed` activities. One that is empty can.
void check_route(const slip_activities& all, const itinerary& route, std::size_t executed);

/// The body of an activity's step. What it returns and cannot be (a revised itinerary that cannot be followed, more variables than a slip
/// may have) is a fault that has a log. Throws what the activity throws; permanent_error.
detail::slip_record execute(const slip_activities& all, const attempt& a, const detail::slip_view& slip);
/// The body of its compensation's step.
detail::slip_record compensate(const slip_activities& all, const attempt& a, const detail::slip_view& slip, const boost::json::value& log);
}
