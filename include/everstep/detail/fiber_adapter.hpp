#pragma once

// The coroutine that stands for a fiber, and fiber workflows as the engine takes them.

#include <everstep/detail/compiler.hpp>
#include <everstep/context.hpp>
#include <everstep/detail/engine_link.hpp>
#include <everstep/detail/fiber_strand.hpp>
#include <everstep/fiber_options.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace everstep::inline v0::detail
{
template <class Reply>
struct fiber_context_for
{
    using type = replying_fiber_context<Reply>;
};
template <>
struct fiber_context_for<void>
{
    using type = fiber_context;
};

template <class Result>
using fiber_result = std::optional<std::conditional_t<std::is_void_v<Result>, nothing, Result>>;

/// What runs on the fiber: `call` with a context of its own. Names nothing but what is in the coroutine's frame.
template <class Result, class Reply, class Call>
struct fiber_code
{
    context& run;
    Call& call;
    fiber_result<Result>& result;

    void operator()(fiber_strand& on)
    {
        typename fiber_context_for<Reply>::type here(run, on);
        if constexpr (std::is_void_v<Result>)
            call(here);
        else
            result.emplace(call(here));
    }
};

/// `call` takes the fiber's context.
template <class Result, class Reply, class Call>
workflow<Result, Reply> run_on_fiber(context& run, std::size_t stack_bytes, Call call)
{
    fiber_result<Result> result;
    fiber_code<Result, Reply, Call> code{run, call, result};
    fiber_strand strand(stack_bytes); // goes first: its code uses all of the above
    strand.set(code);
    fiber_pause pause(strand);
    while (strand.resume())
        co_await pause;
    strand.rethrow();
    if constexpr (!std::is_void_v<Result>)
        co_return std::move(*result);
}

/// Calls a workflow's function with the input that it owns.
template <class Function>
struct fiber_call
{
    Function* function;
    input_of<Function> input;

    template <class Context>
    result_of<Function> operator()(Context& ctx)
    {
        return function(ctx, std::move(input));
    }
};

template <fiber_workflow_function Function>
struct traits_of_function<Function>
{
    using result = result_of<Function>;
    using reply = reply_of<Function>;
    using input = input_of<Function>;
    static_assert(!is_workflow<result>, "a fiber workflow is an ordinary function: a coroutine takes context&");
    static_assert(!std::is_reference_v<result>, "a fiber workflow returns a value, not a reference");
    static_assert(std::is_invocable_v<Function&, typename fiber_context_for<reply>::type&, input>,
                  "a fiber workflow takes its input by value or as const reference");
    static_assert(std::is_void_v<result> || encodable<result>, "a workflow's result must be encodable: see everstep/codec.hpp");
    static_assert(std::is_void_v<reply> || encodable<reply>, "a workflow's reply must be encodable: see everstep/codec.hpp");
    static_assert(encodable<input>, "a workflow's input must be encodable: see everstep/codec.hpp");

    static std::coroutine_handle<> create(const workflow_traits& of, function_key key, context& ctx, branch& at, std::string_view encoded)
    {
        fiber_call<Function> call{reinterpret_cast<Function*>(key), decode<input>(encoded)};
        auto flow = run_on_fiber<result, reply>(ctx, of.stack_bytes, std::move(call));
        std::coroutine_handle<promise<result, reply>> frame = flow.release();
        frame.promise().enter(at, {});
        return frame;
    }
    static constexpr workflow_traits value = [] {
        workflow_traits made = frame_traits<result, reply, input>();
        made.create = &create;
        made.stack_bytes = fiber_options{}.stack_bytes;
        return made;
    }();
};

/// Runs on a fiber of its own.
template <class Type, class... Item>
concept fiber_branch = std::is_invocable_v<Type&, fiber_context&, Item...>;
/// What can be a branch of a fiber workflow.
template <class Type>
concept fiber_work = fiber_branch<std::remove_reference_t<Type>> || branch_work<Type>;

template <class Branch>
struct branch_call
{
    Branch* branch;
    auto operator()(fiber_context& ctx) const { return std::invoke(*branch, ctx); }
};
template <class Make, class Item>
struct item_call
{
    Make* make;
    std::remove_reference_t<Item>* item; ///< lives as long as the branch
    auto operator()(fiber_context& ctx) const { return std::invoke(*make, ctx, std::forward<Item>(*item)); }
};

template <class Call>
EVERSTEP_CORO_WRAPPER auto run_branch(context& run, std::size_t stack_bytes, Call call)
{
    return run_on_fiber<std::invoke_result_t<Call&, fiber_context&>, void>(run, stack_bytes, call);
}
/// What all() of a range calls for each element.
template <class Make, class Item>
struct branch_maker
{
    context* run;
    std::size_t stack_bytes;
    Make* make;

    EVERSTEP_CORO_WRAPPER auto operator()(Item&& item) const
    {
        return run_branch(*run, stack_bytes, item_call<Make, Item&&>{make, &item});
    }
};
}
