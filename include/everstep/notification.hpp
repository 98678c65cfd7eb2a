#pragma once

// Best-effort notification: a partner is told until it says yes, and where it never does, what became of it is kept for it to ask.
//
//     shop.add_notifications("refunds", [&](const event& n, delivery& d) { return partners[n.key].tell(n.data, d.token()); });
//     shop.transact([&](transaction& tx) { …; tx.notify("refunds", "acme", "refund-17", refund); });   // in one commit with what it is about
//     std::optional<notification> n = shop.notifications("refunds").find("refund-17");
//     shop.notifications("refunds").resend("refund-17");
//
// The handler returns whether the partner said yes; what it throws is a no, retry_after{…} a no that names the time, permanent_error the
// last one. The partner is the event's key: one call at a time is under way for each, and one that does not answer delays no other. There is no
// order: what failed is tried again later, and what came after it does not wait. After the last attempt it is given up.
//
// Threads: as in subscription.hpp. Crash: a notification is there if and only if what sent it is; a partner may be told twice, with one token.
// Errors: engine_error: not_found (no notifications of this name), limit, wrong_use; codec_error.

#include <everstep/delivery_policy.hpp>
#include <everstep/detail/engine_link.hpp>
#include <everstep/event.hpp>

#include <boost/describe.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace everstep::inline v0
{
struct notification_options
{
    delivery_policy retry{delivery_policy::best_effort()}; ///< 50 attempts: after 1 s, 5 s, 15 s, 1 min, 5 min, 15 min, then every hour
    std::uint32_t concurrency{16};                         ///< partners that are told at the same time
    std::chrono::milliseconds keep{std::chrono::hours(30 * 24)}; ///< for so long the outcome can be asked for, by engine time
};

enum class notification_state : std::uint8_t
{
    pending, ///< not tried yet, or to be tried again
    told,    ///< the partner said yes
    given_up ///< it never did
};
BOOST_DESCRIBE_ENUM(notification_state, pending, told, given_up)

struct notification
{
    std::string id;
    std::string partner;
    notification_state state{};
    std::uint32_t attempts{};  ///< that are over
    event::time_point changed{}; ///< when the last one was, or when it was sent
    event::time_point next{};  ///< when it is tried again; 0: as soon as may be, or never
    std::string code;          ///< of the last failure
    std::string text;
    std::string data;          ///< JSON
};
BOOST_DESCRIBE_STRUCT(notification, (), (id, partner, state, attempts, changed, next, code, text, data))

class notifications
{
public:
    /// For the engine.
    notifications(std::weak_ptr<detail::engine_core> core, std::string name) : core_(std::move(core)), name_(std::move(name)) {}

    /// Nothing: none of this id was sent, or it is over longer than they are kept.
    std::optional<notification> find(const std::string& id) const;
    /// Tells the partner anew, with all attempts. False: there is none of this id, or it is still being tried.
    bool resend(const std::string& id) const;

private:
    std::weak_ptr<detail::engine_core> core_;
    std::string name_;
};
}
