#include "engine/body_thread.hpp"

#include "engine/exception_globals.hpp"

#include <everstep/error.hpp>
#include <everstep/fiber.hpp>

namespace everstep::core
{
namespace
{
thread_local body_thread* of_this_thread = nullptr;
}

body_thread* body_thread::current() noexcept { return of_this_thread; }
void body_thread::enter(body_thread* self) noexcept { of_this_thread = self; }
}

namespace everstep::inline v0::detail
{
fiber_wait::fiber_wait() : thread_(core::body_thread::current())
{
    if (thread_ == nullptr)
        throw engine_error{errc::wrong_use, "fiber_yield outside a step's body: use it in steps with step_place::fiber"};
    waiter_ = thread_->waiter();
}

void fiber_wait::wait() noexcept
{
    stage expected = stage::begun;
    if (!stage_.compare_exchange_strong(expected, stage::waiting, std::memory_order_acq_rel))
        return;
    const core::exception_globals_guard others_find_none;
    thread_->suspend();
}

void fiber_wait::done() noexcept
{
    // Unless somebody waits, *this may be gone as soon as it is done.
    core::body_thread* thread = thread_;
    void* waiter = waiter_;
    if (stage_.exchange(stage::done, std::memory_order_acq_rel) == stage::waiting)
        thread->wake(waiter);
}
}
