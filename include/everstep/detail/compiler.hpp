#pragma once

// Compilers that miscompile coroutines: one macro a defect, so that a guard says which defect it is for.
//
// EVERSTEP_TEMPORARIES_DESTROYED_TWICE: a braced aggregate, or a closure that captures by value, with a destructor, anywhere in a
// full expression with `co_await`, is destroyed twice. Measured in GCC 12; GCC below 14 counts as affected, and so does every
// newer one until somebody has measured it.

#if defined(__GNUC__) && !defined(__clang__)
#define EVERSTEP_TEMPORARIES_DESTROYED_TWICE 1
#else
#define EVERSTEP_TEMPORARIES_DESTROYED_TWICE 0
#endif

/// Of a function that hands on what another coroutine gives.
#if defined(__clang__) && __has_cpp_attribute(clang::coro_wrapper)
#define EVERSTEP_CORO_WRAPPER [[clang::coro_wrapper]]
#else
#define EVERSTEP_CORO_WRAPPER
#endif

namespace everstep::inline v0::detail
{
inline constexpr bool temporaries_destroyed_twice = EVERSTEP_TEMPORARIES_DESTROYED_TWICE != 0;
}
