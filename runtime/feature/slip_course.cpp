#include "feature/slip_course.hpp"

#include "feature/activity.hpp"

#include <everstep/codec.hpp>

#include <utility>

namespace everstep::core
{
using detail::slip_record;
using detail::slip_verdict;

namespace
{
constexpr bool is_about_activity(slip_event what) noexcept { return what >= slip_event::activity_completed; }

slip_event last_event(slip_state state) noexcept
{
    switch (state)
    {
    case slip_state::completed: return slip_event::completed;
    case slip_state::terminated: return slip_event::terminated;
    case slip_state::faulted: return slip_event::faulted;
    case slip_state::compensation_failed: return slip_event::compensation_failed;
    }
    return {};
}
}

slip_course::slip_course(routing_slip&& slip, std::string tracking_number)
    : subscriptions_(std::move(slip.subscriptions)), after_failed_(slip.after_failed_compensation),
      tracking_number_(std::move(tracking_number)), route_(slip.route.items())
{
    outcome_.variables = std::move(slip.variables);
}

const itinerary_item* slip_course::next() const noexcept
{
    return outcome_.state == slip_state::completed && next_ < route_.size() ? &route_[next_] : nullptr;
}

std::span<const itinerary_item> slip_course::rest() const noexcept
{
    return std::span(route_).subspan(next_ < route_.size() ? next_ + 1 : next_);
}

void slip_course::take_variables(slip_variables&& set)
{
    for (auto& [name, value] : set)
        outcome_.variables.insert_or_assign(name, std::move(value));
}

/// The next one has been executed.
void slip_course::take_next(activity_state state, std::string code, std::string text)
{
    executed_.push_back({std::move(route_[next_]), {}, false});
    outcome_.activities.push_back({executed_.back().item.activity, state, {}, shown(std::move(code)), shown(std::move(text))});
    ++next_;
}

void slip_course::fault(std::string code, std::string text)
{
    outcome_.state = slip_state::faulted;
    outcome_.code = shown(std::move(code));
    outcome_.text = shown(std::move(text));
    newest_ = executed_.size();
    find_newest();
}

void slip_course::find_newest() noexcept
{
    while (newest_ != 0 && !executed_[newest_ - 1].is_to_be_compensated)
        --newest_;
}

slip_publications slip_course::ended(slip_record&& how)
{
    const bool has_faulted = how.what == slip_verdict::faulted;
    take_next(has_faulted ? activity_state::faulted : activity_state::completed, how.code, how.text);
    const std::size_t place = executed_.size() - 1;
    if (how.has_log)
    {
        // One that is over the limit is compensated, and not told of.
        const std::size_t bytes = encode(how.log).size();
        if (log_bytes_ + bytes <= slip_part_bytes_max)
        {
            log_bytes_ += bytes;
            outcome_.activities.back().log = how.log;
        }
        executed_.back().log = std::move(how.log);
        executed_.back().is_to_be_compensated = true;
    }
    take_variables(std::move(how.variables));
    slip_publications all;
    tell(all, has_faulted ? slip_event::activity_faulted : slip_event::activity_completed, place);
    if (how.what == slip_verdict::revised)
    {
        route_ = how.route.items();
        next_ = 0;
        tell(all, slip_event::revised, place);
    }
    if (how.what == slip_verdict::terminated)
    {
        outcome_.state = slip_state::terminated;
        ended_by_ = place;
        outcome_.code = shown(std::move(how.code));
        outcome_.text = shown(std::move(how.text));
    }
    if (has_faulted)
    {
        ended_by_ = place;
        fault(std::move(how.code), std::move(how.text));
    }
    return all;
}

slip_publications slip_course::failed(std::string code, std::string text)
{
    take_next(activity_state::faulted, code, text);
    ended_by_ = executed_.size() - 1;
    fault(std::move(code), std::move(text));
    return tell(slip_event::activity_faulted, executed_.size() - 1);
}

void slip_course::cancel(std::string reason)
{
    if (outcome_.state == slip_state::terminated || is_cancelled_)
        return;
    is_cancelled_ = true;
    if (outcome_.state == slip_state::completed)
        fault("cancelled", std::move(reason));
}

const slip_course::executed* slip_course::to_compensate() const noexcept { return newest_ == 0 ? nullptr : &executed_[newest_ - 1]; }

slip_publications slip_course::compensated(slip_record&& how)
{
    const std::size_t place = place_to_compensate();
    activity_record& record = outcome_.activities[place];
    record.state = activity_state::compensated;
    if (!how.code.empty())
    {
        record.code = shown(std::move(how.code));
        record.text = shown(std::move(how.text));
    }
    take_variables(std::move(how.variables));
    --newest_;
    find_newest();
    return tell(slip_event::activity_compensated, place);
}

slip_publications slip_course::compensation_failed(std::string code, std::string text)
{
    const std::size_t place = place_to_compensate();
    activity_record& record = outcome_.activities[place];
    record.state = activity_state::compensation_failed;
    record.code = shown(std::move(code));
    record.text = shown(std::move(text));
    outcome_.state = slip_state::compensation_failed;
    --newest_;
    find_newest();
    if (after_failed_ == after_failed::stop)
        newest_ = 0;
    return tell(slip_event::activity_compensation_failed, place);
}

slip_publications slip_course::finish() const { return tell(last_event(outcome_.state), ended_by_); }

slip_outcome slip_course::take_outcome()
{
    for (; next_ < route_.size(); ++next_)
        outcome_.skipped.push_back(route_[next_].activity);
    return std::move(outcome_);
}

slip_publications slip_course::tell(slip_event what, std::optional<std::size_t> place) const
{
    slip_publications all;
    tell(all, what, place);
    return all;
}

void slip_course::tell(slip_publications& to, slip_event what, std::optional<std::size_t> place) const
{
    for (const slip_subscription& one : subscriptions_)
    {
        if (!one.events.empty() && !one.events.contains(what))
            continue;
        if (is_about_activity(what) && !one.activities.empty() && !one.activities.contains(executed_[*place].item.activity))
            continue;
        slip_notice notice = notice_of(what, place, one.include);
        publish_options attributes{.key = tracking_number_, .subject = notice.activity,
                                   .type = "slip." + decode<std::string>(encode(what))};
        to.push_back({one.topic, std::move(notice), std::move(attributes)});
    }
}

slip_notice slip_course::notice_of(slip_event what, std::optional<std::size_t> place, const std::set<slip_content>& include) const
{
    slip_notice notice;
    notice.what = what;
    notice.tracking_number = tracking_number_;
    const bool is_of_slip = what < slip_event::revised;
    if (is_of_slip)
    {
        notice.code = outcome_.code;
        notice.text = outcome_.text;
    }
    if (place)
    {
        const activity_record& record = outcome_.activities[*place];
        notice.activity = record.activity;
        notice.place = static_cast<std::uint32_t>(*place);
        if (!is_of_slip)
        {
            notice.code = record.code;
            notice.text = record.text;
        }
        if (include.contains(slip_content::arguments))
            notice.arguments = executed_[*place].item.arguments;
        if (include.contains(slip_content::log))
            notice.log = record.log;
    }
    if (include.contains(slip_content::variables))
        notice.variables = outcome_.variables;
    if (include.contains(slip_content::route))
    {
        itinerary left;
        for (std::size_t n = next_; n < route_.size(); ++n)
            left.append(itinerary({route_[n]}));
        notice.route = std::move(left);
    }
    return notice;
}
}
