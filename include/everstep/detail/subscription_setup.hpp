#pragma once

// What the templates of engine::subscribe say to the runtime: erased handlers.

#include <everstep/codec.hpp>
#include <everstep/delivery.hpp>
#include <everstep/detail/engine_link.hpp>
#include <everstep/error.hpp>
#include <everstep/notification.hpp>
#include <everstep/subscription.hpp>
#include <everstep/transaction.hpp>
#include <everstep/webhook.hpp>

#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace everstep::inline v0::detail
{
using event_handler = std::function<void(const event&, delivery&)>;
using event_transaction = std::function<void(transaction&, const event&, delivery&)>;
struct event_workflow
{
    function_key function{};
    /// The input of the run. Throws codec_error.
    std::string (*input_of)(const event&){};
};

struct subscription_setup
{
    std::string topic;
    std::string name;
    std::variant<event_handler, event_transaction, event_workflow, webhook_endpoint> to;
    subscription_options options;
    bool blocks_key{true};                ///< an event that fails keeps those of its key waiting
    std::int64_t keep_outcome_us{-1};     ///< of notifications: not negative
};
/// Throws engine_error: wrong_use, not_found, limit.
void subscribe(engine_core& core, subscription_setup&& what);

/// Of notifications. Throws as subscribe().
void add_notifications(engine_core& core, std::string name, event_handler handler, const notification_options& options);

template <class Handler>
event_handler erase_notifier(Handler&& handler)
{
    using held = std::decay_t<Handler>;
    constexpr bool takes_delivery = std::is_invocable_r_v<bool, held&, const event&, delivery&>;
    static_assert(takes_delivery || std::is_invocable_r_v<bool, held&, const event&>,
                  "notifications are told by a function of (const event&[, delivery&]) that returns whether the partner said yes");
    return [call = held(std::forward<Handler>(handler))](const event& e, delivery& d) mutable {
        bool yes;
        if constexpr (takes_delivery)
            yes = call(e, d);
        else
            yes = call(e);
        if (!yes)
            throw error("no", "the partner did not say yes");
    };
}

template <class Handler>
auto erase_handler(Handler&& handler)
{
    using held = std::decay_t<Handler>;
    if constexpr (std::is_invocable_v<held&, const event&, delivery&>)
        return event_handler(std::forward<Handler>(handler));
    else if constexpr (std::is_invocable_v<held&, const event&>)
        return event_handler([call = held(std::forward<Handler>(handler))](const event& e, delivery&) mutable { call(e); });
    else if constexpr (std::is_invocable_v<held&, transaction&, const event&, delivery&>)
        return event_transaction(std::forward<Handler>(handler));
    else
    {
        static_assert(std::is_invocable_v<held&, transaction&, const event&>,
                      "a subscription's handler takes (const event&[, delivery&]), or (transaction&, const event&[, delivery&]), or is a workflow");
        return event_transaction(
            [call = held(std::forward<Handler>(handler))](transaction& tx, const event& e, delivery&) mutable { call(tx, e); });
    }
}

template <class Input>
std::string input_of_event(const event& e)
{
    if constexpr (std::is_same_v<Input, event>)
        return encode(e);
    else
        return encode(e.as<Input>());
}
}
