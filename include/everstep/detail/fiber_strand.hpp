#pragma once

// One fiber of a workflow: the workflow itself, or a branch of it. A coroutine stands for it (fiber_adapter.hpp), so that the engine sees
// nothing new: the coroutine lets the fiber run until it wants to wait for an operation, and then waits for that in its stead.
//
// Threads: the run's shard. Its code may tell wrong callers apart: wait() and require_here() throw where they are not on the fiber itself.
// Lifetime: in the coroutine's frame. Destroyed while the code waits, it makes the wait throw, so that the stack is unwound. Code that lets
// nothing through (see fiber_workflow.hpp) is left where it is: its stack is lost, and counted.

#include <everstep/codec.hpp>
#include <everstep/detail/operation.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <utility>

namespace everstep::inline v0::detail
{
/// Parks the run (limits); its name is the text.
class park_operation final : public operation
{
public:
    explicit park_operation(const std::string& text) : operation(traits_of, op_name(text)) {}

private:
    static constexpr operation_traits traits_of{.what = verb::park, .type = &type_name<void>};
};

class fiber_strand
{
public:
    static constexpr std::uint32_t swallowed_max = 1'000; ///< throws at the waits of one stack that is to be unwound

    explicit fiber_strand(std::size_t stack_bytes) noexcept;
    ~fiber_strand();
    fiber_strand(const fiber_strand&) = delete;
    fiber_strand& operator=(const fiber_strand&) = delete;

    /// What runs on it: `code` lives until the strand is gone.
    template <class Code>
    void set(Code& code) noexcept
    {
        code_ = &code;
        call_ = [](void* what, fiber_strand& self) { (*static_cast<Code*>(what))(self); };
    }

    // For the coroutine:

    /// Lets the code run until it waits for asked(). False: it has ended.
    bool resume();
    operation& asked() const noexcept { return *asked_; }
    /// What the code has thrown.
    void rethrow()
    {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
    }

    // For the code:

    /// Returns when `op` has what it asked for. Throws engine_error (wrong_use).
    void wait(operation& op);
    /// Throws engine_error (wrong_use) on another thread or fiber, and in a step's body.
    void require_here() const;
    std::size_t stack_bytes() const noexcept { return stack_bytes_; }

private:
    struct sides;
    struct stack_of_strand;
    class terminate_guard;
    enum class stage : std::uint8_t
    {
        fresh,
        begun,
        ended,
        lost ///< its code lets nothing through
    };

    void make();
    void switch_in() noexcept;
    void leave();
    [[noreturn]] void leave_for_good();
    [[noreturn]] void throw_unwinding();
    void unwind() noexcept;

    const std::size_t stack_bytes_;
    void* code_{};
    void (*call_)(void*, fiber_strand&){};
    std::unique_ptr<sides> sides_; ///< of the switch; null before it begins
    operation* asked_{};
    std::optional<park_operation> refusal_; ///< where there is no stack
    std::exception_ptr error_;
    stage stage_{stage::fresh};
    bool is_unwinding_{};
    std::uint32_t swallowed_{};
};

/// Stacks that were lost on this thread since the last call.
std::size_t take_lost_fiber_stacks() noexcept;

/// The coroutine's wait for what its fiber waits for.
class fiber_pause final : public operation
{
public:
    explicit fiber_pause(const fiber_strand& of) noexcept : operation(traits_of, op_name::of_engine("fiber", {})), of_(of) {}

    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> at)
    {
        of_.asked().join(joined());
        of_.asked().await_suspend(at);
    }
    void await_resume() const noexcept {}

private:
    static constexpr operation_traits traits_of{};
    const fiber_strand& of_;
};
}
