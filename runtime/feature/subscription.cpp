// Subscriptions as people see them: include/everstep/subscription.hpp.

#include "engine/engine_core.hpp"
#include "engine/stored_rows.hpp"
#include "feature/deliverer.hpp"
#include "feature/filter_match.hpp"
#include "feature/subscription_rows.hpp"

#include <everstep/detail/event_draft.hpp>
#include <everstep/detail/transaction_call.hpp>
#include <everstep/error.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace everstep::inline v0
{
namespace
{
using core::event_number;

/// Of one transaction.
constexpr std::size_t letters_at_once = 256;

std::shared_ptr<detail::engine_core> alive(const std::weak_ptr<detail::engine_core>& core)
{
    auto here = core.lock();
    if (here && here->is_open())
        return here;
    if (here && !here->was_opened())
        throw engine_error(errc::wrong_use, "the engine is not open yet: call open() first");
    throw engine_closed();
}

core::deliverer& deliverer_of(detail::engine_core& core)
{
    if (auto* found = core.attached<core::deliverer>())
        return *found;
    throw engine_error(errc::wrong_use, "this engine has no subscriptions");
}

const detail::subscription_setup& setup_of(detail::engine_core& core, const std::string& name)
{
    if (const detail::subscription_setup* found = deliverer_of(core).find(name))
        return *found;
    throw engine_error(errc::not_found, "there is no subscription '" + name + "': call engine::subscribe before open");
}

/// Runs as the engine's own, whose limits of size are none: what is written was taken before. Throws as engine::transact.
template <class Body>
auto transact_as_engine(const std::weak_ptr<detail::engine_core>& core, Body&& body)
{
    detail::require_may_block(core);
    return detail::waited_transaction<std::remove_reference_t<Body>>(body, detail::sake::engine).run(core, admission::wait);
}

/// What people want of it: durable first, then it is done.
template <class Change>
void order(const std::weak_ptr<detail::engine_core>& to, const std::string& name, Change&& change)
{
    const auto core = alive(to);
    setup_of(*core, name);
    bool is_paused = false;
    const auto body = [&](transaction& tx) {
        core::subscription_order wanted = tx.get(core::order_table(), name).value_or(core::subscription_order{});
        change(wanted);
        is_paused = wanted.paused;
        // If we die before this commit nothing was asked for; if we die after it, the next process reads it when it opens.
        tx.put(core::order_table(), name, wanted);
    };
    detail::transact_and_wait(to, body, admission::wait);
    if (is_paused)
        deliverer_of(*core).hold(name);
    deliverer_of(*core).put_changed(name);
}

/// The first event at or after a time: numbers rise with time but for what was committed a little later, so it is looked for by halving.
event_number first_since(const table_reader& in, const std::string& topic, event_number next, event::time_point time)
{
    event_number low = 1, high = next; // the answer is in [low, high]
    while (low < high)
    {
        const event_number middle = low + (high - low) / 2;
        bool is_before = false;
        event_number seen = high;
        in.events(topic, middle, [&](const event& one) {
            is_before = one.time < time;
            seen = one.number;
            return false;
        });
        if (is_before && seen < high)
            low = seen + 1;
        else
            high = middle;
    }
    return low;
}

void redrive_one(transaction& tx, const std::string& name, dead_letter&& letter, base::time_us now)
{
    const event_number number = letter.what.number;
    core::waiting_event row;
    row.key = core::hash_of_key(letter.what.key);
    row.what = std::move(letter.what);
    row.due = now;
    row.redelivered = true;
    // If we die before this commit it is dead as it was; if we die after it, the next process delivers it.
    tx.erase(core::dead_table(), {name, number});
    core::subscription_change change;
    change.name = name;
    change.wait.push_back(std::move(row));
    change.write(tx);
}

/// Does `with` to all dead letters that match, a transaction for each page of them.
template <class With>
std::uint64_t for_dead_letters(const std::weak_ptr<detail::engine_core>& to, const std::string& name, const event_filter& which, With&& with)
{
    std::uint64_t count = 0;
    event_number from = 0;
    while (true)
    {
        bool has_more = false;
        const auto body = [&](transaction& tx) {
            has_more = false;
            std::vector<dead_letter> page;
            constexpr event_number last = std::numeric_limits<event_number>::max();
            tx.range(core::dead_table(), {name, from}, {name, last}, [&](const core::numbered_key& key, const dead_letter& letter) {
                if (page.size() == letters_at_once)
                {
                    has_more = true;
                    return false;
                }
                from = key.second + 1;
                if (which.matches(letter.what))
                    page.push_back(letter);
                return true;
            });
            for (dead_letter& letter : page)
                with(tx, std::move(letter));
            return static_cast<std::uint64_t>(page.size());
        };
        count += transact_as_engine(to, body);
        if (!has_more)
            return count;
    }
}
}

void detail::subscribe(engine_core& core, subscription_setup&& what)
{
    if (core.was_opened())
        throw engine_error(errc::wrong_use, "subscriptions are made before open()");
    deliverer_of(core).add(std::move(what));
}

void subscription::pause() const
{
    order(core_, name_, [](core::subscription_order& wanted) { wanted.paused = true; });
}
void subscription::resume() const
{
    order(core_, name_, [](core::subscription_order& wanted) { wanted.paused = false, wanted.because.clear(); });
}
void subscription::seek(std::uint64_t number) const
{
    order(core_, name_, [number](core::subscription_order& wanted) {
        ++wanted.generation;
        wanted.seek_to = std::max<std::uint64_t>(number, 1);
    });
}
void subscription::seek(event::time_point time) const
{
    const auto core = alive(core_);
    const std::string topic = setup_of(*core, name_).topic;
    event_number at = 1;
    detail::read_tables(core_, [&](detail::row_source& rows) { at = first_since(table_reader(rows), topic, core->next_event(), time); });
    seek(at);
}

subscription_status subscription::status() const
{
    const auto core = alive(core_);
    const detail::subscription_setup& setup = setup_of(*core, name_);
    subscription_status status;
    detail::read_tables(core_, [&](detail::row_source& rows) {
        const base::time_us now = core->time().now();
        const table_reader in(rows);
        const auto state = in.get(core::subscription_table(), name_).value_or(core::subscription_state{});
        const auto wanted = in.get(core::order_table(), name_).value_or(core::subscription_order{});
        status.paused = wanted.paused;
        status.because = wanted.because;
        if (setup.options.ephemeral)
            return;
        status.next = state.head;
        std::optional<event::time_point> oldest;
        const auto count = [&](const event& one) {
            ++status.backlog;
            if (!oldest)
                oldest = one.time;
        };
        for (const event_number number : state.open)
            in.events(setup.topic, number, [&](const event& one) { return one.number == number ? count(one), false : false; });
        in.events(setup.topic, state.head, count);
        in.prefix(core::waiting_table(), name_, [&](const core::numbered_key&, const core::waiting_event&) { ++status.waiting; });
        in.prefix(core::dead_table(), name_, [&](const core::numbered_key&, const dead_letter&) { ++status.dead; });
        if (oldest)
            status.lag = std::max(std::chrono::microseconds(now) - oldest->time_since_epoch(), std::chrono::microseconds(0));
    });
    status.backlog += status.waiting;
    return status;
}

void subscription::events(std::uint64_t from, const std::function<bool(const event&, delivery_state)>& visit) const
{
    const auto core = alive(core_);
    const detail::subscription_setup& setup = setup_of(*core, name_);
    detail::read_tables(core_, [&](detail::row_source& rows) {
        const table_reader in(rows);
        const auto state = in.get(core::subscription_table(), name_).value_or(core::subscription_state{});
        in.events(setup.topic, from, [&](const event& one) {
            if (!setup.options.filter.matches(one))
                return true;
            delivery_state is = delivery_state::delivered;
            if (one.number >= state.head || std::ranges::find(state.open, one.number) != state.open.end())
                is = in.contains(core::taken_table(), {name_, one.number}) ? delivery_state::delivered : delivery_state::ready;
            else if (in.contains(core::waiting_table(), {name_, one.number}))
                is = delivery_state::waiting;
            else if (in.contains(core::dead_table(), {name_, one.number}))
                is = delivery_state::dead;
            return visit(one, is);
        });
    });
}

void subscription::dead_letters(const std::function<bool(const dead_letter&)>& visit, std::uint64_t from) const
{
    setup_of(*alive(core_), name_);
    constexpr event_number last = std::numeric_limits<event_number>::max();
    detail::read_tables(core_, [&](detail::row_source& rows) {
        table_reader(rows).range(core::dead_table(), {name_, from}, {name_, last},
                                 [&](const core::numbered_key&, const dead_letter& letter) { return visit(letter); });
    });
}

bool subscription::redrive(std::uint64_t number) const
{
    const auto core = alive(core_);
    setup_of(*core, name_);
    const auto body = [&](transaction& tx) {
        std::optional<dead_letter> letter = tx.get(core::dead_table(), {name_, number});
        if (letter)
            redrive_one(tx, name_, std::move(*letter), tx.now().time_since_epoch().count());
        return letter.has_value();
    };
    const bool done = transact_as_engine(core_, body);
    core->trust(core::delivery_job::blame_of(name_));
    deliverer_of(*core).put_changed(name_);
    return done;
}

std::uint64_t subscription::redrive(const event_filter& which) const
{
    const auto core = alive(core_);
    setup_of(*core, name_);
    const std::uint64_t count = for_dead_letters(core_, name_, which, [&](transaction& tx, dead_letter&& letter) {
        redrive_one(tx, name_, std::move(letter), tx.now().time_since_epoch().count());
    });
    core->trust(core::delivery_job::blame_of(name_));
    deliverer_of(*core).put_changed(name_);
    return count;
}

bool subscription::discard(std::uint64_t number) const
{
    setup_of(*alive(core_), name_);
    const auto body = [&](transaction& tx) { return tx.erase(core::dead_table(), {name_, number}); };
    return detail::transact_and_wait(core_, body, admission::wait);
}

std::uint64_t subscription::discard(const event_filter& which) const
{
    setup_of(*alive(core_), name_);
    return for_dead_letters(core_, name_, which,
                            [&](transaction& tx, dead_letter&& letter) { tx.erase(core::dead_table(), {name_, letter.what.number}); });
}

bool subscription::edit_encoded(std::uint64_t number, std::string data) const
{
    const auto core = alive(core_);
    setup_of(*core, name_);
    if (data.size() > core->options.payload_bytes_max)
        throw engine_error(errc::limit, "an event of " + std::to_string(data.size()) + " bytes is over payload_bytes_max (" +
                                            std::to_string(core->options.payload_bytes_max) + "): keep it outside and say where it lies");
    const auto body = [&](transaction& tx) {
        std::optional<dead_letter> letter = tx.get(core::dead_table(), {name_, number});
        if (!letter)
            return false;
        letter->what.data = data;
        tx.put(core::dead_table(), {name_, number}, *letter);
        return true;
    };
    return transact_as_engine(core_, body);
}
}
