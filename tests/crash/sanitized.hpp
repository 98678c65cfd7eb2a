#pragma once

// What the sanitizers make slow, or take for a race.

namespace everstep::test
{
#if defined(__SANITIZE_THREAD__)
constexpr bool knows_fibers = false;
constexpr bool is_sanitized = true;
#elif defined(__SANITIZE_ADDRESS__)
constexpr bool knows_fibers = true;
constexpr bool is_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr bool knows_fibers = false;
constexpr bool is_sanitized = true;
#elif __has_feature(address_sanitizer)
constexpr bool knows_fibers = true;
constexpr bool is_sanitized = true;
#else
constexpr bool knows_fibers = true;
constexpr bool is_sanitized = false;
#endif
#else
constexpr bool knows_fibers = true; ///< Debian's Boost.Fiber does not tell the thread sanitizer of its switches
constexpr bool is_sanitized = false;
#endif
}
