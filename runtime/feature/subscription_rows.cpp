#include "feature/subscription_rows.hpp"

#include "base/checksum.hpp"
#include "codec/utf8.hpp"

#include <everstep/transaction.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>

namespace everstep::core
{
namespace
{
template <class Key, class Value>
table<Key, Value> own_table(const char* name, const char* value)
{
    return table<Key, Value>{detail::identify_own_table(name, detail::key_layout<Key>(), value)};
}

/// Whatever rows an event has: they are read, because somebody may have put others since they were.
void erase_rows(transaction& tx, const std::string& name, event_number number)
{
    const std::optional<waiting_event> there = tx.get(waiting_table(), {name, number});
    if (!there)
        return;
    tx.erase(waiting_table(), {name, number});
    if (there->due != never_due)
        tx.erase(due_table(), {name, there->due, number});
    if (there->key != 0)
        tx.erase(behind_table(), {name, there->key, number});
}

/// Attributes are bytes.
void make_texts(event& one)
{
    for (std::string* each : {&one.topic, &one.id, &one.source, &one.type, &one.subject, &one.key, &one.traceparent})
        make_text(*each);
}
}

const table<std::string, subscription_state>& subscription_table()
{
    static const auto made = own_table<std::string, subscription_state>("everstep.subscription", "subscription_state");
    return made;
}
const table<std::string, subscription_order>& order_table()
{
    static const auto made = own_table<std::string, subscription_order>("everstep.subscription_order", "subscription_order");
    return made;
}
const table<numbered_key, waiting_event>& waiting_table()
{
    static const auto made = own_table<numbered_key, waiting_event>("everstep.waiting", "waiting_event");
    return made;
}
const table<due_key, bool>& due_table()
{
    static const auto made = own_table<due_key, bool>("everstep.due", "bool");
    return made;
}
const table<behind_key, bool>& behind_table()
{
    static const auto made = own_table<behind_key, bool>("everstep.behind", "bool");
    return made;
}
const table<numbered_key, dead_letter>& dead_table()
{
    static const auto made = own_table<numbered_key, dead_letter>("everstep.dead", "dead_letter");
    return made;
}
const table<numbered_key, std::uint64_t>& taken_table()
{
    static const auto made = own_table<numbered_key, std::uint64_t>("everstep.taken", "uint64");
    return made;
}

/// One row that could not be written would keep all others from being written, too.
void make_text(std::string& bytes) { bytes = detail::readable(bytes, bytes.size()); }

std::uint64_t hash_of_key(std::string_view key) noexcept { return key.empty() ? 0 : std::max<std::uint64_t>(base::hash64(key), 1); }

// If we die before this commit, recovery finds the subscription as it was: what was open is delivered again, flagged as redelivered, and
// what a transaction took is known by its row in everstep.taken. If we die after it, each event is settled, waits with a row, or is dead.
void subscription_change::write(transaction& tx) const
{
    for (const event_number number : ends)
        erase_rows(tx, name, number);
    for (dead_letter one : dies)
    {
        make_texts(one.what);
        make_text(one.code);
        make_text(one.text);
        erase_rows(tx, name, one.what.number);
        tx.put(dead_table(), {name, one.what.number}, one);
        if (!dead_letters_to.empty())
            tx.publish(dead_letters_to, one, {.key = one.what.key, .subject = name, .type = "everstep.dead_letter"});
    }
    for (waiting_event row : wait)
    {
        make_texts(row.what);
        make_text(row.code);
        make_text(row.text);
        const event_number number = row.what.number;
        erase_rows(tx, name, number);
        tx.put(waiting_table(), {name, number}, row);
        if (row.due != never_due)
            tx.put(due_table(), {name, row.due, number}, true);
        if (row.key != 0)
            tx.put(behind_table(), {name, row.key, number}, true);
    }
    for (const notification_change& one : outcomes)
        core::write(tx, name, keep_outcome, one);
    for (const taken& one : no_longer_taken)
        if (tx.get(taken_table(), {name, one.number}) == one.generation)
            tx.erase(taken_table(), {name, one.number});
    if (moves)
        tx.put(subscription_table(), name, state);
}
}
