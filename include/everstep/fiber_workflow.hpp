#pragma once

// Workflows as ordinary functions: the same operations as everstep/context.hpp, as calls that return when there is something to return.
//
//     shipment checkout(replying_fiber_context<receipt>& ctx, order o)          // fiber_context&, where it does not reply
//     {
//         receipt paid = ctx.step("charge", [&](attempt& a) { return bank.charge(o.id, o.cents, a.token()); });
//         ctx.reply(paid);
//         ctx.sleep_for(72h);
//         auto [label, slot] = ctx.all([&](fiber_context& c) { return print(c, o); }, [&](fiber_context& c) { return book(c, o); });
//         return ctx.step("ship", [&] { return carrier.collect(o); });
//     }
//     shop.add("checkout", checkout);                                            // and start, run, signal, subscribe: as a coroutine
//
// For code that is written in blocking style, and for compilers whose coroutines cannot be trusted (everstep/detail/compiler.hpp). What is
// journaled is the same: a run that was begun by one form of a workflow goes on with the other. It costs a stack for each run in memory.
//
// Anything may be between the function and its waits: other functions, loops, handlers. A wait inside a handler keeps its exception.
// Waits, like every call that may fail, throw: cancelled, step_failed, … And a run that waits for long is dropped from memory: then its
// wait throws something that nobody is to catch, so that the stack is unwound, and thrown again at each later wait. Hence:
//
//     catch (const std::exception&)   lets it pass; so does every handler of a type
//     catch (...)                     must end in `throw;`. One that goes on instead gets it again at the next wait: after a thousand times
//                                     the stack is given up
//     noexcept functions, destructors must not wait. Where one does, and its run is dropped there, the stack is given up; a destructor that
//                                     waits while an exception is on its way fails the run (wrong_use)
//
// A stack that is given up is lost to the process with all that lies on it, and the log says whose; the run goes on as ever when it wakes.
//
// Threads: the run's shard, as a coroutine; the function must not block. A fiber_context belongs to the code that was given it: used by a
// step's body, by another thread or by another branch's code it throws engine_error (wrong_use). (run_id() and use() may be called there.)
// Lifetime: as a coroutine's: locals are destroyed when the run is dropped from memory, and built again by replay.
// Stack: fiber_options::stack_bytes, with a guard page: code that needs more ends the process with SIGSEGV, as a stack overflow does
// anywhere, and again when it is replayed (the guard against crash loops knows of steps' bodies only): add it with a larger one. Each branch
// that is a function has a stack of its own. A guarded stack is two of the maps of which Linux gives a process 65,530 (vm.max_map_count):
// 20,000 resident runs (engine_options::resident_runs_max) take 40,000. A run that finds no stack is parked (limits).
// Crash: as context.
// Errors: as context, thrown by the call. Waits while the run is dropped from memory throw, and now(), random(), uuid() still answer.

#include <everstep/context.hpp>
#include <everstep/detail/fiber_adapter.hpp>
#include <everstep/fiber_options.hpp>
#include <everstep/saga.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace everstep::inline v0
{
/// As promise.
template <class Value>
class fiber_promise;

class fiber_context
{
public:
    using time_point = context::time_point;

    /// For the engine.
    fiber_context(context& run, detail::fiber_strand& on) noexcept : run_(run), strand_(on) {}
    fiber_context(const fiber_context&) = delete;
    fiber_context& operator=(const fiber_context&) = delete;

    /// Waits for any operation of cold(), or for what branches.hpp makes of them.
    template <detail::engine_operation Operation>
    auto wait(Operation&& op)
    {
        static_assert(!std::derived_from<std::remove_cvref_t<Operation>, detail::any_reply>, "reply by replying_fiber_context::reply");
        static_assert(!std::is_lvalue_reference_v<Operation> || !detail::is_bound<Operation>,
                      "what it refers to is gone: build branches where you wait for them");
        strand_.wait(op);
        return op.await_resume();
    }
    /// The same operations without the wait: for branches.
    context& cold() noexcept { return run_; }

    // As context has them, awaited.

    template <class Body>
    auto step(op_name name, Body&& body)
    {
        return wait(run_.step(std::move(name), std::ref(body)));
    }
    template <class Body>
    auto step(op_name name, const step_options& options, Body&& body)
    {
        return wait(run_.step(std::move(name), options, std::ref(body)));
    }
    template <class Body>
    auto step(op_name name, Body&& body, arguments given)
    {
        return wait(run_.step(std::move(name), std::ref(body), std::move(given)));
    }
    template <class Body>
    auto step(op_name name, const step_options& options, Body&& body, arguments given)
    {
        return wait(run_.step(std::move(name), options, std::ref(body), std::move(given)));
    }
    /// The only body that a time-out or a cancel does not wait for: it cannot reach this stack.
    template <class Activity, class... Arguments>
        requires(!std::is_same_v<Activity, step_options>)
    auto detached(op_name name, Activity does, const Arguments&... each)
    {
        return wait(run_.detached(std::move(name), std::move(does), each...));
    }
    template <class Activity, class... Arguments>
    auto detached(op_name name, const step_options& options, Activity does, const Arguments&... each)
    {
        return wait(run_.detached(std::move(name), options, std::move(does), each...));
    }
    template <class Body>
    auto transact(op_name name, Body&& body)
    {
        return wait(run_.transact(std::move(name), std::ref(body)));
    }
    template <class Body>
    auto transact(op_name name, const retry_policy& retry, Body&& body)
    {
        return wait(run_.transact(std::move(name), retry, std::ref(body)));
    }
    template <class Value>
    void publish(op_name topic, const Value& data, const publish_options& attributes = {})
    {
        wait(run_.publish(std::move(topic), data, attributes));
    }
    template <class Value>
    Value receive(op_name name)
    {
        return wait(run_.receive<Value>(std::move(name)));
    }
    template <class Value>
    std::optional<Value> receive_for(op_name name, std::chrono::microseconds duration,
                                     std::source_location place = std::source_location::current())
    {
        return wait(run_.receive_for<Value>(std::move(name), duration, place));
    }
    template <class Value>
    std::optional<Value> try_receive(std::string_view name)
    {
        return here().try_receive<Value>(name);
    }
    template <class Value>
    fiber_promise<Value> promise(std::string_view name)
    {
        return {*this, name};
    }
    template <detail::workflow_function Function, class Value>
    void signal(Function* function, std::string id, op_name name, const Value& value)
    {
        wait(run_.signal(function, std::move(id), std::move(name), value));
    }
    /// Its end is waited for by wait(one.result()), and it is cancelled by wait(one.cancel(…)).
    template <detail::workflow_function Function>
    auto start_child(Function* function, std::string id, const detail::input_of<Function>& input, const child_options& options = {},
                     std::source_location place = std::source_location::current())
    {
        return wait(run_.start_child(function, std::move(id), input, options, place));
    }
    template <detail::workflow_function Function>
    auto call(Function* function, std::string id, const detail::input_of<Function>& input, const child_options& options = {},
              std::source_location place = std::source_location::current())
    {
        return wait(start_child(function, std::move(id), input, options, place).result(place));
    }
    template <class Result>
    everstep::child<Result> child(child_reference to) const
    {
        return run_.child<Result>(std::move(to));
    }
    template <class Value>
    void set_state(std::string_view name, const Value& value)
    {
        here().set_state(name, value);
    }
    /// Answer it by wait(asked.answer(…)), or wait(asked.refuse(…)).
    template <class Request, class Answer>
    update<Request, Answer> receive_update(op_name name)
    {
        return wait(run_.receive_update<Request, Answer>(std::move(name)));
    }
    template <class Input>
    [[noreturn]] void continue_as_new(const Input& input, std::source_location place = std::source_location::current())
    {
        auto op = run_.continue_as_new(input, place);
        strand_.wait(op);
        op.await_resume();
    }
    std::uint32_t history_entries() const { return here().history_entries(); }
    void sleep_for(std::chrono::microseconds duration, std::source_location place = std::source_location::current())
    {
        wait(run_.sleep_for(duration, place));
    }
    void sleep_until(time_point when, std::source_location place = std::source_location::current()) { wait(run_.sleep_until(when, place)); }
    [[noreturn]] void wait_forever(std::source_location place = std::source_location::current())
    {
        auto op = run_.wait_forever(place);
        strand_.wait(op);
        op.await_resume();
    }

    time_point now() const { return here().now(); }
    std::uint64_t random() { return here().random(); }
    std::string uuid() { return here().uuid(); }
    template <class Service>
    Service& use() const
    {
        return run_.use<Service>();
    }
    std::string_view run_id() const noexcept { return run_.run_id(); }

    // As everstep/branches.hpp has them. A branch is a function of (fiber_context&), which gets a fiber and a context of its own; or an
    // operation or a coroutine of cold(), which needs neither: all(ctx.cold().step(…), ship(ctx.cold(), o)).

    template <class... Branch>
        requires(sizeof...(Branch) > 0 && (detail::fiber_work<Branch> && ...))
    auto all(Branch&&... branch)
    {
        return wait(everstep::all(as_work(branch)...));
    }
    template <class... Branch>
        requires(sizeof...(Branch) > 0 && (detail::fiber_work<Branch> && ...))
    auto any(Branch&&... branch)
    {
        return wait(everstep::any(as_work(branch)...));
    }
    template <class... Branch>
        requires(sizeof...(Branch) > 0 && (detail::fiber_work<Branch> && ...))
    auto race(Branch&&... branch)
    {
        return wait(everstep::race(as_work(branch)...));
    }
    /// One branch an element, `at_once` of them at a time at most (0: all): `make` is a function of (fiber_context&, element).
    template <std::ranges::forward_range Range, class Make>
        requires(detail::fiber_branch<Make, std::ranges::range_reference_t<Range>>)
    auto all(Range&& items, std::size_t at_once, Make&& make, std::source_location place = std::source_location::current())
    {
        return wait(everstep::all(std::forward<Range>(items), at_once, maker_of<Range>(make), place));
    }
    template <std::ranges::forward_range Range, class Make>
        requires(detail::fiber_branch<Make, std::ranges::range_reference_t<Range>>)
    auto any(Range&& items, std::size_t at_once, Make&& make, std::source_location place = std::source_location::current())
    {
        return wait(everstep::any(std::forward<Range>(items), at_once, maker_of<Range>(make), place));
    }
    template <std::ranges::forward_range Range, class Make>
        requires(detail::fiber_branch<Make, std::ranges::range_reference_t<Range>>)
    auto race(Range&& items, std::size_t at_once, Make&& make, std::source_location place = std::source_location::current())
    {
        return wait(everstep::race(std::forward<Range>(items), at_once, maker_of<Range>(make), place));
    }
    template <detail::fiber_work Branch>
    auto with_timeout(std::chrono::microseconds duration, Branch&& branch, std::source_location place = std::source_location::current())
    {
        return wait(everstep::with_timeout(duration, as_work(branch), place));
    }

private:
    template <class Reply>
    friend class replying_fiber_context;

    context& here() const
    {
        strand_.require_here();
        return run_;
    }
    /// A callable lives in its caller's expression, which waits: it is pointed to.
    template <class Branch>
    EVERSTEP_CORO_WRAPPER decltype(auto) as_work(Branch& branch)
    {
        if constexpr (detail::fiber_branch<Branch>)
            return detail::run_branch(run_, strand_.stack_bytes(), detail::branch_call<Branch>{&branch});
        else
            return std::move(branch);
    }
    template <class Range, class Make>
    detail::branch_maker<Make, std::ranges::range_reference_t<Range>> maker_of(Make& make)
    {
        return {&run_, strand_.stack_bytes(), &make};
    }

    context& run_;
    detail::fiber_strand& strand_;
};

/// Of a workflow that replies.
template <class Reply>
class replying_fiber_context : public fiber_context
{
public:
    using fiber_context::fiber_context;

    void reply(const Reply& value, std::source_location place = std::source_location::current())
    {
        auto op = this->cold().reply(value, place);
        this->strand_.wait(op);
        op.await_resume();
    }
};

template <class Value>
class fiber_promise
{
public:
    /// For the context.
    fiber_promise(fiber_context& ctx, std::string_view name) : ctx_(ctx), promise_(ctx.cold().promise<Value>(name)) {}
    const std::string& token() const noexcept { return promise_.token(); }
    Value get(std::source_location place = std::source_location::current()) const { return ctx_.wait(promise_.get(place)); }

private:
    fiber_context& ctx_;
    everstep::promise<Value> promise_;
};

/// As saga, with calls that return when it is done.
class fiber_saga
{
public:
    explicit fiber_saga(fiber_context& ctx, const saga_options& options = {}) : ctx_(ctx), saga_(ctx.cold(), options) {}

    template <class Body, class Undo>
    auto step(op_name name, Body&& body, Undo undo)
    {
        return ctx_.wait(saga_.step(std::move(name), std::ref(body), undo));
    }
    template <class Body, class Undo>
    auto step(op_name name, Body&& body, Undo undo, const step_options& of_undo)
    {
        return ctx_.wait(saga_.step(std::move(name), std::ref(body), undo, of_undo));
    }
    template <class Body, class Undo>
    auto step(op_name name, const step_options& options, Body&& body, Undo undo)
    {
        return ctx_.wait(saga_.step(std::move(name), options, std::ref(body), undo));
    }
    template <class Body, class Undo>
    auto step(op_name name, const step_options& options, Body&& body, Undo undo, const step_options& of_undo)
    {
        return ctx_.wait(saga_.step(std::move(name), options, std::ref(body), undo, of_undo));
    }
    template <class Body, class Undo>
    auto step_unsure(op_name name, Body&& body, Undo undo)
    {
        return ctx_.wait(saga_.step_unsure(std::move(name), std::ref(body), undo));
    }
    template <class Body, class Undo>
    auto step_unsure(op_name name, Body&& body, Undo undo, const step_options& of_undo)
    {
        return ctx_.wait(saga_.step_unsure(std::move(name), std::ref(body), undo, of_undo));
    }
    template <class Body, class Undo>
    auto step_unsure(op_name name, const step_options& options, Body&& body, Undo undo)
    {
        return ctx_.wait(saga_.step_unsure(std::move(name), options, std::ref(body), undo));
    }
    template <class Body, class Undo>
    auto step_unsure(op_name name, const step_options& options, Body&& body, Undo undo, const step_options& of_undo)
    {
        return ctx_.wait(saga_.step_unsure(std::move(name), options, std::ref(body), undo, of_undo));
    }
    template <class Body, class Undo>
    auto transact(op_name name, Body&& body, Undo undo)
    {
        return ctx_.wait(saga_.transact(std::move(name), std::ref(body), undo));
    }
    template <class Body, class Undo>
    auto transact(op_name name, Body&& body, Undo undo, const step_options& of_undo)
    {
        return ctx_.wait(saga_.transact(std::move(name), std::ref(body), undo, of_undo));
    }
    template <class Body, class Undo>
    auto transact(op_name name, const retry_policy& retry, Body&& body, Undo undo)
    {
        return ctx_.wait(saga_.transact(std::move(name), retry, std::ref(body), undo));
    }
    template <class Body, class Undo>
    auto transact(op_name name, const retry_policy& retry, Body&& body, Undo undo, const step_options& of_undo)
    {
        return ctx_.wait(saga_.transact(std::move(name), retry, std::ref(body), undo, of_undo));
    }

    void compensate(std::source_location place = std::source_location::current()) { ctx_.wait(saga_.compensate(place)); }
    void release() noexcept { saga_.release(); }
    void pivot() { saga_.pivot(); }

    /// For branches: ctx.all(undo.cold().step(…), …), and c.wait(undo.cold().step(…)) in a branch's own code.
    saga& cold() noexcept { return saga_; }

private:
    fiber_context& ctx_;
    saga saga_;
};
}
