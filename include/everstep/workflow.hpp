#pragma once

// The coroutine type of workflows and of the sub-coroutines that they await.
//
//     workflow<shipment, receipt> checkout(context& ctx, order o);     // result, and the early reply to the caller
//     workflow<shipment> ship(context& ctx, const order& o);           // a sub-coroutine: co_await ship(ctx, o)
//
// Threads: the code runs on its run's shard and nowhere else: it needs no locks, and must not block. What blocks is a step.
// Lifetime: frames are destroyed at every eviction and built again by replay, so destructors of locals may run many times and
// must have no effect outside. A sub-coroutine must be awaited where it is called; its reference arguments live that long.
// Crash: the code is run again from its first line, with recorded results; it must ask for the same operations in the same order.
// Only operations of everstep and sub-coroutines can be awaited: a wait that is not journaled does not compile.
// Errors: what leaves the body compensates the run's sagas and ends it as failed; `cancelled` ends it as cancelled.

#include <everstep/codec.hpp>
#include <everstep/detail/operation.hpp>
#include <everstep/detail/promise.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace everstep::inline v0
{
class context;

#if defined(__clang__) && __has_cpp_attribute(clang::coro_lifetimebound)
#define EVERSTEP_CORO_ATTRIBUTES [[clang::coro_lifetimebound, clang::coro_return_type]]
#else
#define EVERSTEP_CORO_ATTRIBUTES
#endif

template <class Result, class Reply = void>
class [[nodiscard("a workflow does nothing until it is awaited")]] EVERSTEP_CORO_ATTRIBUTES workflow
{
public:
    using result_type = Result;
    using reply_type = Reply;
    using promise_type = detail::promise<Result, Reply>;

    static_assert(std::is_void_v<Reply> || encodable<Reply>, "a workflow's reply must be encodable: see everstep/codec.hpp");

    explicit workflow(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
    workflow(workflow&& from) noexcept : frame_(std::exchange(from.frame_, {})) {}
    workflow& operator=(workflow&&) = delete;
    ~workflow()
    {
        if (frame_)
            frame_.destroy();
    }

    template <class Above>
    void await_suspend(std::coroutine_handle<Above> above) noexcept
    {
        detail::branch& at = above.promise().at();
        frame_.promise().enter(at, above);
        at.innermost = frame_;
    }
    Result await_resume() { return frame_.promise().take(); }

    /// For the engine: gives up the frame.
    std::coroutine_handle<promise_type> release() noexcept { return std::exchange(frame_, {}); }

private:
    std::coroutine_handle<promise_type> frame_;
};
}
