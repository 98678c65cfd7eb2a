#pragma once

// A run, as its callers see it: a light handle that names it.
//
//     auto run = shop.start(checkout, o.id, o);
//     receipt r = run.reply();                                      // or co_await run.async_reply(asio::use_awaitable)
//     run_status s = run.status();
//
// Threads: copy and use anywhere, many at once. The blocking calls throw would_deadlock on a thread of the engine itself; the async_
// forms (include <everstep/async.hpp>) take any Asio completion token and complete on its executor.
// Lifetime: weak. When the engine is closed or gone, every call throws engine_closed and every wait ends with it.
// Crash: whatever these calls return is durable; after a crash, engine::run(workflow, id) gives the same handle again.
// Errors: engine_error (not_found, closed, unknown, would_deadlock, …); reply() and result() also throw run_failed and no_reply.

#include <everstep/detail/engine_link.hpp>
#include <everstep/update.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace everstep::inline v0
{
template <class Result, class Reply = void>
class run
{
public:
    run(std::weak_ptr<detail::engine_core> core, detail::function_key function, std::string id)
        : core_(std::move(core)), function_(function), id_(std::move(id))
    {
    }

    const std::string& id() const noexcept { return id_; }

    /// Waits for the run's early reply. Throws run_failed where the run ended in an error before it, no_reply where it
    /// completed without one.
    Reply reply() const { return value_of<Reply>(detail::ask(core_, to(detail::request_kind::reply))); }

    /// Waits for the end of the run. Throws run_failed where it failed, was cancelled, or is parked.
    Result result() const { return value_of<Result>(detail::ask(core_, to(detail::request_kind::result))); }

    /// Where the run stands, at once.
    run_status status() const
    {
        detail::answer a = detail::ask(core_, to(detail::request_kind::status));
        detail::raise_unless_value(a);
        return std::move(a.status);
    }

    /// Asks the run to stop: its waits throw `cancelled`, running bodies are asked to stop, its sagas compensate. Returns when the
    /// request is durable, not when the run has ended. A run that has ended stays as it is.
    void cancel(const because& note = {}) const { order(detail::request_kind::cancel, note); }
    template <std::convertible_to<std::string> Text>
    void cancel(const Text& reason) const
    {
        cancel(because{.why = std::string(reason)});
    }

    /// Lets a parked run go on. A run that is not parked stays as it is.
    void resume(const because& note = {}) const { order(detail::request_kind::resume, note); }
    template <std::convertible_to<std::string> Text>
    void resume(const Text& reason) const
    {
        resume(because{.why = std::string(reason)});
    }

    /// Ends the run at once and for good, without its code: nothing is undone. Bodies that run are asked to stop, and what they come to is not
    /// recorded. Open children are cancelled, but for those that are left. Also where it is parked.
    void terminate(const because& note = {}) const { order(detail::request_kind::terminate, note); }

    /// Keeps the run from going on until resume(): parked as "paused", from the commit on with which this returns. Bodies that run go on: the
    /// result of the first that ends is recorded, others run again when it is resumed. Timers go on, too, and signals are kept. Who waits for its result
    /// is told run_failed ("paused").
    void pause(const because& note = {}) const { order(detail::request_kind::pause, note); }

    /// Begins a run that has ended or is parked once more, from its input, under its id; one that is parked is terminated. What it did is not undone;
    /// it has no deadline; and what it starts again as a child under an id that is there is in conflict with that.
    /// Throws engine_error (wrong_use) where it goes on.
    void restart(const because& note = {}) const { order(detail::request_kind::restart, note); }

    /// Starts another run with the first `entries` of this one's history (1: its input only), whose code goes on from there. It has tokens of its
    /// own, so that what it does again is done. Throws engine_error: conflict where the id is taken, limit (no such entry), wrong_use (a child is
    /// open there).
    run fork(std::string id, std::uint64_t entries, const because& note = {}) const
    {
        detail::request what{detail::request_kind::fork, admission::wait, function_, id, note.text()};
        what.message.name = id_;
        what.number = entries;
        detail::raise_unless_value(detail::ask(core_, std::move(what)));
        return {core_, function_, std::move(id)};
    }

    /// Ends a step, transaction or undo that the run is parked for, or that waits for its next attempt, by a value: its body does not run again.
    /// `step` is its name, or its path where several have that name. Throws engine_error: not_found, bad_value where the code could not read the value,
    /// wrong_use (its body runs: pause the run first).
    template <class Value>
    void complete_step(std::string step, const Value& value, const because& note = {}) const
    {
        static_assert(encodable<Value>, "a step's result must be encodable: see everstep/codec.hpp");
        resolve(std::move(step), "", encode(value), note);
    }
    /// The same for one without a result.
    void complete_step(std::string step, const because& note = {}) const { resolve(std::move(step), "", "null", note); }
    /// The step fails, as "skipped": its await throws step_failed. An undo counts as done.
    void skip_step(std::string step, const because& note = {}) const { resolve(std::move(step), "skipped", {}, note); }

    /// What the run has shown by context::set_state, as the journal has it: nothing where it has not. Reads on this thread, without waking the run.
    /// Throws engine_error (not_found, damaged), codec_error.
    template <class Value>
    std::optional<Value> state(std::string_view name) const
    {
        const std::optional<std::string> encoded = detail::read_state(core_, function_, id_, name);
        return encoded ? std::optional<Value>(decode<Value>(*encoded)) : std::nullopt;
    }

    /// Asks the run for something, and waits for its answer: everstep/update.hpp. Without an id, each call is another request.
    template <class Answer, class Request>
    Answer update(std::string name, const Request& value, signal_options options = {}) const
    {
        static_assert(encodable<Request> && encodable<Answer>, "an update's request and answer must be encodable: see everstep/codec.hpp");
        detail::request what = to(detail::request_kind::update);
        if (options.id.empty())
            options.id = detail::fresh_message_id();
        const detail::update_request asked{options.id, encode(value)};
        what.message = {std::move(name), std::string(type_name<Request>()), std::move(options.id), encode(asked)};
        const detail::answer a = detail::ask(core_, std::move(what));
        detail::raise_unless_value(a);
        auto told = decode<detail::promise_answer>(a.bytes);
        if (!told.code.empty())
            throw update_refused(std::move(told.code), std::move(told.text));
        return decode<Answer>(told.value);
    }

    /// Sends the run a signal: everstep/signal.hpp. Returns when it is durable. Throws engine_error: not_found, ended, limit; codec_error.
    template <class Value>
    void signal(std::string name, const Value& value, signal_options options = {}) const
    {
        detail::raise_unless_value(detail::ask(core_, message(std::move(name), value, std::move(options))));
    }

    template <class Token>
    auto async_reply(Token&& token) const
    {
        return async<Reply>(to(detail::request_kind::reply), std::forward<Token>(token));
    }
    template <class Token>
    auto async_result(Token&& token) const
    {
        return async<Result>(to(detail::request_kind::result), std::forward<Token>(token));
    }
    template <class Token>
    auto async_status(Token&& token) const
    {
        return async<run_status>(to(detail::request_kind::status), std::forward<Token>(token));
    }
    template <class Token>
    auto async_cancel(std::string reason, Token&& token) const
    {
        return async<void>(to(detail::request_kind::cancel, std::move(reason)), std::forward<Token>(token));
    }
    template <class Token>
    auto async_resume(std::string reason, Token&& token) const
    {
        return async<void>(to(detail::request_kind::resume, std::move(reason)), std::forward<Token>(token));
    }

    template <class Value, class Token>
    auto async_signal(std::string name, const Value& value, signal_options options, Token&& token) const
    {
        return async<void>(message(std::move(name), value, std::move(options)), std::forward<Token>(token));
    }

private:
    void order(detail::request_kind what, const because& note) const { detail::raise_unless_value(detail::ask(core_, to(what, note.text()))); }
    void resolve(std::string&& step, const char* failure, std::string&& encoded, const because& note) const
    {
        detail::request what = to(detail::request_kind::resolve, note.text());
        what.message = {std::move(step), failure, {}, std::move(encoded)};
        detail::raise_unless_value(detail::ask(core_, std::move(what)));
    }
    detail::request to(detail::request_kind what, std::string bytes = {}) const
    {
        return {what, admission::wait, function_, id_, std::move(bytes)};
    }
    template <class Value>
    detail::request message(std::string&& name, const Value& value, signal_options&& options) const
    {
        static_assert(encodable<Value>, "a signal must be encodable: see everstep/codec.hpp");
        detail::request what = to(detail::request_kind::signal);
        what.message = {std::move(name), std::string(type_name<Value>()), std::move(options.id), encode(value)};
        return what;
    }
    template <class Value>
    static Value value_of(const detail::answer& a)
    {
        detail::raise_unless_value(a);
        if constexpr (!std::is_void_v<Value>)
            return decode<Value>(a.bytes);
    }
    template <class Value, class Token>
    auto async(detail::request&& what, Token&& token) const
    {
        // Found through its arguments' namespace: defined in everstep/async.hpp, which keeps Asio out of this header.
        return async_submit(detail::answer_as<Value>{}, core_, std::move(what), std::forward<Token>(token));
    }

    std::weak_ptr<detail::engine_core> core_;
    detail::function_key function_;
    std::string id_;
};
}
