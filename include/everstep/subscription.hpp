#pragma once

// Subscriptions: who is told of the events of a topic, how often it is tried, and what became of them.
//
//     shop.subscribe("orders.placed", "mail", [&](const event& e) { mail.send(e.as<order>()); });               // at least once
//     shop.subscribe("orders.placed", "ledger", [](transaction& tx, const event& e) { tx.add(sales, e.key, 1); });  // exactly once
//     shop.subscribe("orders.placed", "fulfilment", fulfil, {.filter = filters::exists("data.address")});        // one run an event
//     shop.subscription("mail").pause();
//     shop.subscription("mail").redrive();
//
// Events of one key come one after the other and in order, others side by side, `concurrency` at most. An event whose handler throws is
// tried again as the policy says, and delays only those of its key that come after it; one that runs out of attempts, or whose handler
// throws permanent_error, is a dead letter until somebody redrives or discards it. retry_after{…} chooses the delay itself. A subscription
// delays no other, whatever its handler does.
//
// A handler is called at least once for each event: again where the process died before its end was durable, and then delivery::redelivered()
// says so. A transaction is exactly once, and so is the start of a workflow, whose run id is "<subscription>/<event id>"; its input is
// the event's data, or the event where it takes one. An event that kills the process again and again is a dead letter, too
// (engine_options::crash_loop_deaths).
//
// A transaction that catches what a call of it throws commits what it has written before. seek() back has a transaction run again for the events
// that it had: it is for those that may. A dead letter that is redriven comes behind whatever was done because it was one.
//
// Threads: handlers on the engine's pool, many at once; transactions one at a time on its thread for those, of all subscriptions together. The
// handle, any thread but those two.
// Lifetime: what a handler refers to outlives the engine. Crash: how far it is, is durable, and so is each failure; a subscription goes on
// where it stood. One that is no longer made keeps its place.
// Errors: engine_error: not_found (no such topic or subscription), wrong_use (after open(), twice, a policy or filter that cannot be), limit.

#include <everstep/codec.hpp>
#include <everstep/delivery_policy.hpp>
#include <everstep/detail/engine_link.hpp>
#include <everstep/event.hpp>
#include <everstep/event_filter.hpp>

#include <boost/describe.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace everstep::inline v0
{
struct subscription_options
{
    event_filter filter{};        ///< events that it is not for are passed over
    delivery_policy retry{};
    std::uint32_t concurrency{16}; ///< handlers at the same time; 1: one after the other, in the order of their numbers
    /// Where a subscription begins that is new: with events to come, or with all that are still there. That is durable when open() returns.
    bool from_oldest{};
    /// Nothing of it is kept: it begins with events to come each time the engine opens. What fails is tried again where the policy says at
    /// once, and else given up; there are no dead letters. Of a handler only, and not with from_oldest.
    bool ephemeral{};
    /// A topic that its dead letters are published to, too: as `dead_letter`, with the subscription as subject. Empty: none.
    std::string dead_letters_to{};
};

/// An event that a subscription has given up.
struct dead_letter
{
    event what;
    std::string subscription;
    std::uint32_t attempts{};
    event::time_point first_tried{};
    event::time_point died{};
    std::string code; ///< of the last failure, or "crash_loop"
    std::string text;
};
BOOST_DESCRIBE_STRUCT(dead_letter, (), (what, subscription, attempts, first_tried, died, code, text))

enum class delivery_state : std::uint8_t
{
    ready,   ///< its turn has not come, or its handler runs
    waiting, ///< it failed and is tried again, or stands behind one of its key that did
    delivered,
    dead
};

struct subscription_status
{
    bool paused{};
    std::string because{};          ///< it is paused, where nobody asked for it: the endpoint wants no more
    std::uint64_t next{};       ///< the number from which on it has read nothing
    std::uint64_t backlog{};    ///< events that are not delivered, those that the filter passes over counted, too
    std::uint64_t waiting{};    ///< of them, those that failed or stand behind one that did
    std::uint64_t dead{};
    std::chrono::microseconds lag{}; ///< age of the oldest that is not delivered and does not wait for another attempt; 0: there is none
};

/// A subscription, as people see it.
class subscription
{
public:
    /// For the engine.
    subscription(std::weak_ptr<detail::engine_core> core, std::string name) : core_(std::move(core)), name_(std::move(name)) {}

    const std::string& name() const noexcept { return name_; }

    /// Lets it begin no further handler. Durable: it stays so after a restart.
    void pause() const;
    void resume() const;
    /// Goes on from this number, or from the first event at or after this time: forward, or back to have events again, which
    /// are then flagged as redelivered; a transaction runs again for them. What waits for another attempt goes on waiting.
    void seek(std::uint64_t number) const;
    void seek(event::time_point time) const;

    /// Counts what is there: takes longer, the more is waiting. Of an ephemeral one nothing is known but whether it is paused.
    subscription_status status() const;
    /// What became of the events from this number on, in order, until `visit` says false.
    void events(std::uint64_t from, const std::function<bool(const event&, delivery_state)>& visit) const;

    /// From this number on, until `visit` says false.
    void dead_letters(const std::function<bool(const dead_letter&)>& visit, std::uint64_t from = 0) const;
    /// Delivers a dead letter anew, as if it had never failed. False: there is none of this number.
    bool redrive(std::uint64_t number) const;
    /// All that the filter matches. Returns how many.
    std::uint64_t redrive(const event_filter& which = {}) const;
    bool discard(std::uint64_t number) const;
    std::uint64_t discard(const event_filter& which) const;
    /// Gives a dead letter other data, to be redriven with. False: there is none of this number.
    template <class Value>
    bool edit(std::uint64_t number, const Value& data) const
    {
        return edit_encoded(number, encode(data));
    }

private:
    bool edit_encoded(std::uint64_t number, std::string data) const;

    std::weak_ptr<detail::engine_core> core_;
    std::string name_;
};
}
