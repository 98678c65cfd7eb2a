#include "feature/activity.hpp"

#include "base/checksum.hpp"
#include "feature/notification_rows.hpp"
#include "replay/token.hpp"

#include <everstep/routing_slip.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <utility>

namespace everstep::core
{
namespace
{
constexpr std::size_t name_bytes_max = 100; // the name of the step that compensates is longer

/// Throws slip_refused.
void check_item(const slip_activities& all, const itinerary_item& item, std::size_t place)
{
    const std::string where = "item " + std::to_string(place) + " of the itinerary: ";
    const slip_activities::entry* found = all.find(item.activity);
    if (!found)
        throw slip_refused("unknown_activity", where + "there is no activity '" + item.activity + "': call slip_activities::add before open");
    if (!item.arguments.is_null() && !item.arguments.is_object())
        throw slip_refused("bad_arguments", where + "the arguments of activity '" + item.activity + "' are no object");
    try
    {
        found->activity->check_arguments(arguments_of(item, {}));
    }
    catch (const codec_error& e)
    {
        throw slip_refused("bad_arguments", where + "activity '" + item.activity + "': " + e.text());
    }
}

template <class Value>
void check_bytes(const Value& what, const char* name, std::size_t before = 0)
{
    if (const std::size_t bytes = before + encode(what).size(); bytes > slip_part_bytes_max)
        throw slip_refused("limit", std::string(name) + " of the slip have " + std::to_string(bytes) + " bytes, and may have " +
                                        std::to_string(slip_part_bytes_max) + ": keep them outside, and where they lie here");
}

void check_variables(const slip_variables& before, const slip_variables& set)
{
    if (set.empty())
        return;
    slip_variables all = set;
    all.insert(before.begin(), before.end());
    check_bytes(all, "the variables");
}

void check_subscriptions(const routing_slip& slip)
{
    constexpr std::size_t subscriptions_max = 32;
    if (slip.subscriptions.size() > subscriptions_max)
        throw slip_refused("limit", "the slip has " + std::to_string(slip.subscriptions.size()) + " subscriptions, and may have 32");
    if (slip.tracking_number.size() > 255)
        throw slip_refused("limit", "the tracking number has " + std::to_string(slip.tracking_number.size()) + " bytes, and may have 255");
}
}

std::string shown(std::string said)
{
    constexpr std::size_t bytes_max = 500;
    if (said.size() > bytes_max + 4)
        said.resize(bytes_max + 4); // a character that is cut apart here goes with the rest
    make_text(said);
    if (said.size() > bytes_max)
    {
        std::size_t end = bytes_max;
        while ((static_cast<unsigned char>(said[end]) & 0xC0) == 0x80)
            --end;
        said.resize(end);
    }
    return said;
}

boost::json::value arguments_of(const itinerary_item& item, const slip_variables& variables)
{
    boost::json::object merged;
    for (const auto& [name, value] : variables)
        merged.emplace(name, value);
    if (const boost::json::object* own = item.arguments.if_object())
        for (const auto& member : *own)
            if (!member.value().is_null())
                merged.insert_or_assign(member.key(), member.value());
    return merged;
}

void check_route(const slip_activities& all, const itinerary& route, std::size_t executed)
{
    if (const std::size_t count = executed + route.items().size(); count > slip_activities_max)
        throw slip_refused("limit", "the slip would execute " + std::to_string(count) + " activities, and may execute " +
                                        std::to_string(slip_activities_max) + ": is it revised again and again?");
    check_bytes(route, "the itinerary's items");
    std::size_t place = 0;
    for (const itinerary_item& item : route.items())
        check_item(all, item, place++);
}

detail::slip_record execute(const slip_activities& all, const attempt& a, const detail::slip_view& slip)
{
    const slip_activities::entry* found = all.find(slip.item.activity);
    if (!found)
        throw permanent_error("unknown_activity", "there is no activity '" + slip.item.activity + "': call slip_activities::add before open");
    detail::slip_record end = found->activity->execute(a, slip, arguments_of(slip.item, slip.variables));
    end.kept_as = slip.kept_as;
    end.code = shown(std::move(end.code));
    end.text = shown(std::move(end.text));
    try
    {
        if (end.what == detail::slip_verdict::revised)
            check_route(all, end.route, slip.executed);
        check_variables(slip.variables, end.variables);
        if (end.has_log)
            check_bytes(end.log, "the logs", slip.log_bytes);
    }
    catch (const slip_refused& e)
    {
        // It has been done: if this were thrown, it would be done again, or never compensated.
        if (end.what != detail::slip_verdict::faulted)
        {
            end.what = detail::slip_verdict::faulted;
            end.code = e.code();
            end.text = e.text();
        }
        end.variables.clear();
        end.route = {};
    }
    return end;
}

detail::slip_record compensate(const slip_activities& all, const attempt& a, const detail::slip_view& slip, const boost::json::value& log)
{
    const slip_activities::entry* found = all.find(slip.item.activity);
    if (!found)
        throw error("unknown_activity", "there is no activity '" + slip.item.activity + "' to compensate: call slip_activities::add before open");
    detail::slip_record end;
    end.kept_as = slip.kept_as;
    end.what = detail::slip_verdict::compensated;
    // Not the step's own: a cancel may have dropped that step between two attempts, and another one goes on with its work.
    const std::string token = replay::hex_of(base::hash128_of(slip.kept_as));
    end.variables = found->activity->compensate(a, slip, token, log);
    try
    {
        check_variables(slip.variables, end.variables);
    }
    catch (const slip_refused& e)
    {
        end.variables.clear();
        end.code = e.code();
        end.text = e.text();
    }
    return end;
}
}

namespace everstep::inline v0
{
void slip_activities::keep(std::string name, std::unique_ptr<const detail::any_activity> activity, const activity_options& options)
{
    if (name.empty() || name.size() > core::name_bytes_max)
        throw engine_error(errc::limit, "an activity's name has 1 to 100 bytes, this one has " + std::to_string(name.size()));
    const auto [at, is_new] = by_name_.try_emplace(std::move(name), entry{std::move(activity), options});
    if (!is_new)
        throw engine_error(errc::wrong_use, "activity '" + at->first + "' was added before");
}

const slip_activities::entry* slip_activities::find(std::string_view name) const noexcept
{
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &found->second;
}

void slip_activities::check(const itinerary& route) const
{
    if (route.items().empty())
        throw slip_refused("empty_itinerary", "the itinerary is empty: a slip has one activity at least");
    core::check_route(*this, route, 0);
}

void slip_activities::check(const routing_slip& slip) const
{
    check(slip.route);
    core::check_variables({}, slip.variables);
    core::check_subscriptions(slip);
}
}
