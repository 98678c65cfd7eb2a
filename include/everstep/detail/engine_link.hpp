#pragma once

// What the templates of engine and run say to the runtime: erased requests and answers.

#include <everstep/codec.hpp>
#include <everstep/context.hpp>
#include <everstep/detail/row_link.hpp>
#include <everstep/detail/workflow_signature.hpp>
#include <everstep/error.hpp>
#include <everstep/run_list.hpp>
#include <everstep/run_status.hpp>
#include <everstep/signal.hpp>
#include <everstep/workflow.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace everstep::inline v0
{
/// What a start does while the engine has all it can take (see engine_options).
enum class admission : std::uint8_t
{
    wait,  ///< until there is room
    refuse ///< engine_error(overloaded) at once
};

namespace detail
{
class engine_core;

/// A workflow function's address is its name inside the process.
using function_key = void (*)();

/// What the engine needs to know of one workflow's type.
struct workflow_traits
{
    std::string_view (*input_type)();
    std::string_view (*result_type)();
    /// Decodes the input (throws codec_error) and makes the frame, suspended at its begin. The traits are those that it was added with.
    std::coroutine_handle<> (*create)(const workflow_traits&, function_key, context&, branch&, std::string_view input);
    promise_base& (*promise_of)(std::coroutine_handle<>);
    /// Of a frame that ended without an error. Throws codec_error.
    void (*encode_result)(std::coroutine_handle<>, std::string& to);
    /// Decodes and encodes again with today's type: inputs are compared by this. Throws codec_error.
    std::string (*renew_input)(std::string_view input);
    std::size_t stack_bytes{}; ///< of a fiber workflow
};

enum class request_kind : std::uint8_t
{
    start,
    reply,
    result,
    status,
    cancel,
    resume,
    signal,
    complete,  ///< a promise: `id` is its token, the answer is "true" where nobody was before
    update,    ///< a signal that the run answers
    terminate, ///< this and what follows: bytes = who and why
    pause,
    resolve,   ///< message: name = step or path, payload; code of a failure in type
    restart,
    fork       ///< id = of the new run, message.name = the one that it is copied from, number = entries of that
};

struct request
{
    request_kind what{};
    admission when_full{admission::wait};
    function_key function{};
    std::string id;
    std::string bytes{};       ///< start: encoded input; cancel, resume: the reason
    signal_message message{}; ///< signal; start: what the run is told, where it has a name
    std::string parent{};     ///< start: the token of the promise that the run's end is; empty: nobody's child
    std::int64_t delay_us{};   ///< start: until its code begins
    std::int64_t timeout_us{}; ///< start: until it is cancelled; 0: never
    std::uint64_t number{};
    std::string workflow{};    ///< where `function` is null
};

enum class answer_kind : std::uint8_t
{
    value,        ///< bytes (reply, result), status, or nothing
    engine_error, ///< why, text
    run_failed,   ///< code, text
    no_reply
};

struct answer
{
    answer_kind what{answer_kind::value};
    errc why{};
    std::string code;
    std::string text;
    std::string bytes;
    run_status status;
};

/// Throws what the answer says unless it is a value.
void raise_unless_value(const answer& a);
std::exception_ptr exception_of(const answer& a) noexcept;

/// Takes the answer once, on any thread, possibly before submit() returns. Must not block.
class receiver
{
public:
    virtual ~receiver() = default;
    virtual void take(answer&& a) noexcept = 0;
};

/// For whose sake a transaction is made. What nobody waits for goes behind what callers wait for, and goes on when the journal is nearly full.
enum class sake : std::uint8_t
{
    caller,
    handler, ///< of a subscription
    engine   ///< limits of size are not for it: what it writes was taken before
};

/// A transaction from outside. Called on the engine's own thread for transactions.
class outside_transaction
{
public:
    virtual ~outside_transaction() = default;
    virtual sake whose() const noexcept { return sake::caller; }
    /// The body. What it throws ends up in ended().
    virtual void run(transaction& tx) = 0;
    /// Once, when everything that the body saw and wrote is durable, or with why it is not. Any thread. Must not block.
    virtual void ended(std::exception_ptr failure) noexcept = 0;
};
/// Ends in `one` exactly once, with engine_closed where `core` is gone. Any thread.
void transact(const std::weak_ptr<engine_core>& core, std::unique_ptr<outside_transaction> one, admission when_full);
/// Throws would_deadlock on a thread of the engine, engine_closed where `core` is gone.
void require_may_block(const std::weak_ptr<engine_core>& core);
/// Shows one snapshot of what is durable, on this thread, which counts as the engine's own meanwhile.
void read_tables(const std::weak_ptr<engine_core>& core, const std::function<void(row_source&)>& visit);

std::vector<run_summary> list_runs(const std::weak_ptr<engine_core>& core, const run_filter& which, std::size_t at_most, std::uint64_t after);
order_outcome order_runs(const std::weak_ptr<engine_core>& core, run_order order, const run_filter& which, const because& why);
/// Nothing: the run has not set it. Throws engine_error, on this thread.
std::optional<std::string> read_state(const std::weak_ptr<engine_core>& core, function_key workflow, const std::string& id, std::string_view name);

/// Told apart over all journals.
std::string fresh_message_id();

/// What an async_ call completes with: tags that carry async_submit (everstep/async.hpp) through argument-dependent lookup.
template <class Value>
struct answer_as
{
};
template <class Result, class Reply>
struct answer_run
{
    function_key function;
    std::string id;
};

/// Ends in `to` exactly once, with errc::closed where `core` is gone. Any thread.
void submit(const std::weak_ptr<engine_core>& core, request&& what, std::unique_ptr<receiver> to);

/// submit() and wait. Throws would_deadlock on a thread of the engine.
answer ask(const std::weak_ptr<engine_core>& core, request&& what);

/// All but how it is created: for whatever frame has this promise.
template <class Result, class Reply, class Input>
struct frame_traits_for
{
    using promise_type = promise<Result, Reply>;

    static promise_base& promise_of(std::coroutine_handle<> frame)
    {
        return std::coroutine_handle<promise_type>::from_address(frame.address()).promise();
    }
    static void encode_result(std::coroutine_handle<> frame, std::string& to)
    {
        if constexpr (std::is_void_v<Result>)
            to = "null";
        else
            encode(*std::coroutine_handle<promise_type>::from_address(frame.address()).promise().value(), to);
    }
};
template <class Result, class Reply, class Input>
constexpr workflow_traits frame_traits()
{
    using of = frame_traits_for<Result, Reply, Input>;
    return {&type_name<Input>, &type_name<Result>, nullptr, &of::promise_of, &of::encode_result, &renewed<Input>};
}

template <class Result, class Reply, class Input>
struct traits_for
{
    using function = workflow<Result, Reply> (*)(context&, Input);
    static_assert(!std::is_reference_v<Input> && !std::is_const_v<Input>,
                  "a workflow takes its input by value: the frame owns it for as long as the run lasts");
    static_assert(std::is_void_v<Result> || encodable<Result>, "a workflow's result must be encodable: see everstep/codec.hpp");
    static_assert(encodable<Input>, "a workflow's input must be encodable: see everstep/codec.hpp");

    static std::coroutine_handle<> create(const workflow_traits&, function_key key, context& ctx, branch& at, std::string_view input)
    {
        auto flow = reinterpret_cast<function>(key)(ctx, decode<Input>(input));
        std::coroutine_handle<promise<Result, Reply>> frame = flow.release();
        frame.promise().enter(at, {});
        return frame;
    }
    static constexpr workflow_traits value = [] {
        workflow_traits made = frame_traits<Result, Reply, Input>();
        made.create = &create;
        return made;
    }();
};

/// What the engine needs to know of a workflow, by its function.
template <class Function>
struct traits_of_function
{
    static_assert(!fiber_workflow_function<Function>, "a fiber workflow: include <everstep/fiber_workflow.hpp>");
    static constexpr workflow_traits value = traits_for<result_of<Function>, reply_of<Function>, input_of<Function>>::value;
};
}
}
