#pragma once

// What the templates of the public side and the engine say to each other about one awaited operation. The object lives in
// the coroutine's frame; the engine holds a pointer to it from start() until it delivers.

#include <everstep/error.hpp>
#include <everstep/op_name.hpp>
#include <everstep/step_options.hpp>

#include <coroutine>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace everstep::inline v0
{
class attempt;
class services;
class transaction;

namespace detail
{
class run_link;
struct branch;
class operation;

enum class verb : std::uint8_t
{
    step,
    transaction,
    timer,
    reply,
    publish,
    forever,
    compensate,
    receive,
    signal,
    child,
    answer,
    successor,
    group,
    park ///< not a wait: the run cannot go on
};

/// How a body hands its result back when it does not return it on its own thread: see spawn below.
class body_sink
{
public:
    virtual void succeeded(std::string encoded) = 0;
    virtual void threw(std::exception_ptr error) = 0;

protected:
    ~body_sink() = default;
};

/// Everything that is the same for all operations of one type: one constant object each.
struct operation_traits
{
    verb what{};
    std::string_view (*type)() = nullptr; ///< name of the result type, as journaled
    /// Decodes and encodes again with today's type what the operation was given: that is compared in replay. Throws codec_error.
    std::string (*renew)(std::string_view encoded) = nullptr;
    /// Calls the body and encodes what it returns. Throws what the body throws, or codec_error.
    void (*run)(operation&, attempt&, std::string& encoded) = nullptr;
    /// For bodies that return an awaitable: starts it on `executor` (an asio::any_io_executor*), ends in `sink` once.
    void (*spawn)(operation&, attempt&, void* executor, body_sink& sink) = nullptr;
    /// The same of a transaction's body.
    void (*transact)(operation&, transaction&, std::string& encoded) = nullptr;
    /// Decodes a recorded result into raw storage of slot_bytes; throws codec_error. Null for void.
    void (*decode)(void* slot, std::string_view encoded) = nullptr;
    void (*destroy)(void* slot) noexcept = nullptr;
    std::size_t slot_bytes = 0;
    bool shows_attempt = false; ///< the body takes the attempt: it may use the token and see the stop
    /// Calls the undo of a saga step with the recorded result; one of the two where there is one.
    void (*undo)(attempt&, services&, std::string_view encoded) = nullptr;
    void (*undo_transact)(transaction&, std::string_view encoded) = nullptr;
    /// The undo also runs where the step has no result but may have begun: with an empty `encoded`.
    bool is_unsure = false;

    bool has_undo() const noexcept { return undo != nullptr || undo_transact != nullptr; }
};

/// What an await gets. Lives on the driver's stack while the coroutine is resumed; the slot holds the decoded result.
struct await_end
{
    enum class kind : std::uint8_t
    {
        value,
        failed,
        timed_out,
        cancelled
    };
    kind what{};
    void* slot{};
    std::string_view code;
    std::string_view text;
    std::string_view path;
    std::uint32_t attempts{};
};

class operation
{
public:
    operation(const operation&) = delete;
    operation& operator=(const operation&) = delete;

    const operation_traits& traits() const noexcept { return *traits_; }
    const op_name& name() const noexcept { return name_; }

    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> at);

    /// By await_transform: the branch that counts this operation.
    void join(branch& of) noexcept { branch_ = &of; }
    branch& joined() const noexcept { return *branch_; }
    void deliver(const await_end& what) noexcept { delivery_ = &what; }

protected:
    operation(const operation_traits& traits, op_name&& name) noexcept : traits_(&traits), name_(std::move(name)) {}
    ~operation() = default;

    /// Throws what the delivery says, or returns the slot.
    void* take() const
    {
        if (delivery_->what != await_end::kind::value)
            raise(*delivery_, name_.text());
        return delivery_->slot;
    }

private:
    [[noreturn]] static void raise(const await_end& what, std::string_view step);

    const operation_traits* traits_;
    branch* branch_{};
    const await_end* delivery_{};
    op_name name_;
};

/// One line of execution of a run: the workflow itself, and each branch of `all` and `any`.
struct branch
{
    run_link* run{};
    std::coroutine_handle<> innermost; ///< what the driver resumes next
};

/// The engine, as the templates see it: one object a resident run.
class run_link
{
public:
    /// The coroutine waits for `op` now. Never resumes it from inside.
    virtual void start(branch& at, operation& op) = 0;
    virtual std::int64_t now_us() const noexcept = 0;
    virtual std::uint64_t random() noexcept = 0;
    virtual std::uint32_t open_saga() noexcept = 0;
    virtual void release_saga(std::uint32_t saga) noexcept = 0;
    /// The same, and its undos to come are forgotten, too.
    virtual void pass_pivot(std::uint32_t saga) = 0;
    /// The oldest signal of that name which nobody has received; false: there is none. The payload lives until the next call.
    virtual bool take_signal(std::string_view name, std::string_view& payload) = 0;
    /// Of a promise of this name: the token, and the name of the signal that is its answer.
    virtual std::pair<std::string, std::string> promise_names(std::string_view name) const = 0;
    /// Shown to readers from this turn on. Throws engine_error (limit).
    virtual void set_state(std::string_view name, std::string_view encoded) = 0;
    /// Entries of the history so far.
    virtual std::uint32_t history_entries() const noexcept = 0;
    /// Throws engine_error (wrong_use) where it was not added.
    virtual std::string_view workflow_name(void (*function)()) const = 0;
    virtual services& given() const noexcept = 0;
    virtual std::string_view run_id() const noexcept = 0;

protected:
    ~run_link() = default;
};

template <class Promise>
void operation::await_suspend(std::coroutine_handle<Promise> at)
{
    branch_->innermost = at;
    branch_->run->start(*branch_, *this);
}
}
}
