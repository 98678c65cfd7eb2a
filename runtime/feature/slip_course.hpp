#pragma once

// Where a routing slip stands, and what is to be told of it: what has ended goes in, what is next and what is published comes out. Decides by the
// slip and by recorded results alone, so replay comes to the same.
//
//     next()          the activity to execute            -> ended(), failed()
//     to_compensate() the activity to compensate         -> compensated(), compensation_failed()
//     finish()        neither is left
//
//   state               | next()      | to_compensate()                      | finish() says
//   --------------------+-------------+--------------------------------------+--------------------
//   under way           | an item     | nothing                              |
//   all executed        | nothing     | nothing                              | completed
//   terminated          | nothing     | nothing                              | terminated
//   faulted             | nothing     | the newest that has completed        | faulted
//   compensation failed | nothing     | nothing, or with go_on the next older | compensation_failed

#include <everstep/detail/slip_call.hpp>
#include <everstep/event.hpp>
#include <everstep/routing_slip.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace everstep::core
{
/// One event, as it goes to one topic.
struct slip_publication
{
    std::string topic;
    slip_notice notice;
    publish_options attributes;
};
using slip_publications = std::vector<slip_publication>;

class slip_course
{
public:
    /// An activity that has been executed.
    struct executed
    {
        itinerary_item item;
        boost::json::value log;
        bool is_to_be_compensated{};
    };

    slip_course(routing_slip&& slip, std::string tracking_number);

    const itinerary_item* next() const noexcept;
    slip_publications ended(detail::slip_record&& how);
    slip_publications failed(std::string code, std::string text);
    /// From outside: what has completed is to be compensated. Nothing changes where the slip has ended otherwise.
    void cancel(std::string reason);
    bool is_cancelled() const noexcept { return is_cancelled_; }

    const executed* to_compensate() const noexcept;
    slip_publications compensated(detail::slip_record&& how);
    slip_publications compensation_failed(std::string code, std::string text);

    slip_publications finish() const;
    slip_state state() const noexcept { return outcome_.state; }
    slip_outcome take_outcome();

    const std::string& tracking_number() const noexcept { return tracking_number_; }
    const slip_variables& variables() const noexcept { return outcome_.variables; }
    /// Behind next().
    std::span<const itinerary_item> rest() const noexcept;
    /// How many have been.
    std::size_t count() const noexcept { return executed_.size(); }
    /// Of to_compensate(), among them.
    std::size_t place_to_compensate() const noexcept { return newest_ - 1; }
    std::size_t log_bytes() const noexcept { return log_bytes_; }

private:
    void fault(std::string code, std::string text);
    void take_next(activity_state state, std::string code, std::string text);
    void take_variables(slip_variables&& set);
    void find_newest() noexcept;
    slip_publications tell(slip_event what, std::optional<std::size_t> place) const;
    void tell(slip_publications& to, slip_event what, std::optional<std::size_t> place) const;
    slip_notice notice_of(slip_event what, std::optional<std::size_t> place, const std::set<slip_content>& include) const;

    std::vector<slip_subscription> subscriptions_;
    after_failed after_failed_;
    std::string tracking_number_;
    std::vector<itinerary_item> route_; ///< from next_ on it is to be executed
    std::size_t next_{};
    std::vector<executed> executed_;
    std::size_t newest_{}; ///< that is to be compensated; one more than its place, 0: none
    std::optional<std::size_t> ended_by_; ///< the place of the activity that terminated the slip, or faulted
    std::size_t log_bytes_{};
    bool is_cancelled_{};
    slip_outcome outcome_;
};
}
