#pragma once

// The engine: one journal, and all that runs on it.
//
//     engine shop{{.journal = "var/shop"}};
//     shop.provide(bank).provide(carrier);
//     shop.add("checkout", checkout);
//     shop.open();                                                    // recovery starts here
//     auto run = shop.start(checkout, o.id, o);                       // the same id: the same run, never a second charge
//
// Threads: provide, add and open from one thread, in that order; start and run from any thread after open. A blocking call where the
// engine would wait for itself (workflow code, bodies of transactions and of place `shard`, completion handlers on its own thread) throws
// would_deadlock. Other bodies and handlers may block: they hold a thread of the pool for as long.
// Lifetime: the destructor waits for step bodies that still run; close(deadline) tells which. What was provided outlives the engine.
// Crash: not closing is always safe. start returns when the start is durable; then the run goes on after any crash.
// Errors: engine_error with a reason from errc.hpp and a text that says what to do.

#include <everstep/context.hpp>
#include <everstep/detail/engine_link.hpp>
#include <everstep/detail/subscription_setup.hpp>
#include <everstep/detail/transaction_call.hpp>
#include <everstep/engine_options.hpp>
#include <everstep/fiber_options.hpp>
#include <everstep/metrics.hpp>
#include <everstep/notification.hpp>
#include <everstep/run.hpp>
#include <everstep/services.hpp>
#include <everstep/subscription.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace everstep::inline v0
{
/// Of engine::start.
struct start_options
{
    admission when_full{admission::wait};
    std::chrono::microseconds delay{0};   ///< its code begins so much later, by engine time; the start is durable at once
    std::chrono::microseconds timeout{0}; ///< so long after the start it is cancelled ("its deadline has passed"); 0 is never
};

class engine
{
public:
    explicit engine(engine_options options);
    ~engine();
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    /// Gives steps and workflows a service, found by its type: context::use<Service>().
    template <class Service>
    engine& provide(Service& service)
    {
        provided().add(service);
        return *this;
    }

    /// Registers a workflow, a coroutine or a function on a fiber (everstep/fiber_workflow.hpp), under the name that the journal knows it by:
    /// 1 to 128 bytes, never to be changed. `version` is kept with every run that starts, for people.
    template <detail::workflow_function Function>
    engine& add(std::string name, Function* function, std::uint32_t version = 1)
    {
        add(std::move(name), key_of(function), detail::traits_of_function<Function>::value, version);
        return *this;
    }
    /// A fiber workflow with a stack of another size. Throws engine_error (wrong_use).
    template <detail::fiber_workflow_function Function>
    engine& add(std::string name, Function* function, const fiber_options& options, std::uint32_t version = 1)
    {
        detail::workflow_traits traits = detail::traits_of_function<Function>::value;
        traits.stack_bytes = detail::checked(options).stack_bytes;
        add(std::move(name), key_of(function), traits, version);
        return *this;
    }

    /// A topic that may be published to: 1 to 128 bytes; names that begin with "everstep." are the engine's own.
    engine& add_topic(std::string name, const topic_options& options = {});

    /// Tells `handler` of the topic's events: see everstep/subscription.hpp. It takes (const event&) or (const event&, delivery&), or
    /// (transaction&, const event&) or (transaction&, const event&, delivery&), and is called on several threads at once (transactions: on one). The
    /// name has 1 to 128 bytes, is another one than those of all other subscriptions, and is never to be changed: its place in the topic is kept under it.
    template <class Handler>
        requires(!std::same_as<std::remove_cvref_t<Handler>, webhook_endpoint>)
    engine& subscribe(std::string topic, std::string name, Handler&& handler, subscription_options options = {})
    {
        return subscribe({std::move(topic), std::move(name), detail::erase_handler(std::forward<Handler>(handler)), std::move(options)});
    }
    /// Starts a run of a workflow that was added, for each event.
    template <detail::workflow_function Function>
    engine& subscribe(std::string topic, std::string name, Function* function, subscription_options options = {})
    {
        using input = detail::input_of<Function>;
        return subscribe({std::move(topic), std::move(name), detail::event_workflow{key_of(function), &detail::input_of_event<input>},
                          std::move(options)});
    }

    /// Posts each event to a webhook: see everstep/webhook.hpp. An answer of 2xx is a delivery, 410 pauses the subscription, every other is
    /// a failure; Retry-After makes a delay longer. An endpoint that fails again and again is given a rest: one event at a time is tried.
    /// The message's id is delivery::token(). Throws engine_error, also: bad_value.
    engine& subscribe(std::string topic, std::string name, const webhook_endpoint& endpoint,
                      subscription_options options = {.retry = delivery_policy::standard_webhooks()})
    {
        return subscribe({std::move(topic), std::move(name), endpoint, std::move(options)});
    }

    /// Tells partners by `handler`, which takes (const event&[, delivery&]) and returns whether the partner said yes: see
    /// everstep/notification.hpp. The name has 1 to 100 bytes and is never to be changed.
    template <class Handler>
    engine& add_notifications(std::string name, Handler&& handler, const notification_options& options = {})
    {
        return add_notifications(std::move(name), detail::erase_notifier(std::forward<Handler>(handler)), options);
    }

    /// Takes the journal, settles with one commit what the last owner left, and lets its runs go on. Throws engine_error:
    /// in_use, newer_format (nothing was written), damaged, no_space, bad_directory, io.
    void open();

    /// Starts a run, or finds the one of that id: it is one and the same afterwards. Returns when that is durable. Throws
    /// engine_error: conflict where the id was started with another input, overloaded, limit, unknown, closed.
    template <detail::workflow_function Function>
    run<detail::result_of<Function>, detail::reply_of<Function>> start(Function* function, std::string id, const detail::input_of<Function>& input,
                                                                       admission when_full = admission::wait)
    {
        detail::raise_unless_value(detail::ask(core_, start_request(function, id, input, when_full)));
        return {core_, key_of(function), std::move(id)};
    }

    /// The same, later or for a bounded time. Of an id that is there already, the options count for nothing.
    template <detail::workflow_function Function>
    run<detail::result_of<Function>, detail::reply_of<Function>> start(Function* function, std::string id, const detail::input_of<Function>& input,
                                                                       const start_options& options)
    {
        detail::request what = start_request(function, id, input, options.when_full);
        what.delay_us = options.delay.count();
        what.timeout_us = options.timeout.count();
        detail::raise_unless_value(detail::ask(core_, std::move(what)));
        return {core_, key_of(function), std::move(id)};
    }

    /// As start, with an Asio completion token: include <everstep/async.hpp>. Completes with the run.
    template <detail::workflow_function Function, class Token>
    auto async_start(Function* function, std::string id, const detail::input_of<Function>& input, Token&& token,
                     admission when_full = admission::wait)
    {
        using answer = detail::answer_run<detail::result_of<Function>, detail::reply_of<Function>>;
        detail::request what = start_request(function, id, input, when_full);
        return async_submit(answer{key_of(function), std::move(id)}, core_, std::move(what), std::forward<Token>(token));
    }

    /// Sends a signal to the run of this id, which is started with `input` where it is not there: one commit. A run that is there keeps the
    /// input that it has. Throws as start and run::signal do.
    template <detail::workflow_function Function, class Value>
    everstep::run<detail::result_of<Function>, detail::reply_of<Function>>
    signal_with_start(Function* function, std::string id, const detail::input_of<Function>& input, std::string name, const Value& value,
                      signal_options options = {}, admission when_full = admission::wait)
    {
        static_assert(encodable<Value>, "a signal must be encodable: see everstep/codec.hpp");
        detail::request what = start_request(function, id, input, when_full);
        what.message = {std::move(name), std::string(type_name<Value>()), std::move(options.id), encode(value)};
        detail::raise_unless_value(detail::ask(core_, std::move(what)));
        return {core_, key_of(function), std::move(id)};
    }

    /// Answers a promise: everstep/promise.hpp. Returns when that is durable; false: it was answered before.
    template <class Value>
    bool complete(std::string token, const Value& value)
    {
        return was_first(detail::ask(core_, answer_request(std::move(token), {{}, {}, encode(value)})));
    }
    bool fail(std::string token, std::string code, std::string text)
    {
        return was_first(detail::ask(core_, answer_request(std::move(token), failed_answer(std::move(code), std::move(text)))));
    }
    /// The same, with an Asio completion token: include <everstep/async.hpp>. Completes with std::exception_ptr and bool.
    template <class Value, class Token>
    auto async_complete(std::string token, const Value& value, Token&& completion)
    {
        return async_submit(detail::answer_as<bool>{}, core_, answer_request(std::move(token), {{}, {}, encode(value)}),
                            std::forward<Token>(completion));
    }
    template <class Token>
    auto async_fail(std::string token, std::string code, std::string text, Token&& completion)
    {
        return async_submit(detail::answer_as<bool>{}, core_, answer_request(std::move(token), failed_answer(std::move(code), std::move(text))),
                            std::forward<Token>(completion));
    }

    /// Runs `body` (which takes a transaction&) as a transaction: see everstep/transaction.hpp. Returns what it returns, when all that it
    /// saw and wrote is durable. Throws what the body throws, and engine_error: unknown, limit, closed, would_deadlock; overloaded also where
    /// the journal is nearly full and the body did more than erase.
    template <class Body>
    std::invoke_result_t<Body&, transaction&> transact(Body&& body, admission when_full = admission::wait)
    {
        return detail::transact_and_wait(core_, body, when_full);
    }
    /// The same, with an Asio completion token: include <everstep/async.hpp>. The body is moved in, and runs and is destroyed on a thread of
    /// the engine. Completes with std::exception_ptr and what the body returns, which must be default-constructible.
    template <class Body, class Token>
    auto async_transact(Body body, Token&& token, admission when_full = admission::wait)
    {
        return async_begin_transaction(detail::transaction_body<Body>{std::move(body)}, std::weak_ptr(core_), when_full,
                                       std::forward<Token>(token));
    }

    /// Publishes one event; returns when it is durable. Throws engine_error: not_found where the topic was not added, limit, unknown,
    /// overloaded, closed, would_deadlock; codec_error.
    template <class Value>
    void publish(std::string topic, const Value& data, publish_options attributes = {}, admission when_full = admission::wait)
    {
        transact([&](transaction& tx) { tx.publish(std::move(topic), data, std::move(attributes)); }, when_full);
    }
    /// The same, with an Asio completion token: include <everstep/async.hpp>. Completes with std::exception_ptr.
    template <class Value, class Token>
    auto async_publish(std::string topic, const Value& data, publish_options attributes, Token&& token,
                       admission when_full = admission::wait)
    {
        return async_transact([topic = std::move(topic), attributes = std::move(attributes), data](
                                  transaction& tx) mutable { tx.publish(std::move(topic), data, std::move(attributes)); },
                              std::forward<Token>(token), when_full);
    }

    /// Takes a message, or a request with an idempotency key, once: see transaction::once. The second caller gets the first one's answer.
    template <class Body>
    std::invoke_result_t<Body&, transaction&> once(const std::string& message_id, Body&& body, const once_options& options = {},
                                                   admission when_full = admission::wait)
    {
        return transact([&](transaction& tx) { return tx.once(message_id, body, options); }, when_full);
    }

    /// Calls `body` with a table_reader on one snapshot of what is durable, on this thread, without waiting for anybody; returns what it
    /// returns. While it lasts the file cannot reuse what is overwritten: be brief. A blocking call of the engine inside throws would_deadlock.
    template <class Body>
    std::invoke_result_t<Body&, const table_reader&> read(Body&& body) const
    {
        return detail::read_and_return(core_, body);
    }

    /// The handle of a run by its id. Does not look: the handle's calls throw not_found where there is none.
    template <detail::workflow_function Function>
    everstep::run<detail::result_of<Function>, detail::reply_of<Function>> run(Function* function, std::string id) const
    {
        return {core_, key_of(function), std::move(id)};
    }

    /// The runs that fit, in the order in which they were started, from behind run number `after` on: everstep/run_list.hpp.
    std::vector<run_summary> list(const run_filter& which = {}, std::size_t at_most = 1000, std::uint64_t after = 0) const
    {
        return detail::list_runs(core_, which, at_most, after);
    }
    /// Gives an order to all runs that fit: everstep/run_list.hpp.
    order_outcome order(run_order what, const run_filter& which, const because& note = {}) const
    {
        return detail::order_runs(core_, what, which, note);
    }

    /// Ends all waits with engine_closed, asks running bodies to stop, and waits for them up to `deadline`. Returns the names of
    /// those that still run ("checkout/o-17 step charge"); empty is closed. May be called again. Nothing is lost either way.
    std::vector<std::string> close(std::chrono::milliseconds deadline);

    everstep::metrics metrics() const;

    /// Sends a notification: transaction::notify, in a transaction of its own.
    template <class Value>
    bool notify(std::string_view name, std::string partner, std::string id, const Value& data, admission when_full = admission::wait)
    {
        return transact([&](transaction& tx) { return tx.notify(name, partner, id, data); }, when_full);
    }
    everstep::notifications notifications(std::string name) const { return {core_, std::move(name)}; }

    /// Pauses, moves and asks after a subscription. Does not look: the calls throw not_found where there is none.
    everstep::subscription subscription(std::string name) const { return {core_, std::move(name)}; }

private:
    friend struct engine_access;

    template <class Function>
    static detail::function_key key_of(Function* function) noexcept
    {
        return reinterpret_cast<detail::function_key>(function);
    }
    template <class Function, class Input>
    static detail::request start_request(Function* function, const std::string& id, const Input& input, admission when_full)
    {
        return {detail::request_kind::start, when_full, key_of(function), id, encode(input)};
    }
    static detail::request answer_request(std::string&& token, const detail::promise_answer& what)
    {
        detail::request made{detail::request_kind::complete, admission::wait, nullptr, std::move(token)};
        made.message.payload = encode(what);
        return made;
    }
    static detail::promise_answer failed_answer(std::string&& code, std::string&& text)
    {
        return {code.empty() ? "failed" : std::move(code), std::move(text), {}};
    }
    static bool was_first(const detail::answer& a)
    {
        detail::raise_unless_value(a);
        return decode<bool>(a.bytes);
    }
    engine& subscribe(detail::subscription_setup&& what);
    engine& add_notifications(std::string name, detail::event_handler handler, const notification_options& options);
    services& provided();
    void add(std::string name, detail::function_key function, const detail::workflow_traits& traits, std::uint32_t version);

    std::shared_ptr<detail::engine_core> core_;
};
}
