#pragma once

// One call of an activity of a routing slip, forward and back: what it may know and say. everstep/activity.hpp has the whole of an activity.
//
//     slip_end execute(execution<reserve_args, reserve_log>& e)
//     {
//         if (e.arguments().nights == 0)
//             return e.fault("no_nights", "a night at least");
//         const auto booked = hotel.book(e.arguments().city, e.arguments().nights, e.token());
//         e.set("room", booked.room);
//         return e.completed(reserve_log{booked.id});
//     }
//     void compensate(compensation<reserve_log>& c) { hotel.cancel(c.log().id, c.token()); }
//
// Threads: belong to the call; the stop token may be handed on. Lifetime: until the call returns.
// Crash: the token is the same for all attempts of one execution, and another one for all attempts of its compensation, whatever comes between.
// Errors: variable and set throw codec_error.

#include <everstep/detail/slip_call.hpp>
#include <everstep/itinerary.hpp>

#include <string>
#include <type_traits>
#include <utility>

namespace everstep::inline v0
{
namespace detail
{
template <class Activity, class Args, class Log>
class typed_activity;

/// Stands in the place of a log's type.
struct this_activity_has_no_log
{
    this_activity_has_no_log() = delete;
};
}

/// How an activity ends: made by its execution.
class slip_end
{
private:
    template <class Args, class Log>
    friend class execution;
    template <class Activity, class Args, class Log>
    friend class detail::typed_activity;

    explicit slip_end(detail::slip_verdict what) { record_.what = what; }

    detail::slip_record record_;
};

template <class Args, class Log = void>
class execution : public detail::slip_call
{
public:
    using log_type = std::conditional_t<std::is_void_v<Log>, detail::this_activity_has_no_log, Log>;

    /// For the runtime.
    execution(const attempt& a, const detail::slip_view& slip, Args arguments)
        : slip_call(a, slip, a.token()), arguments_(std::move(arguments))
    {
    }

    /// Of the itinerary, and where they are missing there, of the slip's variables.
    const Args& arguments() const noexcept { return arguments_; }
    /// What comes after it, as the itinerary stands.
    itinerary rest() const { return itinerary({slip().rest.begin(), slip().rest.end()}); }

    /// It has completed; there is nothing to compensate.
    slip_end completed() const { return slip_end(detail::slip_verdict::completed); }
    slip_end completed(const log_type& log) const { return with_log(completed(), log); }
    /// It has completed, and from here on `route` is the itinerary.
    slip_end revise_itinerary(itinerary route) const
    {
        slip_end end(detail::slip_verdict::revised);
        end.record_.route = std::move(route);
        return end;
    }
    slip_end revise_itinerary(itinerary route, const log_type& log) const { return with_log(revise_itinerary(std::move(route)), log); }
    /// It has completed, and so has the slip, before its end.
    slip_end terminate(std::string reason) const { return because(slip_end(detail::slip_verdict::terminated), "terminated", std::move(reason)); }
    /// It has left nothing behind, and the slip cannot go on.
    slip_end fault(std::string code, std::string text) const
    {
        if (code.empty())
            code = "faulted";
        return because(slip_end(detail::slip_verdict::faulted), std::move(code), std::move(text));
    }

private:
    static slip_end with_log(slip_end end, const log_type& log)
    {
        if constexpr (!std::is_void_v<Log>)
        {
            end.record_.has_log = true;
            end.record_.log = detail::json_of(log);
        }
        return end;
    }
    static slip_end because(slip_end end, std::string code, std::string text)
    {
        end.record_.code = std::move(code);
        end.record_.text = std::move(text);
        return end;
    }

    Args arguments_;
};

template <class Log>
class compensation : public detail::slip_call
{
public:
    /// For the runtime.
    compensation(const attempt& a, const detail::slip_view& slip, std::string token, Log log)
        : slip_call(a, slip, std::move(token)), log_(std::move(log))
    {
    }
    /// What its execution left.
    const Log& log() const noexcept { return log_; }

private:
    Log log_;
};
}
