#pragma once

// EVERSTEP_ASSERT: an invariant of our own memory. On in release, prints the condition and aborts; nothing that a user
// passes in may ever reach it. A broken invariant in a journal engine must stop the process before it is written down.

namespace everstep::base
{
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;
}

#define EVERSTEP_ASSERT(condition)                                                                                     \
    (static_cast<bool>(condition) ? static_cast<void>(0)                                                               \
                                  : ::everstep::base::assertion_failed(#condition, __FILE__, __LINE__))
