#pragma once

// A store in memory with events in it, and one subscriber over it that the test moves by hand as the deliverer does: without engine, threads
// and time.

#include "engine/manual_time.hpp"
#include "engine/open_transaction.hpp"
#include "engine/stored_rows.hpp"
#include "feature/subscriber.hpp"
#include "journal/event.hpp"
#include "store/memory_store.hpp"

#include <everstep/services.hpp>
#include <everstep/transaction.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
class stored_events
{
public:
    /// Of the topic "orders", in a commit of its own. Returns its number.
    event_number publish(const publish_options& attributes = {}, std::string_view data = "1", std::string_view topic = "orders")
    {
        store::batch made;
        draft(made, attributes, data, topic);
        commit(made);
        return next_ - 1;
    }
    /// So many of one key, in one commit.
    void publish_many(std::size_t count, const std::string& key = {}, std::string_view data = "1")
    {
        store::batch made;
        for (std::size_t n = 0; n < count; ++n)
            draft(made, {.key = key}, data, "orders");
        commit(made);
    }
    /// Of the next event.
    event_number next() const { return next_; }

    template <class Body>
    void transact(Body&& body)
    {
        constexpr std::size_t any = SIZE_MAX;
        open_transaction opened({.journal = store, .earlier = overlay_, .known = known_, .topics = topics, .value_bytes_max = any,
                                 .bytes_max = any, .time = time_});
        transaction tx(opened, services_);
        body(tx);
        store::batch made;
        opened.write_to(made);
        commit(made);
    }
    template <class Read>
    void look(Read&& read) const
    {
        store.read([&](const store::snapshot& now) {
            snapshot_rows rows(now);
            const table_reader in(rows);
            read(in);
        });
    }
    template <class Key, class Value>
    std::size_t count(const table<Key, Value>& of) const
    {
        std::size_t found = 0;
        look([&](const table_reader& in) { in.all(of, [&](const Key&, const Value&) { ++found; }); });
        return found;
    }
    std::optional<subscription_state> state(const std::string& name) const
    {
        std::optional<subscription_state> found;
        look([&](const table_reader& in) { found = in.get(subscription_table(), name); });
        return found;
    }
    std::optional<waiting_event> waiting(const std::string& name, event_number number) const
    {
        std::optional<waiting_event> found;
        look([&](const table_reader& in) { found = in.get(waiting_table(), {name, number}); });
        return found;
    }
    std::optional<dead_letter> dead(const std::string& name, event_number number) const
    {
        std::optional<dead_letter> found;
        look([&](const table_reader& in) { found = in.get(dead_table(), {name, number}); });
        return found;
    }

    /// What the tables of events that wait say of each other, and should not: empty where all is well.
    std::string faults(const std::string& name) const
    {
        std::string found;
        look([&](const table_reader& in) {
            in.prefix(due_table(), name, [&](const due_key& key, bool) {
                const auto row = in.get(waiting_table(), {name, std::get<2>(key)});
                if (!row || row->due != std::get<1>(key))
                    found += "event " + std::to_string(std::get<2>(key)) + " is due and does not wait for that; ";
            });
            in.prefix(behind_table(), name, [&](const behind_key& key, bool) {
                const auto row = in.get(waiting_table(), {name, std::get<2>(key)});
                if (!row || row->key != std::get<1>(key))
                    found += "event " + std::to_string(std::get<2>(key)) + " blocks a key and does not wait; ";
            });
            in.prefix(waiting_table(), name, [&](const numbered_key& key, const waiting_event& row) {
                const std::string who = "event " + std::to_string(key.second) + " waits and ";
                if (row.due != never_due && !in.contains(due_table(), {name, row.due, key.second}))
                    found += who + "is never tried; ";
                if (row.key != 0 && !in.contains(behind_table(), {name, row.key, key.second}))
                    found += who + "does not block its key; ";
                if (in.contains(dead_table(), key))
                    found += who + "is dead; ";
            });
        });
        return found;
    }

    store::memory_store store;
    std::set<std::string, std::less<>> topics{"orders", "dead"};

private:
    static void draft(store::batch& to, const publish_options& given, std::string_view data, std::string_view topic)
    {
        std::string value;
        journal::encode({.at = 5'000, .topic = topic, .id = given.id, .source = "/s", .type = given.type, .subject = given.subject,
                         .key = given.key, .traceparent = {}, .data = data},
                        value);
        to.put_event(topic, value);
    }
    void commit(store::batch& made)
    {
        made.number_events(next_);
        const std::array<const store::batch*, 1> parts{&made};
        store.commit(parts);
    }

    row_overlay overlay_;
    known_tables known_;
    services services_;
    manual_time time_;
    event_number next_{1};
};

inline detail::subscription_setup handler_setup(subscription_options options = {})
{
    return {"orders", "mail", detail::event_handler([](const event&, delivery&) {}), std::move(options)};
}
inline detail::subscription_setup transaction_setup(subscription_options options = {})
{
    return {"orders", "mail", detail::event_transaction([](transaction&, const event&, delivery&) {}), std::move(options)};
}
inline detail::subscription_setup workflow_setup(subscription_options options = {})
{
    return {"orders", "mail", detail::event_workflow{}, std::move(options)};
}
/// From the first event on.
inline subscription_options oldest(subscription_options options = {})
{
    options.from_oldest = true;
    return options;
}
/// Tried again after each of these; none: one attempt.
inline delivery_policy tries(std::vector<std::chrono::milliseconds> delays = {})
{
    return {.at_once = 0, .pre_backoff = 0, .backoff = 0, .post_backoff = 0, .jitter = 0, .delays = std::move(delays)};
}

inline subscription_options concurrently(std::uint32_t handlers)
{
    subscription_options options = oldest();
    options.concurrency = handlers;
    return options;
}
inline subscription_options retried(delivery_policy as)
{
    subscription_options options = oldest();
    options.retry = std::move(as);
    return options;
}
inline subscription_options filtered(event_filter by)
{
    subscription_options options = oldest();
    options.filter = std::move(by);
    return options;
}

inline delivery_outcome delivered() { return {}; }
inline delivery_outcome failed(std::string code = "broken")
{
    return {.end = delivery_end::failed, .code = std::move(code), .text = "it is", .delay = {}};
}

inline delivery_outcome refused_for_good(std::string code = "no")
{
    return {.end = delivery_end::permanent, .code = std::move(code), .text = "never", .delay = {}};
}
inline delivery_outcome later(std::chrono::milliseconds delay)
{
    return {.end = delivery_end::later, .code = "later", .text = {}, .delay = delay};
}
inline delivery_outcome never_begun() { return {.end = delivery_end::never_begun, .code = {}, .text = {}, .delay = {}}; }

/// A subscriber that is moved by hand. Numbers of events are shown as text: "1 2 3 ".
class driven_subscriber
{
public:
    explicit driven_subscriber(stored_events& over, detail::subscription_setup setup = handler_setup(oldest())) : of(std::move(setup)), in(over)
    {
        in.store.read([&](const store::snapshot& at) { of.load(at, in.next()); });
    }

    /// Until it wants no more.
    void feed()
    {
        if (of.can_seek())
            read_order();
        while (of.wants_rows(now) || (of.wants_events() && of.head() < in.next()))
            in.store.read([&](const store::snapshot& at) {
                if (of.wants_rows(now))
                    of.load_rows(at, now);
                if (of.head() < in.next() && of.wants_events())
                    of.take(of.page() ? of.page() : read_events(at, of.setup().topic, of.head(), in.next()));
            });
    }
    /// What there is to write becomes durable. False: there was nothing.
    bool write(bool whatever_it_is = true)
    {
        if (subscription_change made; begin_writing(made, whatever_it_is))
        {
            in.transact([&](transaction& tx) { made.write(tx); });
            of.written();
            return true;
        }
        return false;
    }
    bool begin_writing(subscription_change& made, bool whatever_it_is = true) { return of.begin_writing(made, whatever_it_is); }
    /// Reads what people have ordered.
    void read_order()
    {
        in.store.read([&](const store::snapshot& at) { of.read_order(at); });
        of.expect_rows();
    }

    /// What may go to the handler now goes there, and stays until end() or deliver(). Events of one call are in brackets.
    std::string begin()
    {
        if (of.is_new())
            write(); // its place: before that it has none to go
        std::string text;
        for (auto some = of.next_to_go(now); !some.empty(); some = of.next_to_go(now))
        {
            if (some.size() > 1)
                text += "[";
            for (const handed_pointer& one : some)
                text += std::to_string(one->what->number) + (one == some.back() && some.size() > 1 ? "] " : " ");
            const event_number first = some.front()->what->number;
            out.emplace(first, std::move(some));
        }
        return text;
    }
    /// The call that began with this event: so many of its events were delivered, then one ended so, and the rest was not tried. True: it is dead.
    bool end(event_number first, const delivery_outcome& how, std::size_t done = 0)
    {
        std::vector<handed_pointer> events = std::move(out.at(first));
        out.erase(first);
        const key_lanes::lane_number whose = events.front()->lane;
        const std::size_t tried = done + (how.end == delivery_end::delivered ? 0 : 1);
        of.not_tried({std::make_move_iterator(events.begin() + static_cast<std::ptrdiff_t>(tried)), std::make_move_iterator(events.end())});
        for (std::size_t n = 0; n < done; ++n)
            of.ended(std::move(events[n]), {}, now, 0);
        const bool is_dead = tried != done && of.ended(std::move(events[done]), how, now, 0.5);
        of.is_back(whose, false);
        return is_dead;
    }
    /// All events of the call.
    void deliver(event_number first) { end(first, delivered(), out.at(first).size()); }
    /// The pool had no place for it.
    void refuse(event_number first)
    {
        std::vector<handed_pointer> events = std::move(out.at(first));
        out.erase(first);
        const key_lanes::lane_number whose = events.front()->lane;
        of.not_tried(std::move(events));
        of.is_back(whose, true);
    }
    const handed_event& given(event_number first, std::size_t at = 0) const { return *out.at(first).at(at); }

    /// Until nothing moves: every event that goes is handled as `handle` says, in its order. Returns the events as they went; "r" says that one
    /// was flagged as redelivered.
    template <class Handle>
    std::string run(Handle&& handle)
    {
        std::string text;
        for (bool moves = true; moves;)
        {
            feed();
            begin();
            moves = !out.empty();
            while (!out.empty())
            {
                const event_number first = out.begin()->first;
                std::size_t done = 0;
                delivery_outcome how;
                for (const handed_pointer& one : out.begin()->second)
                {
                    text += std::to_string(one->what->number) + (one->redelivered ? "r " : " ");
                    how = handle(*one);
                    if (how.end != delivery_end::delivered)
                        break;
                    ++done;
                }
                end(first, how, done);
            }
            moves |= write();
        }
        return text;
    }
    std::string run()
    {
        return run([](const handed_event&) { return delivered(); });
    }

    subscriber of;
    stored_events& in;
    base::time_us now{1'000'000};
    std::map<event_number, std::vector<handed_pointer>> out; ///< with the handler, by the first event of the call
};
}
