#include "engine/engine_core.hpp"
#include "feature/deliverer.hpp"
#include "feature/notification_rows.hpp"
#include "feature/subscription_rows.hpp"

#include <everstep/detail/event_draft.hpp>
#include <everstep/detail/notify.hpp>
#include <everstep/detail/transaction_call.hpp>
#include <everstep/error.hpp>
#include <everstep/transaction.hpp>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
constexpr std::string_view topic_begin = "everstep.notify.";
/// More than one, so that it catches up.
constexpr std::size_t forgotten_at_once = 4;

void forget_some(transaction& tx)
{
    const base::time_us now = tx.now().time_since_epoch().count();
    std::vector<notification_due_key> passed;
    tx.all(notification_due_table(), [&](const notification_due_key& key, bool) {
        if (std::get<0>(key) > now || passed.size() == forgotten_at_once)
            return false;
        passed.push_back(key);
        return true;
    });
    for (const notification_due_key& key : passed)
    {
        const auto& [until, topic, id] = key;
        tx.erase(notification_due_table(), key);
        const auto kept = tx.get(notification_table(), {topic, id});
        if (kept && kept->state != notification_state::pending) // else it was sent again since
            tx.erase(notification_table(), {topic, id});
    }
}

/// If we die before the commit, it was never sent, and neither is what it is about done; if we die after it, the next process tells the partner.
void send(transaction& tx, const std::string& topic, notification&& one)
{
    one.state = notification_state::pending;
    one.attempts = 0;
    one.changed = tx.now();
    one.next = {};
    one.code.clear();
    one.text.clear();
    detail::publish_encoded(tx, {topic, {.key = one.partner, .id = one.id}, one.data});
    tx.put(notification_table(), {topic, one.id}, one);
}
}

const table<notification_key, notification>& notification_table()
{
    static const table<notification_key, notification> made{
        detail::identify_own_table("everstep.notification", detail::key_layout<notification_key>(), "notification")};
    return made;
}
const table<notification_due_key, bool>& notification_due_table()
{
    static const table<notification_due_key, bool> made{
        detail::identify_own_table("everstep.notification_due", detail::key_layout<notification_due_key>(), "bool")};
    return made;
}

std::string notification_topic(std::string_view name) { return std::string(topic_begin) + std::string(name); }

void write(transaction& tx, const std::string& topic, base::time_us keep, const notification_change& what)
{
    auto kept = tx.get(notification_table(), {topic, what.id});
    if (!kept)
        return; // it came in by a plain publish
    using std::chrono::microseconds;
    kept->state = what.state;
    kept->attempts = what.attempts;
    kept->changed = event::time_point(microseconds(what.now));
    kept->next = event::time_point(microseconds(what.next));
    kept->code = what.code;
    kept->text = what.text;
    make_text(kept->code);
    make_text(kept->text);
    // With the rows of the delivery: whoever asks sees what became of it, or nothing became of it yet.
    tx.put(notification_table(), {topic, what.id}, *kept);
    if (what.state != notification_state::pending)
        tx.put(notification_due_table(), {what.now + std::min(keep, std::numeric_limits<base::time_us>::max() - what.now), topic, what.id}, true);
}
}

namespace everstep::inline v0
{
void detail::add_notifications(engine_core& core, std::string name, event_handler handler, const notification_options& options)
{
    if (name.empty() || name.size() > 100)
        throw engine_error(errc::limit, "notifications have a name of 1 to 100 bytes, this one has " + std::to_string(name.size()));
    if (options.keep < std::chrono::milliseconds(0))
        throw engine_error(errc::wrong_use, "notifications '" + name + "': keep is 0 or more");
    subscription_setup setup;
    setup.topic = core::notification_topic(name);
    setup.name = setup.topic;
    setup.to = std::move(handler);
    setup.options.retry = options.retry;
    setup.options.concurrency = options.concurrency;
    setup.options.from_oldest = true;
    setup.blocks_key = false;
    setup.keep_outcome_us = options.keep >= std::chrono::years(1000) ? INT64_MAX : std::chrono::microseconds(options.keep).count();
    subscribe(core, std::move(setup));
}

bool detail::notify(transaction& tx, std::string_view name, std::string partner, std::string id, std::string&& data)
{
    const std::string topic = core::notification_topic(name);
    if (partner.empty() || id.empty())
        throw engine_error(errc::wrong_use, "a notification has a partner and an id of 1 to 255 bytes");
    check_attributes({.key = partner, .id = id});
    core::forget_some(tx);
    if (tx.contains(core::notification_table(), {topic, id}))
        return false;
    notification one;
    one.id = std::move(id);
    one.partner = std::move(partner);
    one.data = std::move(data);
    try
    {
        core::send(tx, topic, std::move(one));
    }
    catch (const engine_error& e)
    {
        if (e.why() != errc::not_found)
            throw;
        throw engine_error(errc::not_found, "there are no notifications '" + std::string(name) + "': call engine::add_notifications before open");
    }
    return true;
}

std::optional<notification> notifications::find(const std::string& id) const
{
    std::optional<notification> found;
    const std::string topic = core::notification_topic(name_);
    detail::read_tables(core_, [&](detail::row_source& rows) { found = table_reader(rows).get(core::notification_table(), {topic, id}); });
    return found;
}

bool notifications::resend(const std::string& id) const
{
    const std::string topic = core::notification_topic(name_);
    const auto body = [&](transaction& tx) {
        auto kept = tx.get(core::notification_table(), {topic, id});
        if (!kept || kept->state == notification_state::pending)
            return false;
        std::vector<core::numbered_key> old; // its dead letter, which is sent anew
        tx.prefix(core::dead_table(), topic, [&](const core::numbered_key& key, const dead_letter& letter) {
            if (letter.what.id == id)
                old.push_back(key);
        });
        for (const core::numbered_key& key : old)
            tx.erase(core::dead_table(), key);
        core::send(tx, topic, std::move(*kept));
        return true;
    };
    return detail::transact_and_wait(core_, body, admission::wait);
}
}
