#pragma once

#include <everstep/detail/operation.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace everstep::inline v0
{
template <class Result, class Reply>
class workflow;

namespace detail
{
template <class Value>
class reply_operation;

/// Frames come and go with every run: a thread keeps the memory of some that have ended. Any thread.
void* allocate_frame(std::size_t bytes);
void release_frame(void* frame, std::size_t bytes) noexcept;

/// What every frame of a run has, whatever it returns.
class promise_base
{
public:
    static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
    static void operator delete(void* frame, std::size_t bytes) noexcept { release_frame(frame, bytes); }

    std::suspend_always initial_suspend() const noexcept { return {}; }

    /// A frame that ends makes the one above innermost and stops there; the driver resumes that one. Resuming from here, or
    /// symmetric transfer, overflows the stack in builds without optimisation.
    struct hand_over
    {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> ended) const noexcept
        {
            promise_base& self = ended.promise();
            self.branch_->innermost = self.above_;
        }
        void await_resume() const noexcept {}
    };
    hand_over final_suspend() const noexcept { return {}; }

    void unhandled_exception() noexcept { error_ = std::current_exception(); }

    void enter(branch& at, std::coroutine_handle<> above) noexcept
    {
        branch_ = &at;
        above_ = above;
    }
    branch& at() const noexcept { return *branch_; }
    const std::exception_ptr& error() const noexcept { return error_; }

protected:
    promise_base() = default;
    ~promise_base() = default;

    void rethrow()
    {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
    }

    branch* branch_{};

private:
    std::coroutine_handle<> above_; ///< null for the workflow itself
    std::exception_ptr error_;
};

template <class Result>
class returning : public promise_base
{
public:
    template <class Value = Result>
        requires std::convertible_to<Value&&, Result>
    void return_value(Value&& value)
    {
        value_.emplace(std::forward<Value>(value));
    }
    Result take()
    {
        rethrow();
        return std::move(*value_);
    }
    std::optional<Result>& value() noexcept { return value_; }

private:
    std::optional<Result> value_;
};

template <>
class returning<void> : public promise_base
{
public:
    void return_void() noexcept {}
    void take() { rethrow(); }
};

/// What the compiler awaits. It only points: GCC 12 copies an awaiter into the frame, and operations stay where they are built.
template <class Awaited>
struct awaiter
{
    Awaited* it;
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> at) const
    {
        it->await_suspend(at);
    }
    decltype(auto) await_resume() const { return it->await_resume(); }
};

template <class Type>
concept engine_operation = std::derived_from<std::remove_cvref_t<Type>, operation>;

template <class Result, class Reply>
class promise final : public returning<Result>
{
public:
    workflow<Result, Reply> get_return_object() noexcept
    {
        return workflow<Result, Reply>{std::coroutine_handle<promise>::from_promise(*this)};
    }

    template <engine_operation Operation>
    awaiter<std::remove_reference_t<Operation>> await_transform(Operation&& op) noexcept
    {
        static_assert(!std::is_lvalue_reference_v<Operation> || !requires { typename std::remove_cvref_t<Operation>::bound_to_arguments; },
                      "what it refers to is gone: build branches where you await them, co_await all(…)");
        op.join(*this->branch_);
        return {&op};
    }

    template <class Value>
    awaiter<reply_operation<Value>> await_transform(reply_operation<Value>&& op) noexcept
    {
        static_assert(std::is_same_v<Value, Reply>, "ctx.reply: the value's type is not the Reply of this workflow<Result, Reply>");
        op.join(*this->branch_);
        return {&op};
    }

    template <class OtherResult, class OtherReply>
    awaiter<workflow<OtherResult, OtherReply>> await_transform(workflow<OtherResult, OtherReply>&& sub) noexcept
    {
        static_assert(std::is_void_v<OtherReply> || std::is_same_v<OtherReply, Reply>,
                      "a sub-coroutine replies for its run: its Reply must be that of the workflow that awaits it");
        return {&sub};
    }

    /// Anything else would be a wait that no journal knows of.
    template <class Other>
        requires(!engine_operation<Other>)
    void await_transform(Other&&) = delete;
};
}
}
