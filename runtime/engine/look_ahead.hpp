#pragma once

// Of jobs that a sweep goes through: fetches the job that comes soon, and the run and the operation of the one that comes next. Ten
// thousand of them do not fit the nearer caches.

#include "base/prefetch.hpp"
#include "engine/resident_run.hpp"

namespace everstep::core
{
template <class Jobs>
void look_ahead(const Jobs& jobs, std::size_t at) noexcept
{
    constexpr std::size_t soon = 6;
    constexpr std::size_t next = 2;
    if (at + soon < jobs.size())
        base::prefetch(jobs[at + soon], sizeof(step_attempt));
    if (at + next >= jobs.size())
        return;
    const auto& job = static_cast<const step_attempt&>(*jobs[at + next]);
    base::prefetch(job.of.run, sizeof(resident_run));
    base::prefetch(&job.op(), 2 * sizeof(detail::operation));
}
}
