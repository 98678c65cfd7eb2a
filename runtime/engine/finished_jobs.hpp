#pragma once

#include "engine/body_job.hpp"

#include <algorithm>
#include <functional>
#include <span>
#include <vector>

namespace everstep::core
{
/// Hands finished jobs to their homes, one call a home, and empties `jobs`.
inline void give_back(std::vector<body_job*>& jobs) noexcept
{
    // A handful of homes at most, and mostly one: no need to sort.
    auto begin = jobs.begin();
    while (begin != jobs.end())
    {
        job_home& home = (*begin)->home();
        const auto end = std::partition(begin, jobs.end(), [&](const body_job* job) { return &job->home() == &home; });
        home.take_back(std::span<body_job* const>(begin, end));
        begin = end;
    }
    jobs.clear();
}

/// The same for jobs whose place was halted before it came to them.
inline void give_back_unbegun(std::span<body_job* const> jobs) noexcept
{
    for (body_job* job : jobs)
    {
        job->end = body_end::never_begun;
        job->home().take_back({&job, 1});
    }
}
}
