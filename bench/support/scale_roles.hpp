#pragma once

// Roles of the questions of scale (support/roles.hpp): what they do, and the words that they say, in this order. Both wait for the end
// of their standard input after the last word, and then end.

#include <span>

namespace everstep::bench
{
/// sleepers DIRECTORY: opens a journal of long sleepers (support/sleeping_journals.hpp), starts a run, and comes to rest.
///     acknowledged   when the start was, in nanoseconds of the steady clock
///     anonymous      bytes, at rest
/// Its exit code is 0 only where a sleeper that is woken after that is found whole.
int play_sleepers(std::span<char* const> arguments);

/// resident DIRECTORY nap|checkout RUNS: has so many runs of one workflow in memory, each in its sleep.
///     frame          bytes of a run's coroutine frame, as allocated
///     heap           bytes a run, frame and all
///     anonymous      bytes a run
int play_resident(std::span<char* const> arguments);

/// backlog DIRECTORY EVENTS: publishes so many to a subscription whose handler does not return.
///     anonymous      bytes, at rest
int play_backlog(std::span<char* const> arguments);
}
