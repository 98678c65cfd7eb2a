// Follows a routing slip: a workflow of steps. What it decides by is in slip_course.cpp, the bodies are in activity.cpp.

#include <everstep/routing_slip.hpp>

#include "feature/activity.hpp"
#include "feature/slip_course.hpp"

#include <everstep/context.hpp>
#include <everstep/saga.hpp>
#include <everstep/transaction.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace everstep::core
{
namespace
{
using detail::slip_record;

/// Results of steps that a cancel hid from the code, while it looks for them.
const table<std::string, slip_record>& hidden_records()
{
    static const table<std::string, slip_record> made{
        detail::identify_own_table("everstep.slip_record", detail::key_layout<std::string>(), "slip_record")};
    return made;
}

/// A result that is recorded while its run is cancelled never reaches the code, but the undo of its step does run: it hands the result over.
/// If we die before the commit of the row, the undo runs again; after it, the row is there until the code has taken it.
constexpr auto hand_over = [](transaction& tx, const slip_record& end) { tx.put(hidden_records(), end.kept_as, end); };

/// One slip under way.
struct traveller
{
    context& ctx;
    slip_activities& activities;
    slip_course course;
    saga shield; ///< of no step: its compensate() lets the run go on through the cancels that have come
    std::string tag; ///< of this slip alone
    std::optional<cancelled> stop{};

    traveller(context& of, routing_slip&& slip, std::string tracking_number)
        : ctx(of), activities(of.use<slip_activities>()), course(std::move(slip), std::move(tracking_number)), shield(of), tag(of.uuid())
    {
    }
    detail::slip_view view(const itinerary_item& item, const std::string& kept_as) const
    {
        return {course.tracking_number(), kept_as, item, course.rest(), course.variables(), course.count() + 1, course.log_bytes()};
    }
};

/// What a step ended in; neither: a cancel ended it before it had a result.
struct step_end
{
    std::optional<slip_record> record;
    std::string code; ///< it failed
    std::string text;
};

step_options options_of(const traveller& here, const itinerary_item& item)
{
    const slip_activities::entry* found = here.activities.find(item.activity);
    step_options options = found ? found->options.execute : step_options{};
    if (item.policy)
    {
        options.retry.attempts = item.policy->attempts;
        options.retry.first = item.policy->first;
        options.retry.factor = item.policy->factor;
        options.retry.longest = item.policy->longest;
        options.retry.total = item.policy->total;
        options.timeout = item.policy->timeout;
    }
    return options;
}

/// Throws permanent_error: as a transaction it leaves nothing, above all no event.
void check_topics(transaction& tx, const routing_slip& slip)
{
    for (const slip_subscription& one : slip.subscriptions)
        try
        {
            tx.publish(one.topic, slip_notice{});
        }
        catch (const engine_error& e)
        {
            throw permanent_error(e.why() == errc::not_found ? "unknown_topic" : e.code(), e.text());
        }
    throw permanent_error("checked", "all topics are there");
}

/// One entry, so that replay does not ask again what was added. Throws slip_refused, cancelled.
workflow<void> check(context& ctx, const slip_activities& activities, const routing_slip& slip)
{
    static constexpr step_options once{.retry = {.attempts = 1}, .place = step_place::shard};
    std::string code, text;
    try
    {
        if (slip.subscriptions.empty())
            co_await ctx.step("check", once, [&] { activities.check(slip); });
        else
            co_await ctx.transact("check", [&](transaction& tx) {
                activities.check(slip);
                check_topics(tx, slip);
            });
    }
    catch (const step_failed& e)
    {
        code = e.code();
        text = e.text();
    }
    if (!code.empty() && code != "checked")
        throw slip_refused(code, text);
}

/// Whatever is cancelled meanwhile.
template <class Body>
workflow<std::optional<slip_record>> insist(traveller& here, const char* name, const Body& body)
{
    std::optional<slip_record> result;
    for (bool is_done = false; !is_done;)
    {
        try
        {
            result = co_await here.ctx.transact(std::string(name), std::ref(body));
            is_done = true;
        }
        catch (const cancelled& c)
        {
            here.stop = c;
        }
        if (!is_done)
            co_await here.shield.compensate();
    }
    co_return result;
}

/// The result that a cancel has hidden, if there is one.
workflow<std::optional<slip_record>> recall(traveller& here, const std::string& kept_as)
{
    const auto look = [&kept_as](transaction& tx) { return tx.get(hidden_records(), kept_as); };
    const auto forget = [&kept_as](transaction& tx) {
        tx.erase(hidden_records(), kept_as);
        return std::optional<slip_record>();
    };
    std::optional<slip_record> found = co_await insist(here, "recall", look);
    if (found)
        co_await insist(here, "forget", forget); // not in one with the look: its result might be hidden, too
    co_return found;
}

/// A step whose recorded result is never lost. `kept_as` names it.
template <class Body>
workflow<step_end> run_step(traveller& here, const std::string& name, const step_options& options, const Body& body, const std::string& kept_as)
{
    step_end end;
    saga held{here.ctx};
    bool is_hidden = false;
    try
    {
        end.record = co_await held.step(name, options, std::ref(body), hand_over);
        held.release();
    }
    catch (const step_failed& e)
    {
        end.code = e.code();
        end.text = e.text();
    }
    catch (const cancelled& c)
    {
        here.stop = c;
        is_hidden = true;
    }
    if (is_hidden)
    {
        co_await held.compensate();
        end.record = co_await recall(here, kept_as);
    }
    co_return end;
}

workflow<void> publish(traveller& here, const slip_publications& all)
{
    for (const slip_publication& one : all)
        for (bool is_told = false; !is_told;)
        {
            try
            {
                co_await here.ctx.publish(one.topic, one.notice, one.attributes);
                is_told = true;
            }
            catch (const cancelled& c)
            {
                here.stop = c;
            }
            if (!is_told)
                co_await here.shield.compensate();
        }
}

workflow<void> execute_next(traveller& here, const itinerary_item& item)
{
    const auto body = [&](attempt& a) { return execute(here.activities, a, here.view(item, here.tag)); };
    const std::string name = item.activity;
    const step_options options = options_of(here, item);
    step_end end = co_await run_step(here, name, options, body, here.tag);
    slip_publications news;
    if (end.record)
        news = here.course.ended(std::move(*end.record));
    else if (here.stop)
        news = here.course.failed("cancelled", here.stop->reason);
    else
        news = here.course.failed(std::move(end.code), std::move(end.text));
    co_await publish(here, news);
    if (here.stop)
        here.course.cancel(here.stop->reason);
}

workflow<void> compensate_newest(traveller& here, const slip_course::executed& what)
{
    const std::string kept_as = here.tag + "/" + std::to_string(here.course.place_to_compensate());
    const auto body = [&](attempt& a) { return compensate(here.activities, a, here.view(what.item, kept_as), what.log); };
    const std::string name = "compensate " + what.item.activity;
    const slip_activities::entry* found = here.activities.find(what.item.activity);
    const step_options options = found ? found->options.compensate : activity_options{}.compensate;
    step_end end;
    while (!end.record && end.code.empty()) // once more where a cancel has ended it
        end = co_await run_step(here, name, options, body, kept_as);
    const slip_publications news = end.record ? here.course.compensated(std::move(*end.record))
                                              : here.course.compensation_failed(std::move(end.code), std::move(end.text));
    co_await publish(here, news);
}
}
}

namespace everstep::inline v0
{
workflow<slip_outcome> run_slip(context& ctx, routing_slip slip)
{
    using namespace core;
    co_await check(ctx, ctx.use<slip_activities>(), slip);
    std::string number = slip.tracking_number.empty() ? std::string(ctx.run_id()) : slip.tracking_number;
    traveller here(ctx, std::move(slip), std::move(number));
    while (const itinerary_item* item = here.course.next())
        co_await execute_next(here, *item);
    while (const slip_course::executed* what = here.course.to_compensate())
        co_await compensate_newest(here, *what);
    const slip_publications last = here.course.finish();
    co_await publish(here, last);
    if (here.course.is_cancelled() && here.course.state() == slip_state::faulted)
        throw cancelled{here.stop->reason};
    co_return here.course.take_outcome();
}
}
