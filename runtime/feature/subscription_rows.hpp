#pragma once

// What the journal holds of subscriptions: tables of the engine's own.
//
//     everstep.subscription   name -> how far it is
//     everstep.subscription_order   name -> paused, and where it is to go on: written by people, read by the deliverer
//     everstep.waiting        (name, event) -> the event, which failed or stands behind one of its key that did
//     everstep.due            (name, when, event) -> nothing: those that are to be tried again
//     everstep.behind         (name, key, event) -> nothing: those of a key, in order; while there is one, its key is blocked
//     everstep.dead           (name, event) -> the event, and why it is dead
//     everstep.taken          (name, event) -> the seek since which: a transaction took it, and the first table does not say so yet
//
// An event with rows is settled as far as its topic is concerned: the rows hold a copy.

#include "base/ids.hpp"
#include "feature/handed_event.hpp"
#include "feature/notification_rows.hpp"

#include <everstep/subscription.hpp>
#include <everstep/table.hpp>

#include <boost/describe.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace everstep::core
{
struct subscription_state
{
    std::string topic;
    event_number head{1};            ///< all below it are settled, but for:
    std::vector<event_number> open;
    std::uint64_t generation{};      ///< seeks that were carried out
    event_number seen{};             ///< where it was before the last of them, at most
};
BOOST_DESCRIBE_STRUCT(subscription_state, (), (topic, head, open, generation, seen))

struct subscription_order
{
    bool paused{};
    std::uint64_t generation{}; ///< seeks that were asked for
    event_number seek_to{};
    std::string because; ///< of a pause that nobody asked for
};
BOOST_DESCRIBE_STRUCT(subscription_order, (), (paused, generation, seek_to, because))

struct waiting_event
{
    event what;
    std::uint64_t key{};
    std::uint32_t failures{};
    base::time_us first_tried{}; ///< 0: it waits behind another
    base::time_us due{};          ///< never_due: when the one in front is through
    bool redelivered{};
    std::string code;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(waiting_event, (), (what, key, failures, first_tried, due, redelivered, code, text))

inline constexpr base::time_us never_due = INT64_MAX;

using numbered_key = std::pair<std::string, event_number>;
using due_key = std::tuple<std::string, base::time_us, event_number>;
using behind_key = std::tuple<std::string, std::uint64_t, event_number>;

const table<std::string, subscription_state>& subscription_table();
const table<std::string, subscription_order>& order_table();
const table<numbered_key, waiting_event>& waiting_table();
const table<due_key, bool>& due_table();
const table<behind_key, bool>& behind_table();
const table<numbered_key, dead_letter>& dead_table();
const table<numbered_key, std::uint64_t>& taken_table();

/// Of an event's key, as rows and lanes know it; 0: it has none.
std::uint64_t hash_of_key(std::string_view key) noexcept;

/// What one subscription has to write: built on the deliverer's thread, written in one transaction, which may be tried again.
struct subscription_change
{
    std::string name;
    bool moves{}; ///< `state` is to be written
    subscription_state state;
    struct taken
    {
        event_number number{};
        std::uint64_t generation{};
    };
    std::vector<taken> no_longer_taken; ///< unless it was taken again since
    std::vector<waiting_event> wait;
    std::vector<event_number> ends; ///< whose rows go
    std::vector<dead_letter> dies;
    std::string dead_letters_to; ///< a topic, or empty
    std::vector<notification_change> outcomes;
    base::time_us keep_outcome{};

    bool empty() const noexcept { return !moves && wait.empty() && ends.empty() && dies.empty() && outcomes.empty(); }
    /// Erases, puts, and publishes dead letters.
    void write(transaction& tx) const;
};
}
