#pragma once

// Branches that a workflow waits for together, as the engine sees them. Each is a frame of its own, made when it is opened; the operation
// owns the frames, keeps what they end with, and says when the others are to stop.

#include <everstep/detail/operation.hpp>
#include <everstep/detail/promise.hpp>
#include <everstep/detail/wait_operation.hpp>
#include <everstep/workflow.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace everstep::inline v0
{
/// What a branch without a result gives.
struct nothing
{
    friend bool operator==(nothing, nothing) = default;
};

namespace detail
{
/// After a branch has ended.
enum class group_order : std::uint8_t
{
    go_on,
    stop_others ///< and open no more
};

class any_group : public operation
{
public:
    virtual std::size_t count() const noexcept = 0;
    /// Branches that may be open at a time.
    virtual std::size_t at_once() const noexcept { return count(); }
    /// Each once, in their order: the frame, suspended at its begin.
    virtual std::coroutine_handle<> open(std::size_t index, branch& at) = 0;
    /// It has ended: its frame goes.
    virtual group_order ended(std::size_t index) = 0;

protected:
    explicit any_group(op_name&& name) noexcept : operation(traits_of, std::move(name)) {}
    ~any_group() = default;

private:
    static constexpr operation_traits traits_of{.what = verb::group, .type = &type_name<void>};
};

template <class Type>
inline constexpr bool is_workflow = false;
template <class Result, class Reply>
inline constexpr bool is_workflow<workflow<Result, Reply>> = true;

/// What can be a branch. (A reply is the workflow's own.)
template <class Type>
concept branch_work = (engine_operation<Type> && !std::derived_from<std::remove_cvref_t<Type>, any_reply>) ||
                      is_workflow<std::remove_cvref_t<Type>>;

template <class Work>
struct result_of_work
{
    using type = decltype(std::declval<Work&>().await_resume());
};
template <class Result, class Reply>
struct result_of_work<workflow<Result, Reply>>
{
    static_assert(std::is_void_v<Reply>, "a branch cannot reply: reply from the workflow itself");
    using type = Result;
};
template <class Work>
using work_result = typename result_of_work<std::remove_cvref_t<Work>>::type;
template <class Result>
using branch_result = std::conditional_t<std::is_void_v<Result>, nothing, Result>;

/// The frame of a branch, and then what it ended with.
template <class Result>
class branch_slot
{
public:
    using kept = branch_result<Result>;

    branch_slot() = default;
    branch_slot(branch_slot&& from) noexcept
        : frame_(std::exchange(from.frame_, {})), value_(std::move(from.value_)), error_(std::move(from.error_))
    {
    }
    branch_slot& operator=(branch_slot&&) = delete;
    ~branch_slot()
    {
        if (frame_)
            frame_.destroy();
    }

    std::coroutine_handle<> open(workflow<Result>&& flow, branch& at)
    {
        frame_ = flow.release();
        frame_.promise().enter(at, {});
        return frame_;
    }
    /// True: with a value.
    bool end()
    {
        try
        {
            if constexpr (std::is_void_v<Result>)
                frame_.promise().take(), value_.emplace();
            else
                value_.emplace(frame_.promise().take());
        }
        catch (...)
        {
            error_ = std::current_exception();
        }
        std::exchange(frame_, {}).destroy();
        return value_.has_value();
    }
    kept& value() noexcept { return *value_; }
    const std::exception_ptr& error() const noexcept { return error_; }

private:
    std::coroutine_handle<promise<Result, void>> frame_;
    std::optional<kept> value_;
    std::exception_ptr error_;
};

// GCC 12 warns of the frame's type where a body is a lambda of an anonymous namespace; it is used in that file alone.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif
template <class Operation>
workflow<work_result<Operation>> run_operation(Operation& op)
{
    co_return co_await std::move(op);
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/// A branch of a known place: the operation is where it was built, the frame of a sub-coroutine is taken over.
template <class Work>
class work_slot : public branch_slot<work_result<Work>>
{
public:
    explicit work_slot(Work& work) noexcept : work_(&work) {}
    std::coroutine_handle<> begin(branch& at)
    {
        if constexpr (is_workflow<Work>)
            return this->open(std::move(*work_), at);
        else
            return this->open(run_operation(*work_), at);
    }

private:
    Work* work_; ///< lives as long as the expression that awaits
};
}
}
