#pragma once

// What a workflow asks the engine for. Every operation is a cold value until it is awaited, with co_await, where it is built.
//
//     workflow<shipment, receipt> checkout(context& ctx, order o)
//     {
//         auto& bank = ctx.use<payments>();
//         receipt paid = co_await ctx.step("charge", [&](attempt& a) { return bank.charge(o.id, o.cents, a.token()); });
//         co_await ctx.reply(paid);                          // the customer has the answer; we go on
//         co_await ctx.sleep_for(72h);
//         co_return co_await ctx.step("ship", carrier_policy, [&] { return carrier.collect(o); });
//     }
//
// Threads: inside the workflow's own code only, never from a step's body.
// Lifetime: that of the run's frame. A body may capture by reference what outlives the await; it must not write through it,
// because replay does not run it: return everything.
// Crash: a step is journaled when its body has returned, and never runs again after that; before that it may run again. Results are
// what decode(encode(value)) gives, live too, so the code sees the same bytes in replay.
// Errors: step_failed, timed_out, cancelled at the await. A name, result or reply beyond its limit fails that step or parks the run.

#include <everstep/branches.hpp>
#include <everstep/child.hpp>
#include <everstep/codec.hpp>
#include <everstep/detached.hpp>
#include <everstep/detail/compiler.hpp>
#include <everstep/detail/publish_operation.hpp>
#include <everstep/detail/receive_operation.hpp>
#include <everstep/detail/signal_operation.hpp>
#include <everstep/detail/step_operation.hpp>
#include <everstep/detail/successor_operation.hpp>
#include <everstep/detail/transaction_operation.hpp>
#include <everstep/detail/wait_operation.hpp>
#include <everstep/detail/workflow_signature.hpp>
#include <everstep/op_name.hpp>
#include <everstep/promise.hpp>
#include <everstep/services.hpp>
#include <everstep/step_options.hpp>
#include <everstep/update.hpp>
#include <everstep/workflow.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace everstep::inline v0
{
class context
{
public:
    using time_point = std::chrono::sys_time<std::chrono::microseconds>;

    /// For the engine.
    explicit context(detail::run_link& run) noexcept : run_(run) {}
    context(const context&) = delete;
    context& operator=(const context&) = delete;

    /// Runs `body` (which takes nothing, or an attempt&) outside the workflow: at least once until its result is journaled,
    /// never again after.
    template <class Body>
    auto step(op_name name, Body body)
    {
        return make_step(std::move(name), nullptr, std::move(body));
    }
    template <class Body>
    auto step(op_name name, const step_options& options, Body body)
    {
        return make_step(std::move(name), &options, std::move(body));
    }
    /// The arguments, written `args(a, b)`, are recorded with the step, and compared in replay: everstep/args.hpp.
    template <class Body>
    auto step(op_name name, Body body, arguments given)
    {
        return make_step(std::move(name), nullptr, std::move(body), {}, &given);
    }
    template <class Body>
    auto step(op_name name, const step_options& options, Body body, arguments given)
    {
        return make_step(std::move(name), &options, std::move(body), {}, &given);
    }

    /// A step that owns its arguments and may be left behind: everstep/detached.hpp.
    template <class Activity, class... Arguments>
        requires(!std::is_same_v<Activity, step_options>)
    auto detached(op_name name, Activity does, const Arguments&... each)
    {
        return detail::make_detached(std::move(name), nullptr, std::move(does), each...);
    }
    template <class Activity, class... Arguments>
    auto detached(op_name name, const step_options& options, Activity does, const Arguments&... each)
    {
        return detail::make_detached(std::move(name), &options, std::move(does), each...);
    }

    /// Runs `body` (which takes a transaction&) once, in one commit with its entry: see everstep/transaction.hpp. What it throws ends
    /// in step_failed at once, unless `retry` says otherwise.
    template <class Body>
    auto transact(op_name name, Body body)
    {
        return make_transaction(std::move(name), nullptr, std::move(body));
    }
    template <class Body>
    auto transact(op_name name, const retry_policy& retry, Body body)
    {
        return make_transaction(std::move(name), &retry, std::move(body));
    }

    /// The early answer to whoever started the run; at most one a run takes effect, the first. Throws codec_error.
    template <class Value>
    auto reply(const Value& value, std::source_location place = std::source_location::current())
    {
        static_assert(encodable<Value>, "a reply must be encodable: see everstep/codec.hpp");
        return detail::reply_operation<Value>(op_name::of_engine("reply", place), encode(value));
    }
    /// This compiler destroys a braced argument twice inside a co_await expression: name the value first.
    template <class Value>
        requires(detail::temporaries_destroyed_twice && !std::is_lvalue_reference_v<Value> && std::is_aggregate_v<Value> &&
                 !std::is_trivially_destructible_v<Value>)
    auto reply(Value&& value, std::source_location place = std::source_location::current()) = delete;

    /// Publishes an event in the commit of this turn: the topic's name is the operation's, everstep/event.hpp says the rest. Throws
    /// engine_error (limit), codec_error.
    template <class Value>
    auto publish(op_name topic, const Value& data)
    {
        return make_publish(std::move(topic), data, {});
    }
    template <class Value>
    auto publish(op_name topic, const Value& data, const publish_options& attributes)
    {
        return make_publish(std::move(topic), data, attributes);
    }
    /// This compiler destroys a braced argument twice inside a co_await expression: name data and options first.
    template <class Value>
        requires(detail::temporaries_destroyed_twice && !std::is_lvalue_reference_v<Value> && std::is_aggregate_v<Value> &&
                 !std::is_trivially_destructible_v<Value>)
    auto publish(op_name topic, Value&& data) = delete;
    template <class Value>
        requires(detail::temporaries_destroyed_twice && !std::is_lvalue_reference_v<Value> && std::is_aggregate_v<Value> &&
                 !std::is_trivially_destructible_v<Value>)
    auto publish(op_name topic, Value&& data, const publish_options& attributes) = delete;
    template <class Value>
        requires(detail::temporaries_destroyed_twice)
    auto publish(op_name topic, const Value& data, publish_options&& attributes) = delete;

    /// The next signal of this name (run::signal sends them): each is received once, in the order in which they came. One that came before is
    /// there at once.
    template <class Value>
    detail::receive_operation<Value> receive(op_name name)
    {
        return detail::receive_operation<Value>(std::move(name));
    }
    /// Nothing where none comes within `duration`, by engine time.
    template <class Value>
    detail::receive_for_operation<Value> receive_for(op_name name, std::chrono::microseconds duration,
                                                     std::source_location place = std::source_location::current())
    {
        return detail::receive_for_operation<Value>(std::move(name), duration, place);
    }
    /// Does not wait, and is not awaited. Before the first wait of the run there is none yet. Throws codec_error where the signal is no Value; it is received then.
    template <class Value>
    std::optional<Value> try_receive(std::string_view name)
    {
        static_assert(encodable<Value>, "a signal must be encodable: see everstep/codec.hpp");
        std::string_view payload;
        if (!run_.take_signal(name, payload))
            return std::nullopt;
        return decode<Value>(payload);
    }

    /// What somebody outside is to answer: everstep/promise.hpp. The name is 1 to 128 bytes, and one promise's in this run. Throws engine_error
    /// (limit).
    template <class Value>
    everstep::promise<Value> promise(std::string_view name) const
    {
        auto [token, signal] = run_.promise_names(name);
        return {std::move(token), std::move(signal)};
    }

    /// Sends a signal to another run, in the commit of this turn: everstep/signal.hpp. Does not wait until it is there. Throws engine_error
    /// (wrong_use: the workflow was not added; limit: no run can have this id), codec_error.
    template <detail::workflow_function Function, class Value>
    auto signal(Function* function, std::string id, op_name name, const Value& value)
    {
        static_assert(encodable<Value>, "a signal must be encodable: see everstep/codec.hpp");
        detail::check_run_id(id);
        const std::string_view to = run_.workflow_name(reinterpret_cast<void (*)()>(function));
        return detail::signal_operation<Value>(std::move(name), std::string(to), std::move(id), encode(value));
    }
    /// This compiler destroys a braced argument twice inside a co_await expression: name the value first.
    template <detail::workflow_function Function, class Value>
        requires(detail::temporaries_destroyed_twice && !std::is_lvalue_reference_v<Value> && std::is_aggregate_v<Value> &&
                 !std::is_trivially_destructible_v<Value>)
    auto signal(Function* function, std::string id, op_name name, Value&& value) = delete;

    /// A run that this one starts, in the commit of this turn: everstep/child.hpp. Throws engine_error (wrong_use: the workflow was not added;
    /// limit: no run can have this id), codec_error.
    template <detail::workflow_function Function>
    auto start_child(Function* function, std::string id, const detail::input_of<Function>& input, const child_options& options = {},
                     std::source_location place = std::source_location::current())
    {
        detail::check_run_id(id);
        const std::string_view name = run_.workflow_name(reinterpret_cast<void (*)()>(function));
        return detail::start_child_operation<detail::result_of<Function>, detail::input_of<Function>>(op_name(std::string(name), place), std::move(id),
                                                                                                     encode(input), options.on_close);
    }
    /// The same, and waits for its result.
    template <detail::workflow_function Function>
    EVERSTEP_CORO_WRAPPER workflow<detail::result_of<Function>> call(Function* function, std::string id, const detail::input_of<Function>& input,
                                                                     const child_options& options = {},
                                                                     std::source_location place = std::source_location::current())
    {
        detail::check_run_id(id);
        const std::string_view name = run_.workflow_name(reinterpret_cast<void (*)()>(function));
        return start_and_wait<detail::result_of<Function>, detail::input_of<Function>>(std::string(name), std::move(id), encode(input), options.on_close,
                                                                                       place);
    }
    /// This compiler destroys a braced argument twice inside a co_await expression: name the input first.
    template <detail::workflow_function Function, class Input>
        requires(detail::temporaries_destroyed_twice && !std::is_lvalue_reference_v<Input> && std::is_aggregate_v<Input> &&
                 !std::is_trivially_destructible_v<Input>)
    auto start_child(Function* function, std::string id, Input&& input) = delete;
    template <detail::workflow_function Function, class Input>
        requires(detail::temporaries_destroyed_twice && !std::is_lvalue_reference_v<Input> && std::is_aggregate_v<Input> &&
                 !std::is_trivially_destructible_v<Input>)
    auto call(Function* function, std::string id, Input&& input) = delete;
    /// One that was started before, by this run or the one that it continues.
    template <class Result>
    everstep::child<Result> child(child_reference to) const
    {
        return everstep::child<Result>(std::move(to));
    }

    /// Shows a value to readers (run::state) from the commit of this turn on, without waiting. The name is 1 to 128 bytes, and one value's. Throws
    /// engine_error (limit), codec_error.
    template <class Value>
    void set_state(std::string_view name, const Value& value)
    {
        static_assert(encodable<Value>, "a state must be encodable: see everstep/codec.hpp");
        run_.set_state(name, encode(value));
    }

    /// The next request of this name that somebody waits to have answered: everstep/update.hpp.
    template <class Request, class Answer>
    detail::receive_update_operation<Request, Answer> receive_update(op_name name)
    {
        return detail::receive_update_operation<Request, Answer>(std::move(name));
    }

    /// Ends this run, and starts the next one of the same id with `input`, in one commit: a history that grows for ever begins anew. Never returns.
    /// Signals that were not received, open children, state, a deadline and who waits for the result go along; a reply, and an update that was taken
    /// and not answered, do not. Only outside of branches, and with no
    /// undo registered (compensate or release the sagas first): else step_failed (wrong_use).
    template <class Input>
    auto continue_as_new(const Input& input, std::source_location place = std::source_location::current())
    {
        static_assert(encodable<Input>, "an input must be encodable: see everstep/codec.hpp");
        return detail::continue_operation<Input>(op_name::of_engine("continue_as_new", place), encode(input));
    }
    template <class Input>
        requires(detail::temporaries_destroyed_twice && !std::is_lvalue_reference_v<Input> && std::is_aggregate_v<Input> &&
                 !std::is_trivially_destructible_v<Input>)
    auto continue_as_new(Input&& input, std::source_location place = std::source_location::current()) = delete;
    /// Entries of this run's history so far, the same in replay: continue as new before there are history_entries_max.
    std::uint32_t history_entries() const noexcept { return run_.history_entries(); }

    /// By engine time, which no change of the wall clock moves. Not before; zero and less go on at once (and are recorded).
    detail::timer_operation sleep_for(std::chrono::microseconds duration,
                                      std::source_location place = std::source_location::current())
    {
        return detail::timer_operation(op_name::of_engine("sleep_for", place), duration.count(), detail::timer_operation::relative);
    }
    /// By the wall clock.
    detail::timer_operation sleep_until(time_point when, std::source_location place = std::source_location::current())
    {
        return detail::timer_operation(op_name::of_engine("sleep_until", place), when.time_since_epoch().count(),
                                       detail::timer_operation::absolute);
    }
    /// Until the run is cancelled: then throws `cancelled`. Never returns.
    detail::forever_operation wait_forever(std::source_location place = std::source_location::current())
    {
        return detail::forever_operation(op_name::of_engine("wait_forever", place));
    }

    /// Engine time of what woke the run: the same in replay, and not moving between two waits.
    time_point now() const noexcept { return time_point(std::chrono::microseconds(run_.now_us())); }
    /// From the run's seed: the same in replay. Not for secrets.
    std::uint64_t random() noexcept { return run_.random(); }
    /// A version 4 UUID from the run's seed: "8-4-4-4-12".
    std::string uuid();

    template <class Service>
    Service& use() const
    {
        return run_.given().template get<Service>();
    }

    /// The caller's id of this run.
    std::string_view run_id() const noexcept { return run_.run_id(); }

private:
    friend class saga;

    /// What it needs it owns, encoded.
    template <class Result, class Input>
    static workflow<Result> start_and_wait(std::string name, std::string id, std::string encoded, close_policy on_close, std::source_location place)
    {
        const everstep::child<Result> one = co_await detail::start_child_operation<Result, Input>(op_name(name, place), std::move(id),
                                                                                                std::move(encoded), on_close);
        co_return co_await one.result(place);
    }

    template <class Body, class Undo = void>
    static auto make_step(op_name&& name, const step_options* options, Body&& body, const detail::undo_plan& undo = {},
                          arguments* args = nullptr)
    {
        check_closure<Body>();
        return detail::step_operation<Body, Undo>(std::move(name), options, std::move(body), undo, args);
    }
    template <class Body, class Undo = void>
    static auto make_transaction(op_name&& name, const retry_policy* retry, Body&& body, const detail::undo_plan& undo = {})
    {
        check_closure<Body>();
        const step_options options{.retry = retry ? *retry : retry_policy{}};
        return detail::transaction_operation<Body, Undo>(std::move(name), retry ? &options : nullptr, std::move(body), undo);
    }
    template <class Value>
    static auto make_publish(op_name&& topic, const Value& data, const publish_options& attributes)
    {
        static_assert(encodable<Value>, "an event's data must be encodable: see everstep/codec.hpp");
        detail::check_attributes(attributes);
        detail::event_draft draft{std::string(topic.text()), attributes, encode(data)};
        return detail::publish_operation<Value>(std::move(topic), std::move(draft));
    }
    template <class Body>
    static void check_closure()
    {
        static_assert(!detail::temporaries_destroyed_twice || std::is_trivially_destructible_v<Body>,
                      "this compiler destroys by-value captures twice inside a co_await expression: capture by reference, "
                      "or name the closure first and pass std::ref(it)");
    }

    detail::run_link& run_;
};
}
