#pragma once

// The C++ runtime keeps the exceptions that are being handled, and the count of those in flight, per thread. Fibers share a thread, so
// one that waits inside a catch block would hand its exception to the next. Every wait of ours takes them along.

namespace everstep::core
{
class exception_globals_guard
{
public:
    /// Takes what this thread handles now, so that others find none.
    exception_globals_guard() noexcept;
    /// Puts it back. Same thread.
    ~exception_globals_guard();
    exception_globals_guard(const exception_globals_guard&) = delete;
    exception_globals_guard& operator=(const exception_globals_guard&) = delete;

private:
    struct globals
    {
        void* caught{};
        unsigned int uncaught{};
#if defined(__ARM_EABI_UNWINDER__)
        void* propagating{};
#endif
    };
    static globals& of_this_thread() noexcept;

    globals saved_;
};
}
