#pragma once

// From a class with execute and compensate to any_activity.

#include <everstep/error.hpp>
#include <everstep/execution.hpp>

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

namespace everstep::inline v0::detail
{
/// Of &Activity::execute: the types of its arguments and log.
template <class Member>
struct execute_types
{
    static constexpr bool fits = false;
};
template <class Args, class Log>
struct types_of_execution
{
    static constexpr bool fits = true;
    using args = Args;
    using log = Log;
};
template <class Of, class Args, class Log>
struct execute_types<slip_end (Of::*)(execution<Args, Log>&)> : types_of_execution<Args, Log>
{
};
template <class Of, class Args, class Log>
struct execute_types<slip_end (Of::*)(execution<Args, Log>&) const> : types_of_execution<Args, Log>
{
};
template <class Of, class Args, class Log>
struct execute_types<slip_end (Of::*)(execution<Args, Log>&) noexcept> : types_of_execution<Args, Log>
{
};
template <class Of, class Args, class Log>
struct execute_types<slip_end (Of::*)(execution<Args, Log>&) const noexcept> : types_of_execution<Args, Log>
{
};

/// One, that may be called on this object.
template <class Activity>
consteval bool has_execute()
{
    if constexpr (requires { &Activity::execute; })
    {
        using types = execute_types<decltype(&Activity::execute)>;
        if constexpr (types::fits)
            return requires(Activity & object, execution<typename types::args, typename types::log> & call) { object.execute(call); };
    }
    return false;
}
template <class Activity>
concept names_compensate = requires { &Activity::compensate; };
template <class Activity, class Log>
concept compensates = requires(Activity& object, compensation<Log>& call) {
    {
        object.compensate(call)
        } -> std::same_as<void>;
};

template <class Activity, class Args, class Log>
class typed_activity final : public any_activity
{
public:
    explicit typed_activity(Activity& object) noexcept : object_(object) {}

    void check_arguments(const boost::json::value& arguments) const override { (void)decode<Args>(encode(arguments)); }

    slip_record execute(const attempt& a, const slip_view& slip, const boost::json::value& arguments) const override
    {
        execution<Args, Log> call(a, slip, read_arguments(slip, arguments));
        slip_end end = object_.execute(call);
        end.record_.variables = call.take_set();
        return std::move(end.record_);
    }

    slip_variables compensate(const attempt& a, const slip_view& slip, std::string token, const boost::json::value& log) const override
    {
        if constexpr (!std::is_void_v<Log>)
        {
            compensation<Log> call(a, slip, std::move(token), decode<Log>(encode(log)));
            object_.compensate(call);
            return call.take_set();
        }
        else // it had a log when it was executed
            throw error("no_compensation", "activity '" + slip.item.activity + "' has a log to compensate, and no compensate(compensation<Log>&)");
    }

private:
    static Args read_arguments(const slip_view& slip, const boost::json::value& arguments)
    {
        try
        {
            return decode<Args>(encode(arguments));
        }
        catch (const codec_error& e)
        {
            throw permanent_error("bad_arguments", "activity '" + slip.item.activity + "': " + e.text());
        }
    }

    Activity& object_;
};
}
