#pragma once

// A thread that runs bodies, as what it can do for a body that waits with everstep::fiber_yield: a fiber thread suspends the fiber, a
// pool thread itself. (A fiber step that was seen blocking its thread goes on in the pool, and must work there too.)

namespace everstep::core
{
class body_thread
{
public:
    /// Null where this thread runs no bodies that may wait so.
    static body_thread* current() noexcept;

    /// Who waits, for wake().
    virtual void* waiter() noexcept = 0;
    /// Until wake(waiter()), which may have come already. Every suspend() gets exactly one.
    virtual void suspend() noexcept = 0;
    /// Any thread.
    virtual void wake(void* waiter) noexcept = 0;

protected:
    ~body_thread() = default;
    /// First thing on the thread, and last with null.
    static void enter(body_thread* self) noexcept;
};
}
