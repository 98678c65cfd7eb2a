#pragma once

// A transaction: reads and writes tables, exactly once, in one commit with all that it causes.
//
//     auto left = co_await ctx.transact("reserve", [&](transaction& tx) {                     // in a workflow
//         stock_level level = tx.get(stock, o.sku).value_or(stock_level{});
//         if (level.left < o.quantity)
//             throw permanent_error{"no_stock", o.sku + " is sold out"};                        // leaves nothing
//         level.left -= o.quantity;
//         tx.put(stock, o.sku, level);
//         return level.left;
//     });
//     shop.transact([&](transaction& tx) { tx.put(stock, sku, {100}); });                     // from outside
//
// Transactions are serial: each sees all that went before it and nothing of what comes after.
//
// Threads: bodies run one at a time, on a thread of the engine that is theirs alone. A slow body delays other transactions, and nothing
// else. A blocking call of the engine from inside one throws would_deadlock.
// Lifetime: the transaction is the body's; references to it die with the call.
// Crash: the body's writes are in one commit with the entry of its operation in the history: both are there or neither is, so a
// recorded one never runs again, and one that was cut off has written nothing and runs anew.
// Errors: what a body throws leaves nothing written. In a workflow it becomes step_failed, at once: give a retry_policy where it
// should be tried again. From outside it is thrown to the caller as it is. Reads and writes throw engine_error as table.hpp says; a
// transaction over turn_bytes_max, or with a result over payload_bytes_max, fails with limit.

#include <everstep/detail/event_draft.hpp>
#include <everstep/detail/inbox.hpp>
#include <everstep/detail/notify.hpp>
#include <everstep/detail/workflow_signature.hpp>
#include <everstep/services.hpp>
#include <everstep/signal.hpp>
#include <everstep/table.hpp>

#include <chrono>
#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace everstep::inline v0
{
/// Of transaction::once and engine::once.
struct once_options
{
    std::string payload{};                            ///< what the message says: another one under the same id is a conflict; empty: any
    std::chrono::milliseconds window{std::chrono::hours(24)}; ///< for so long the id is known, by engine time; then it is a new one
};

class transaction : public table_reader
{
public:
    /// For the engine.
    transaction(detail::row_target& rows, const services& given) noexcept : table_reader(rows), rows_(rows), services_(given) {}

    template <class Key, class Value>
    void put(const table<Key, Value>& of, const std::type_identity_t<Key>& key, const std::type_identity_t<Value>& value)
    {
        rows_.put(of.identity_, of.row_name(key), encode(value));
    }
    /// Whether there was a row.
    template <class Key, class Value>
    bool erase(const table<Key, Value>& of, const std::type_identity_t<Key>& key)
    {
        const std::string name = of.row_name(key);
        std::string encoded;
        if (!rows_.get(of.identity_, name, encoded))
            return false;
        rows_.erase(of.identity_, name);
        return true;
    }
    /// Puts `desired` (nothing: erases) where the row is `expected` (nothing: is not there). False: it is not, and stays as it is.
    template <class Key, class Value>
    bool compare_and_set(const table<Key, Value>& of, const std::type_identity_t<Key>& key,
                         const std::type_identity_t<std::optional<Value>>& expected,
                         const std::type_identity_t<std::optional<Value>>& desired)
    {
        const std::optional<Value> now = get(of, key);
        if (now.has_value() != expected.has_value() || (now && encode(*now) != encode(*expected)))
            return false;
        if (desired)
            put(of, key, *desired);
        else if (now)
            erase(of, key);
        return true;
    }
    /// A counter: adds to the row (which begins at 0) and returns what it then is. Throws permanent_error (overflow).
    template <class Key, std::integral Value>
        requires(!std::same_as<Value, bool>)
    Value add(const table<Key, Value>& of, const std::type_identity_t<Key>& key, std::type_identity_t<Value> delta = 1)
    {
        Value sum{};
        if (__builtin_add_overflow(get(of, key).value_or(Value{}), delta, &sum))
            throw permanent_error("overflow", "a counter of table '" + of.name() + "' would pass its limit");
        put(of, key, sum);
        return sum;
    }

    /// An event, in the same commit: everstep/event.hpp. Throws engine_error: not_found where the topic was not added, limit; codec_error.
    template <class Value>
    void publish(std::string topic, const Value& data, publish_options attributes = {})
    {
        detail::check_attributes(attributes);
        rows_.publish({std::move(topic), std::move(attributes), encode(data)});
    }

    /// Tells a partner until it says yes: everstep/notification.hpp. False: there is a notification of this id. Throws engine_error: not_found,
    /// limit, wrong_use; codec_error.
    template <class Value>
    bool notify(std::string_view name, std::string partner, std::string id, const Value& data)
    {
        return detail::notify(*this, name, std::move(partner), std::move(id), encode(data));
    }

    /// Starts a run, once, when the transaction is durable, and if it is: what is written and the work that it causes are one commit. The
    /// workflow must have been added. Where the id was started with another input, or nobody adds the workflow any more, the start is a
    /// dead letter of subscription "everstep.intents". Throws engine_error: wrong_use, limit; codec_error.
    template <detail::workflow_function Function>
    void start(Function* function, std::string id, const detail::input_of<Function>& input)
    {
        rows_.start(reinterpret_cast<void (*)()>(function), std::move(id), encode(input));
    }

    /// Sends a signal to a run, when the transaction is durable, and if it is: everstep/signal.hpp. Throws engine_error: wrong_use, limit;
    /// codec_error.
    template <detail::workflow_function Function, class Value>
    void signal(Function* function, std::string id, std::string name, const Value& value, signal_options options = {})
    {
        static_assert(encodable<Value>, "a signal must be encodable: see everstep/codec.hpp");
        rows_.signal(reinterpret_cast<void (*)()>(function), std::move(id),
                     {std::move(name), std::string(type_name<Value>()), std::move(options.id), encode(value)});
    }

    /// Takes a message once: runs `body` (which takes a transaction&) unless a message of this id was taken within its window, and then
    /// returns what that body returned, which must be encodable. In the commit of what the body does: what it throws leaves the id as new as
    /// it was (let it pass: a body that catches it commits what was done). The answer is kept as a text, so payload_bytes_max is for that text.
    /// Throws engine_error: conflict (the id was taken with another payload), wrong_use (inside of another once of the same id), limit (an id
    /// has 1 to 255 bytes); codec_error.
    template <class Body>
    std::invoke_result_t<Body&, transaction&> once(std::string_view message_id, Body&& body, const once_options& options = {})
    {
        using result = std::invoke_result_t<Body&, transaction&>;
        const std::optional<std::string> before = detail::find_message(*this, message_id, options.payload);
        if constexpr (std::is_void_v<result>)
        {
            if (before)
                return;
            body(*this);
            detail::keep_message(*this, message_id, options.payload, "null", options.window);
        }
        else
        {
            static_assert(encodable<result>, "what a message is answered must be encodable: see everstep/codec.hpp");
            if (before)
                return decode<result>(*before);
            result answer = body(*this);
            detail::keep_message(*this, message_id, options.payload, encode(answer), options.window);
            return answer;
        }
    }

    /// Engine time: the clock of sleep_for and of entries, which never goes back.
    std::chrono::sys_time<std::chrono::microseconds> now() const noexcept
    {
        return std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(rows_.now_us()));
    }

    /// What the application provided; the same as context::use.
    template <class Service>
    Service& use() const
    {
        return services_.get<Service>();
    }

private:
    friend void detail::publish_encoded(transaction& tx, detail::event_draft&& what);

    detail::row_target& rows_;
    const services& services_;
};
}
