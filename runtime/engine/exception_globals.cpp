#include "engine/exception_globals.hpp"

#include <cxxabi.h>

namespace everstep::core
{
// Never inlined: a compiler may keep the address of a thread's variable over a switch, for it knows nothing of switches.
[[gnu::noinline]] exception_globals_guard::globals& exception_globals_guard::of_this_thread() noexcept
{
    asm volatile("");
    return *reinterpret_cast<globals*>(abi::__cxa_get_globals());
}

exception_globals_guard::exception_globals_guard() noexcept
{
    globals& now = of_this_thread();
    saved_ = now;
    now = {};
}

exception_globals_guard::~exception_globals_guard() { of_this_thread() = saved_; }
}
