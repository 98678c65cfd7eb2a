#pragma once

// Routing slips: work whose way is data. A slip carries its itinerary and its variables from activity to activity (everstep/activity.hpp); an
// activity may change what comes next; when one faults, all that have completed are compensated, newest first.
//
//     routing_slip slip;
//     slip.route.add("flight", flight_args{"Rome", 2}).add("hotel").add("car", {{"days", 3}});
//     slip.set("city", "Rome");                                          // for every activity that is not told otherwise
//     slip.tell("trips", {slip_event::completed, slip_event::faulted});  // a topic of the engine
//
//     shop.add("trip", run_slip);                                        // a workflow as any other: its run id is the tracking number
//     slip_outcome end = shop.start(run_slip, "trip-17", slip).result();
//     slip_outcome part = co_await run_slip(ctx, slip);                 // or a part of a workflow
//
// **How it ends**
//
// | slip_state | |
// |---|---|
// | completed | the itinerary came to its end |
// | terminated | an activity ended it early; nothing is compensated, and what was not executed is in `skipped` |
// | faulted | an activity faulted; all that had completed and left a log are compensated |
// | compensation_failed | so it was to be, but a compensation failed for good |
//
// Where a compensation has failed for good, older ones are not begun, as in MassTransit: what an activity was built upon stays while it stands.
// Their records say `completed`, so the outcome shows what is left to do by hand. With after_failed::go_on they are compensated all the same.
//
// A slip is a saga that is data: to the run it does not fail, its outcome says what happened. Cancelling the run (or losing a race, or a
// time-out) stops the slip: what runs is asked to stop and waited for, what has completed is compensated, and then `cancelled` goes on
// to whoever awaited it. Where a compensation fails for good on that way, there is the outcome instead, so that somebody sees it. A slip that
// compensates, or has terminated, goes on through a cancel and ends as it would. One that has ended is no part of its caller's sagas.
//
// **Events**: who is to be told is in the slip, see slip_subscription; each gets slip_notice. A slip's are in order (its tracking number is their
// key), and each is there if and only if what it says is recorded. Exactly one of completed, terminated, faulted and compensation_failed is the last.
//
// **Refused**, with slip_refused and before anything is executed: an itinerary that is empty, names an activity that was not added, or gives
// it arguments that it cannot read; a topic that was not added; what is over a limit (slip_activities_max, slip_part_bytes_max, 32
// subscriptions, a tracking number of 255 bytes). The run fails with that code. What can be known only later faults the slip, and whoever
// caused it is compensated with the others: a revised itinerary of that kind, variables or logs over their limit. So do variables that an
// activity cannot read as its arguments (bad_arguments), before it is executed.
//
// Threads: as context; values else. Lifetime: slip_activities must have been provided (engine::provide).
// Crash: the slip is the input of its run, and the end of each activity and of each compensation an entry of its history, with the variables,
// the log and the revised itinerary: replay repeats them. Activities that have ended never run again.
// Errors: slip_refused, cancelled. engine_error (wrong_use) where no slip_activities were provided.

#include <everstep/activity.hpp>
#include <everstep/itinerary.hpp>
#include <everstep/workflow.hpp>

#include <boost/describe.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace everstep::inline v0
{
class context;

enum class slip_event : std::uint8_t
{
    completed,           ///< of the slip, as those up to `revised`
    terminated,
    faulted,             ///< all is compensated
    compensation_failed,
    revised,             ///< by an activity: there is another itinerary
    activity_completed,
    activity_faulted,    ///< for good: attempts that are tried again are no event
    activity_compensated,
    activity_compensation_failed
};
BOOST_DESCRIBE_ENUM(slip_event, completed, terminated, faulted, compensation_failed, revised, activity_completed, activity_faulted,
                    activity_compensated, activity_compensation_failed)

/// What a notice has beside what happened.
enum class slip_content : std::uint8_t
{
    arguments, ///< of the activity, as the itinerary gives them
    log,       ///< of the activity
    variables, ///< of the slip, by then
    route      ///< what is still to be executed
};
BOOST_DESCRIBE_ENUM(slip_content, arguments, log, variables, route)

/// What a subscription's topic gets: the data of its events. Their subject is the activity's name, their type "slip.<event>".
struct slip_notice
{
    slip_event what{};
    std::string tracking_number;
    std::string activity;  ///< which it was, or who revised, terminated or faulted; empty: none
    std::uint32_t place{}; ///< of it in slip_outcome::activities
    std::string code;      ///< why
    std::string text;
    boost::json::value arguments; ///< this and what follows: where the subscription includes it
    boost::json::value log;
    slip_variables variables;
    itinerary route;
};
BOOST_DESCRIBE_STRUCT(slip_notice, (), (what, tracking_number, activity, place, code, text, arguments, log, variables, route))

struct slip_subscription
{
    std::string topic;              ///< that was added to the engine
    std::set<slip_event> events;    ///< empty: all
    std::set<slip_content> include;
    std::set<std::string> activities; ///< of events about an activity, only those about these; empty: all
};
BOOST_DESCRIBE_STRUCT(slip_subscription, (), (topic, events, include, activities))

/// When a compensation has failed for good.
enum class after_failed : std::uint8_t
{
    stop, ///< older activities stay as they are
    go_on ///< they are compensated
};
BOOST_DESCRIBE_ENUM(after_failed, stop, go_on)

struct routing_slip
{
    itinerary route;
    slip_variables variables;
    std::vector<slip_subscription> subscriptions;
    after_failed after_failed_compensation{after_failed::stop};
    std::string tracking_number; ///< empty: the run's id

    template <class Value>
    routing_slip& set(std::string name, const Value& value)
    {
        variables.insert_or_assign(std::move(name), detail::json_of(value));
        return *this;
    }
    routing_slip& set(std::string name, const char* value) { return set(std::move(name), std::string(value)); }
    routing_slip& tell(std::string topic, std::set<slip_event> events = {}, std::set<slip_content> include = {},
                       std::set<std::string> activities = {})
    {
        subscriptions.push_back({std::move(topic), std::move(events), std::move(include), std::move(activities)});
        return *this;
    }
};
BOOST_DESCRIBE_STRUCT(routing_slip, (), (route, variables, subscriptions, after_failed_compensation, tracking_number))

enum class activity_state : std::uint8_t
{
    completed,
    faulted,
    compensated,
    compensation_failed
};
BOOST_DESCRIBE_ENUM(activity_state, completed, faulted, compensated, compensation_failed)

/// What became of an activity that was executed.
struct activity_record
{
    std::string activity;
    activity_state state{};
    boost::json::value log; ///< null: it left nothing to compensate
    std::string code;       ///< why it faulted, terminated the slip, or could not be compensated; texts are cut off after 500 bytes
    std::string text;
};
BOOST_DESCRIBE_STRUCT(activity_record, (), (activity, state, log, code, text))

enum class slip_state : std::uint8_t
{
    completed,
    terminated,
    faulted,
    compensation_failed
};
BOOST_DESCRIBE_ENUM(slip_state, completed, terminated, faulted, compensation_failed)

struct slip_outcome
{
    slip_state state{};
    std::string code; ///< why it faulted or was terminated
    std::string text;
    std::vector<activity_record> activities; ///< in the order in which they were executed
    std::vector<std::string> skipped;        ///< what was still to be executed
    slip_variables variables;
};
BOOST_DESCRIBE_STRUCT(slip_outcome, (), (state, code, text, activities, skipped, variables))

workflow<slip_outcome> run_slip(context& ctx, routing_slip slip);
}
