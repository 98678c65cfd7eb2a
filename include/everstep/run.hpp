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

#include <memory>
#include <string>
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
    void cancel(std::string reason = {}) const
    {
        detail::raise_unless_value(detail::ask(core_, to(detail::request_kind::cancel, std::move(reason))));
    }

    /// Lets a parked run go on. A run that is not parked stays as it is.
    void resume(std::string reason = {}) const
    {
        detail::raise_unless_value(detail::ask(core_, to(detail::request_kind::resume, std::move(reason))));
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
