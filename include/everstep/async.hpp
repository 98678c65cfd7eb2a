#pragma once

// Asio on both sides: the async_ calls of engine and run with any completion token, and step bodies that return asio::awaitable<T>.
//
//     shop.async_start(checkout, o.id, o, [](std::exception_ptr e, auto run) { … });
//     receipt r = co_await run.async_reply(asio::use_awaitable);
//     std::future<shipment> f = run.async_result(asio::use_future);
//     co_await ctx.step("fetch", [&]() -> asio::awaitable<page> { co_return co_await client.get(url); });
//
// Threads: an async_ call completes on the executor that its handler is associated with, never inside the call; a handler without one
// completes on the engine's io thread, where it must not block. Bodies run on the io thread too.
// Lifetime: the call keeps work on the handler's executor until it completes. An engine that closes completes all calls first.
// A body's stop (attempt::stop) cancels what it awaits, as asio::cancellation_type::terminal: mostly a system_error comes out of it.
// Errors: signature void(std::exception_ptr, T), void(std::exception_ptr) for void: the same exceptions as the blocking calls. A value
// comes with a failure too, so T must be default-constructible.

#include <everstep/detail/engine_link.hpp>
#include <everstep/detail/step_operation.hpp>
#include <everstep/detail/transaction_call.hpp>
#include <everstep/run.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

namespace everstep::inline v0::detail
{
/// Where handlers without an executor complete: the engine's io thread. An empty executor where the engine is gone.
boost::asio::any_io_executor default_executor(const std::weak_ptr<engine_core>& core);

/// What a call completes with, by its tag: the signature, the value of an answer, and the value beside a failure.
template <class Tag>
struct completes_with;

template <class Value>
struct completes_with<answer_as<Value>>
{
    using signature = void(std::exception_ptr, Value);
    static_assert(std::default_initializable<Value>, "what an async_ call gives must be default-constructible");

    static Value value(answer_as<Value>&, const std::weak_ptr<engine_core>&, answer& a)
    {
        if constexpr (std::is_same_v<Value, run_status>)
            return std::move(a.status);
        else
            return decode<Value>(a.bytes);
    }
    static Value none(answer_as<Value>&, const std::weak_ptr<engine_core>&) { return Value(); }
};

template <>
struct completes_with<answer_as<void>>
{
    using signature = void(std::exception_ptr);
};

template <class Result, class Reply>
struct completes_with<answer_run<Result, Reply>>
{
    using signature = void(std::exception_ptr, run<Result, Reply>);

    static run<Result, Reply> value(answer_run<Result, Reply>& tag, const std::weak_ptr<engine_core>& core, answer&)
    {
        return none(tag, core);
    }
    static run<Result, Reply> none(answer_run<Result, Reply>& tag, const std::weak_ptr<engine_core>& core)
    {
        return {core, tag.function, std::move(tag.id)};
    }
};

/// Calls the handler with what the answer says. On the handler's executor: decoding is the caller's work, not the engine's.
template <class Tag, class Handler>
void complete(Tag& tag, const std::weak_ptr<engine_core>& core, answer& a, Handler& handler)
{
    using with = completes_with<Tag>;
    std::exception_ptr failure = exception_of(a);
    if constexpr (std::is_same_v<Tag, answer_as<void>>)
        std::move(handler)(std::move(failure));
    else
    {
        std::optional<decltype(with::none(tag, core))> value;
        if (!failure)
        {
            try
            {
                value.emplace(with::value(tag, core, a));
            }
            catch (...)
            {
                failure = std::current_exception();
            }
        }
        if (!value)
            value.emplace(with::none(tag, core));
        std::move(handler)(std::move(failure), std::move(*value));
    }
}

template <class Tag, class Handler>
class completion final : public receiver
{
public:
    completion(Tag tag, std::weak_ptr<engine_core> core, Handler&& handler, const boost::asio::any_io_executor& fallback)
        : work_(boost::asio::get_associated_executor(handler, fallback)), tag_(std::move(tag)), core_(std::move(core)),
          handler_(std::move(handler))
    {
    }

    void take(answer&& a) noexcept override
    {
        // Work is kept until the handler has been called; moved out, for *this dies with the answer.
        auto executor = work_.get_executor();
        boost::asio::post(executor, [tag = std::move(tag_), core = std::move(core_), handler = std::move(handler_),
                                     work = std::move(work_), taken = std::move(a)]() mutable
                          { complete(tag, core, taken, handler); });
    }

private:
    boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>> work_;
    Tag tag_;
    std::weak_ptr<engine_core> core_;
    Handler handler_;
};

/// Sends a request off with a handler; what Asio calls when the token says so, which may be later (asio::deferred).
struct begin_submit
{
    template <class Handler, class Tag>
    void operator()(Handler&& handler, Tag tag, std::weak_ptr<engine_core> core, request what) const
    {
        const std::shared_ptr<engine_core> alive = core.lock(); // the executor is the engine's
        boost::asio::any_io_executor fallback = default_executor(core);
        if (!fallback)
            fallback = boost::asio::system_executor();
        using held = completion<Tag, std::decay_t<Handler>>;
        std::decay_t<Handler> own(std::forward<Handler>(handler));
        submit(core, std::move(what), std::make_unique<held>(std::move(tag), core, std::move(own), fallback));
    }
};

/// What run and engine call for their async_ forms.
template <class Tag, class Token>
auto async_submit(Tag tag, std::weak_ptr<engine_core> core, request what, Token&& token)
{
    using signature = typename completes_with<Tag>::signature;
    return boost::asio::async_initiate<Token, signature>(begin_submit{}, token, std::move(tag), std::move(core), std::move(what));
}

/// engine::async_transact: owns the body, and tells the handler on its executor.
template <class Body, class Handler>
class async_transaction final : public outside_transaction
{
public:
    using value = kept_result<Body, transaction&>;

    async_transaction(Body&& body, Handler&& handler, const boost::asio::any_io_executor& fallback)
        : work_(boost::asio::get_associated_executor(handler, fallback)), body_(std::move(body)), handler_(std::move(handler))
    {
    }

    void run(transaction& tx) override { result_.emplace(call_and_keep<Body, transaction&>(*body_, tx)); }
    void ended(std::exception_ptr failure) noexcept override
    {
        body_.reset(); // before the handler may free what it refers to
        auto executor = work_.get_executor();
        boost::asio::post(executor, [handler = std::move(handler_), work = std::move(work_),
                                     result = failure ? value() : std::move(*result_), why = std::move(failure)]() mutable {
            if constexpr (std::is_same_v<value, no_value>)
                std::move(handler)(std::move(why));
            else
                std::move(handler)(std::move(why), std::move(result));
        });
    }

private:
    boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>> work_;
    std::optional<Body> body_;
    Handler handler_;
    std::optional<value> result_;
};

struct begin_transaction
{
    template <class Handler, class Body>
    void operator()(Handler&& handler, Body body, std::weak_ptr<engine_core> core, admission when_full) const
    {
        const std::shared_ptr<engine_core> alive = core.lock(); // the executor is the engine's
        boost::asio::any_io_executor fallback = default_executor(core);
        if (!fallback)
            fallback = boost::asio::system_executor();
        using call = async_transaction<Body, std::decay_t<Handler>>;
        std::decay_t<Handler> own(std::forward<Handler>(handler));
        transact(core, std::make_unique<call>(std::move(body), std::move(own), fallback), when_full);
    }
};

template <class Body, class Token>
auto async_begin_transaction(transaction_body<Body> body, std::weak_ptr<engine_core> core, admission when_full, Token&& token)
{
    using value = kept_result<Body, transaction&>;
    static_assert(std::default_initializable<value>, "what an async_ call gives must be default-constructible");
    using signature = std::conditional_t<std::is_same_v<value, no_value>, void(std::exception_ptr), void(std::exception_ptr, value)>;
    return boost::asio::async_initiate<Token, signature>(begin_transaction{}, token, std::move(body.body), std::move(core), when_full);
}

/// A body's awaitable under way. Everything on one thread, but the stop.
class awaited_call : public std::enable_shared_from_this<awaited_call>
{
public:
    awaited_call(boost::asio::any_io_executor executor, body_sink& sink) : executor_(std::move(executor)), sink_(sink) {}

    std::string encoded;

    boost::asio::cancellation_slot slot() noexcept { return signal_.slot(); }

    void follow(const std::stop_token& stop)
    {
        if (stop.stop_possible())
            follows_.emplace(stop, emit_later{weak_from_this(), executor_});
    }

    void end(const std::exception_ptr& failure)
    {
        follows_.reset(); // the stop dies with the attempt, when the sink has it
        if (failure)
            sink_.threw(failure);
        else
            sink_.succeeded(std::move(encoded));
    }

private:
    /// Stops come from any thread, signals are emitted where the body runs.
    struct emit_later
    {
        std::weak_ptr<awaited_call> call;
        boost::asio::any_io_executor executor;

        void operator()() const
        {
            boost::asio::post(executor,
                              [to = call]
                              {
                                  if (const auto alive = to.lock())
                                      alive->signal_.emit(boost::asio::cancellation_type::terminal);
                              });
        }
    };

    boost::asio::any_io_executor executor_;
    body_sink& sink_;
    boost::asio::cancellation_signal signal_;
    std::optional<std::stop_callback<emit_later>> follows_;
};

template <class Result, class Executor>
boost::asio::awaitable<void, Executor> encode_awaited(boost::asio::awaitable<Result, Executor> work,
                                                      std::shared_ptr<awaited_call> call)
{
    if constexpr (std::is_void_v<Result>)
    {
        co_await std::move(work);
        call->encoded = "null";
    }
    else
    {
        const Result value = co_await std::move(work);
        encode(value, call->encoded);
    }
}

/// `executor` runs one handler at a time.
template <class Executor>
Executor executor_for(const boost::asio::any_io_executor& executor)
{
    if constexpr (std::is_same_v<Executor, boost::asio::any_io_executor>)
        return executor;
    else
    {
        const Executor* same = executor.target<Executor>();
        if (same == nullptr)
            throw engine_error{errc::wrong_use, "a body returns an awaitable of an executor that is not the engine's: "
                                                "return asio::awaitable<T>"};
        return *same;
    }
}

template <class Result, class Executor>
struct awaited_body<boost::asio::awaitable<Result, Executor>>
{
    static constexpr bool is = true;
    using result = Result;

    template <class Body>
    static void spawn(Body& body, attempt& a, void* executor, body_sink& sink)
    {
        const auto& on = *static_cast<const boost::asio::any_io_executor*>(executor);
        const auto call = std::make_shared<awaited_call>(on, sink);
        const Executor same = executor_for<Executor>(on);
        boost::asio::awaitable<void, Executor> whole = encode_awaited<Result, Executor>(call_body(body, a), call);
        call->follow(a.stop());
        // May end at once, and then the attempt is gone: the last that we do with it.
        auto ended = boost::asio::bind_cancellation_slot(
            call->slot(), [call](std::exception_ptr failure) { call->end(failure); });
        boost::asio::co_spawn(same, std::move(whole), std::move(ended));
    }
};
}
