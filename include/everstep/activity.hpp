#pragma once

// Activities: what routing slips are made of (everstep/routing_slip.hpp). An activity does one thing, and where it leaves something behind that
// can be undone, says how.
//
//     struct reserve
//     {
//         slip_end execute(execution<reserve_args, reserve_log>& e);      // see everstep/execution.hpp
//         void compensate(compensation<reserve_log>& c);
//     };
//
//     slip_activities given;
//     given.add("reserve", reserving).add("price", pricing);              // objects
//     shop.provide(given);
//
// Arguments and log are described structs. An activity that leaves nothing behind takes execution<Args>, without a log, and has no
// compensate; one that sometimes does not returns completed() without a log. execute ends in one of
//
// | call | and then |
// |---|---|
// | `completed(log)`, `completed()` | the next one's turn |
// | `revise_itinerary(route, log)` | it has completed, and `route` is what comes next; `e.rest()` is what would have |
// | `terminate(reason)` | it has completed, and the slip ends here: what is left is not executed, nothing is compensated |
// | `fault(code, text)` | the slip has faulted: what has completed is compensated, newest first |
//
// and may `set` variables before. What it throws is a failed attempt, which is tried again as the item's policy says, or else
// activity_options::execute; permanent_error, retry_after, time-outs and running out of attempts are as for any step, and when there is no
// further attempt the slip has faulted. What compensate throws is tried again, too, by activity_options::compensate: by its default without
// limit. Where it throws permanent_error, or that limit is reached, the compensation has failed for good.
//
// Threads: bodies of steps, on the pool or where the options say; one object is called from several threads at once. add from one
// thread, before engine::open.
// Lifetime: slip_activities and the objects outlive the engine.
// Crash: execute and compensate run at least once until their end is recorded and never again after, always with their token. An end that is
// over engine_options::payload_bytes_max cannot be recorded, as with any step: the slip faults, and that activity is not compensated. Slips
// under way need their activities after a restart, under the same names: one that is not there when its turn comes faults its slip
// (unknown_activity); one that is not there to compensate, or cannot read its log any more, is tried again as its policy says, so put it back.
// Errors: add throws engine_error: wrong_use (a name twice), limit (a name has 1 to 100 bytes). What is no activity does not compile.

#include <everstep/detail/typed_activity.hpp>
#include <everstep/execution.hpp>
#include <everstep/step_options.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace everstep::inline v0
{
struct routing_slip;

struct activity_options
{
    step_options execute{};
    step_options compensate{.retry = {.attempts = 0}};
};

/// A slip, or an itinerary, that cannot be followed: its code is empty_itinerary, unknown_activity, bad_arguments, unknown_topic or limit.
class slip_refused : public error
{
public:
    using error::error;
};

class slip_activities
{
public:
    struct entry
    {
        std::unique_ptr<const detail::any_activity> activity;
        activity_options options;
    };

    slip_activities() = default;
    slip_activities(const slip_activities&) = delete;
    slip_activities& operator=(const slip_activities&) = delete;

    /// The name is never to be changed: itineraries in the journal have it.
    template <class Activity>
    slip_activities& add(std::string name, Activity& object, const activity_options& options = {})
    {
        static_assert(detail::has_execute<Activity>(), "an activity has one member function slip_end execute(execution<Args, Log>&), or "
                                                       "slip_end execute(execution<Args>&) where it leaves nothing to compensate");
        if constexpr (detail::has_execute<Activity>())
        {
            using types = detail::execute_types<decltype(&Activity::execute)>;
            using args = typename types::args;
            using log = typename types::log;
            static_assert(detail::described_struct<args> && encodable<args>,
                          "an activity's arguments are a described struct: see everstep/codec.hpp");
            if constexpr (std::is_void_v<log>)
                static_assert(!detail::names_compensate<Activity>,
                              "an activity with compensate leaves a log for it: execute takes execution<Args, Log>&");
            else
            {
                static_assert(detail::described_struct<log> && encodable<log>, "an activity's log is a described struct: see everstep/codec.hpp");
                static_assert(detail::compensates<Activity, log>, "an activity with a log has void compensate(compensation<Log>&), of the same Log");
            }
            keep(std::move(name), std::make_unique<detail::typed_activity<Activity, args, log>>(object), options);
        }
        return *this;
    }
    template <class Activity>
    slip_activities& add(std::string name, const Activity&& object, const activity_options& options = {}) = delete; // it outlives the engine

    /// Says what can be known of a slip before it begins: that it has something to do, within its limits; that its activities are there, and
    /// can read the arguments that the itinerary gives them. Throws slip_refused. (Its topics are the engine's: run_slip looks.)
    void check(const routing_slip& slip) const;
    void check(const itinerary& route) const;

    /// Null: there is none.
    const entry* find(std::string_view name) const noexcept;

private:
    void keep(std::string name, std::unique_ptr<const detail::any_activity> activity, const activity_options& options);

    std::map<std::string, entry, std::less<>> by_name_;
};
}
