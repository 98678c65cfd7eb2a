#pragma once

// What a workflow function is: a coroutine (everstep/workflow.hpp) or an ordinary function on a fiber (everstep/fiber_workflow.hpp). Whoever
// takes a workflow takes both by this:
//
//     template <workflow_function Function>
//     run<result_of<Function>, reply_of<Function>> start(Function* function, std::string id, const input_of<Function>& input);

#include <type_traits>

namespace everstep::inline v0
{
class context;
class fiber_context;
template <class Reply>
class replying_fiber_context;
template <class Result, class Reply>
class workflow;

namespace detail
{
/// Of a function's type; empty where that is no workflow's.
template <class Function>
struct workflow_signature
{
};
template <class Result, class Reply, class Input>
struct workflow_signature<workflow<Result, Reply>(context&, Input)>
{
    using result = Result;
    using reply = Reply;
    using input = Input;
    static constexpr bool is_fiber = false;
};
template <class Result, class Reply, class Input>
struct workflow_signature<workflow<Result, Reply>(context&, Input) noexcept> : workflow_signature<workflow<Result, Reply>(context&, Input)>
{
};

template <class Result, class Reply, class Input>
struct fiber_signature
{
    using result = Result;
    using reply = Reply;
    using input = std::remove_cvref_t<Input>; ///< the engine owns it, however the function takes it
    static constexpr bool is_fiber = true;
};
template <class Result, class Input>
struct workflow_signature<Result(fiber_context&, Input)> : fiber_signature<Result, void, Input>
{
};
template <class Result, class Reply, class Input>
struct workflow_signature<Result(replying_fiber_context<Reply>&, Input)> : fiber_signature<Result, Reply, Input>
{
};

/// workflow<Result, Reply> f(context&, Input), Result f(fiber_context&, Input), or Result f(replying_fiber_context<Reply>&, Input).
template <class Function>
concept workflow_function = requires { typename workflow_signature<Function>::result; };
/// The latter two.
template <class Function>
concept fiber_workflow_function = workflow_function<Function> && workflow_signature<Function>::is_fiber;

template <workflow_function Function>
using result_of = typename workflow_signature<Function>::result;
template <workflow_function Function>
using reply_of = typename workflow_signature<Function>::reply;
template <workflow_function Function>
using input_of = typename workflow_signature<Function>::input;
}
}
