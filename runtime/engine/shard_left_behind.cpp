// Bodies that nobody waits for any more: they own all that they touch, so their runs go on without them.

#include "engine/shard.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace everstep::core
{
/// The job stays out until its body has ended. One that has not begun never does.
void shard::leave_behind(step_attempt& job)
{
    EVERSTEP_ASSERT(job.detached);
    job.ask_to_stop();
    take_from(*job.of.run, job);
    job.of.run = nullptr;
    job.of.limited = nullptr; // was in the frame
}

/// Of a run that is parked: what they came to would not be recorded.
void shard::leave_all_behind(resident_run& run)
{
    const auto is_detached = [](const step_attempt* job) { return job->detached != nullptr; };
    for (auto at = std::ranges::find_if(run.jobs, is_detached); at != run.jobs.end(); at = std::ranges::find_if(run.jobs, is_detached))
        leave_behind(**at);
}

/// Each is a failed attempt, and a turn. While the history is not ours they are waited for like other bodies, which is not for long.
void shard::leave_those_out_of_time(resident_run& run)
{
    const auto is_out_of_time = [](const step_attempt* job) { return job->detached && job->of.passed != time_limit::none; };
    while (run.driver && !is_held(run))
    {
        const auto at = std::ranges::find_if(run.jobs, is_out_of_time);
        if (at == run.jobs.end())
            return;
        step_attempt& job = **at;
        const journal::path where = job.of.where;
        ended_attempt ended{.end = body_end::failed, .passed = job.of.passed, .is_left_behind = true, .delay = -1, .code = {}, .text = {}, .progress = {}};
        if (detail::heart* const heart = job.heart())
        {
            heart->end(); // what it still says is of no attempt
            ended.progress = heart->progress();
        }
        leave_behind(job);
        begin_turn(run);
        settle_failure(run, run.driver->machine().waiting_at(where), std::move(ended));
    }
}

void shard::drop_left_behind(step_attempt& job)
{
    host_.log(severity::note, "the body of " + job.describe() + " was left behind and has ended: what it came to is dropped");
    keep_spare(job);
}
}
