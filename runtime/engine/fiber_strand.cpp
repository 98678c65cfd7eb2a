// The only file that knows Boost.Context's fibers of workflows: include/everstep/detail/fiber_strand.hpp.

#include <everstep/detail/fiber_strand.hpp>

#include "base/sanitizer.hpp"
#include "engine/exception_globals.hpp"
#include "engine/fiber_stack.hpp"

#include <boost/context/fiber.hpp>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>

/// Of the address sanitizer, which must know on which stack it is.
extern "C"
{
void __sanitizer_start_switch_fiber(void** fake_stack_save, const void* bottom, std::size_t size);
void __sanitizer_finish_switch_fiber(void* fake_stack_save, const void** bottom_old, std::size_t* size_old);
void __lsan_register_root_region(const void* begin, std::size_t size);
}

namespace everstep::inline v0::detail
{
namespace
{
/// Thrown at the waits of a stack that is to be unwound. Derives from nothing, so that `catch (const std::exception&)` lets it pass. Where a
/// noexcept function stops it and nothing better can be done, the C++ runtime prints its name.
struct fiber_workflow_waited_where_nothing_can_be_thrown
{
};
using unwinding = fiber_workflow_waited_where_nothing_can_be_thrown;

struct of_thread
{
    fiber_strand* running{};
    std::size_t lost{};
};
// Never inlined: a compiler may keep the address of a thread's variable over a switch.
[[gnu::noinline]] of_thread& here() noexcept
{
    static constinit thread_local of_thread it;
    asm volatile("");
    return it;
}
}

/// Both ends of the switch. One at a time is full.
struct fiber_strand::sides
{
    boost::context::fiber code;    ///< while it waits
    boost::context::fiber outside; ///< while it runs
    core::fiber_stack stack;
    void* outside_fake{};
    const void* outside_lowest{};
    std::size_t outside_bytes{};
};

/// What Boost asks for a stack.
struct fiber_strand::stack_of_strand
{
    core::fiber_stack* stack;

    boost::context::stack_context allocate() const
    {
        boost::context::stack_context made;
        made.size = stack->bytes;
        made.sp = stack->lowest + stack->bytes;
        return made;
    }
    void deallocate(boost::context::stack_context&) const noexcept { core::give_fiber_stack(*stack); }
};

fiber_strand::fiber_strand(std::size_t stack_bytes) noexcept : stack_bytes_(stack_bytes) {}

fiber_strand::~fiber_strand()
{
    if (stage_ == stage::begun)
        unwind();
    if (stage_ == stage::lost)
        static_cast<void>(sides_.release()); // it is named by what lies on that stack
}

void fiber_strand::make()
{
    auto made = std::make_unique<sides>();
    made->stack = core::take_fiber_stack(stack_bytes_);
    made->code = boost::context::fiber(std::allocator_arg, stack_of_strand{&made->stack}, [this](boost::context::fiber&& from) {
        sides& two = *sides_;
        two.outside = std::move(from);
        if constexpr (base::address_sanitized)
            __sanitizer_finish_switch_fiber(two.stack.fake_stack, &two.outside_lowest, &two.outside_bytes);
        try
        {
            call_(code_, *this);
        }
        catch (...)
        {
            if (!is_unwinding_)
                error_ = std::current_exception();
        }
        stage_ = stage::ended;
        // Not for the last time, as the sanitizer sees it: Boost has frames on this stack. What it keeps of it goes with the stack to the next.
        if constexpr (base::address_sanitized)
            __sanitizer_start_switch_fiber(&two.stack.fake_stack, two.outside_lowest, two.outside_bytes);
        return std::move(two.outside);
    });
    sides_ = std::move(made);
}

bool fiber_strand::resume()
{
    if (stage_ == stage::fresh)
    {
        try
        {
            make();
        }
        catch (const std::exception& e)
        {
            asked_ = &refusal_.emplace(e.what());
            return true;
        }
        stage_ = stage::begun;
    }
    switch_in();
    return stage_ == stage::begun;
}

void fiber_strand::switch_in() noexcept
{
    const core::exception_globals_guard ours;
    sides& two = *sides_;
    fiber_strand* const before = std::exchange(here().running, this);
    if constexpr (base::address_sanitized)
        __sanitizer_start_switch_fiber(&two.outside_fake, two.stack.lowest, two.stack.bytes);
    two.code = std::move(two.code).resume();
    if constexpr (base::address_sanitized)
        __sanitizer_finish_switch_fiber(two.outside_fake, nullptr, nullptr);
    here().running = before;
}

/// Back to who resumed us.
void fiber_strand::leave()
{
    const core::exception_globals_guard ours;
    sides& two = *sides_;
    if constexpr (base::address_sanitized)
        __sanitizer_start_switch_fiber(&two.stack.fake_stack, two.outside_lowest, two.outside_bytes);
    two.outside = std::move(two.outside).resume();
    if constexpr (base::address_sanitized)
        __sanitizer_finish_switch_fiber(two.stack.fake_stack, &two.outside_lowest, &two.outside_bytes);
}

void fiber_strand::leave_for_good()
{
    stage_ = stage::lost;
    ++here().lost;
    if constexpr (base::address_sanitized)
        __lsan_register_root_region(sides_->stack.lowest, sides_->stack.bytes);
    leave();
    std::terminate(); // nobody resumes what is lost
}

void fiber_strand::require_here() const
{
    if (here().running == this)
        return;
    throw engine_error(errc::wrong_use, "a fiber_context was used where it is not that of the running code: a step's body and another "
                                        "thread have none, and each branch uses the one that it was given");
}

void fiber_strand::wait(operation& op)
{
    require_here();
    if (is_unwinding_)
        throw_unwinding();
    if (std::uncaught_exceptions() != 0)
    {
        // A throw from here would end the process, and sooner or later the wait must throw.
        error_ = std::make_exception_ptr(engine_error(errc::wrong_use, "operation '" + std::string(op.name().text()) +
                                                                           "' was called by a destructor while an exception was on its way: "
                                                                           "destructors must not wait"));
        leave_for_good();
    }
    asked_ = &op;
    leave();
    if (is_unwinding_)
        throw_unwinding();
}

void fiber_strand::throw_unwinding()
{
    if (++swallowed_ > swallowed_max)
        leave_for_good(); // a loop that lets none out
    throw unwinding{};
}

/// While it lives, a noexcept function or a destructor that stops the exception costs the stack and not the process.
class fiber_strand::terminate_guard
{
public:
    terminate_guard() noexcept
    {
        const std::scoped_lock lock(mutex);
        if (users++ == 0)
            before = std::set_terminate(&lose_running);
    }
    ~terminate_guard()
    {
        const std::scoped_lock lock(mutex);
        if (--users != 0)
            return;
        const std::terminate_handler now = std::set_terminate(before);
        if (now != &lose_running)
            std::set_terminate(now); // somebody has set another one meanwhile
    }

private:
    [[noreturn]] static void lose_running()
    {
        fiber_strand* const running = here().running;
        if (running && running->is_unwinding_)
            running->leave_for_good();
        if (const std::terminate_handler theirs = before)
            theirs();
        std::abort();
    }

    static inline std::mutex mutex;
    static inline std::size_t users{};
    static inline std::atomic<std::terminate_handler> before{};
};

void fiber_strand::unwind() noexcept
{
    const terminate_guard guard;
    is_unwinding_ = true;
    switch_in();
}

std::size_t take_lost_fiber_stacks() noexcept { return std::exchange(here().lost, 0); }
}
