// Bodies of steps on their way: how a job is made, held, begun, run on the shard's own thread, and used again.

#include "engine/shard.hpp"

#include "base/assert.hpp"
#include "engine/inflight_map.hpp"
#include "engine/look_ahead.hpp"
#include "replay/retry.hpp"

#include <algorithm>
#include <utility>

namespace everstep::core
{
/// Nobody needs it any more. Many come and go in one sweep, so some are kept for the next.
void shard::keep_spare(step_attempt& job)
{
    constexpr std::size_t spares_max = 16'384; // less than ten megabytes
    std::unique_ptr<step_attempt> owned(&job);
    job.shed();
    if (spare_jobs_.size() < spares_max)
        spare_jobs_.push_back(std::move(owned));
}

/// It is back, or is not to begin.
void shard::take_from(resident_run& run, step_attempt& job)
{
    const auto at = std::ranges::find(run.jobs, &job);
    EVERSTEP_ASSERT(at != run.jobs.end()); // a run is never dropped while its bodies run
    run.jobs.erase(at);
    if (run.driver)
        run.driver->machine().waiting_at(job.of.where).job = nullptr;
    if (run.transaction == &job)
        run.transaction = nullptr;
}

/// It never began: the engine closes, or has failed.
void shard::drop_job(step_attempt& job)
{
    if (job.of.run)
        take_from(*job.of.run, job);
    keep_spare(job);
}

/// Everything that the body's effects depend on is durable: hands it to its place.
void shard::begin_body(step_attempt& job)
{
    resident_run* run = job.of.run;
    if (reaction_ != reaction::live || !run)
        return drop_job(job);
    if (run->after != aftermath::none)
    {
        drop_job(job);
        return end_aside(*run);
    }
    if (is_parking(*run))
    {
        drop_job(job);
        if (run->jobs.empty())
            park_at_last(*run);
        return;
    }
    // A cancel may have come since it was held: the transactor's entry must not be durable before one that stands before it.
    if (job.is_transaction() && !is_durable(*run))
    {
        run->transaction = &job; // from here on the history waits for it: results of other branches would come in front for ever
        return hold(*run, body_out{&job});
    }
    jobs_out_.store(jobs_out_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    count_up(host_.count.bodies_running);
    const replay::machine& machine = run->driver->machine();
    if (machine.has_cancels() && machine.is_cancelled(machine.waiting_at(job.of.where)))
        ask_to_stop(job); // it may have begun before a crash: it is resolved, but should be quick
    const bool is_spawned = job.op().traits().spawn && !job.is_undo;
    const bool runs_here = job.of.place == step_place::shard && !is_spawned && !job.is_transaction() && !job.detached;
    if (job.of.limited && !runs_here) // a timeout is without effect there, also while the body waits for its turn
        watch(job);
    if (job.is_transaction())
        begin_transaction(job);
    else if (is_spawned)
        host_.spawn(job);
    else if (runs_here)
        ready_here_.push_back(&job);
    else if (job.of.place == step_place::fiber && !job.detached && !host_.is_sent_to_pool(base::hash64(job.op().name().text())))
        ready_fiber_.push_back(&job);
    else
        ready_pool_.push_back(&job);
}

namespace
{
constexpr base::time_us us_of(std::chrono::milliseconds duration) noexcept { return std::chrono::microseconds(duration).count(); }
}

/// From its begin on. The total counts from the step's begin, so it may be over already.
void shard::watch(step_attempt& job)
{
    const step_options& options = *job.of.limited;
    if (options.timeout.count() > 0)
    {
        job.of.ends_at = now_ + us_of(options.timeout);
        job.of.ends_by = time_limit::attempt;
    }
    if (options.total_timeout.count() > 0)
    {
        const base::time_us began = job.of.run->driver->machine().waiting_at(job.of.where).started_at;
        if (const base::time_us end = replay::end_of(options.total_timeout, began); end < job.of.ends_at)
        {
            job.of.ends_at = end;
            job.of.ends_by = time_limit::total;
        }
    }
    job.of.deadline = job.of.ends_at;
    if (options.heartbeat_timeout.count() > 0 && (job.is_undo || job.op().traits().shows_attempt))
    {
        job.make_heart().watch({[](const void* of) { return static_cast<const time_source*>(of)->now(); }, &host_.time()});
        job.of.deadline = std::min(job.of.deadline, now_ + us_of(options.heartbeat_timeout));
    }
    if (job.of.deadline != journal::due_never)
        heap_.push(job.of.deadline, job.of.run->number, wake_heap::what::timeout);
}

/// None: it has been heard of meanwhile, and is looked at again.
time_limit shard::passed_limit(step_attempt& job)
{
    if (job.of.ends_at <= now_)
        return job.of.ends_by;
    const base::time_us silent_at = job.heart()->last_beat() + us_of(job.of.limited->heartbeat_timeout);
    if (silent_at <= now_)
        return time_limit::heartbeat;
    job.of.deadline = std::min(job.of.ends_at, silent_at);
    heap_.push(job.of.deadline, job.of.run->number, wake_heap::what::timeout);
    return time_limit::none;
}

/// Begins the bodies of other threads.
void shard::submit_bodies()
{
    if (!ready_pool_.empty())
        host_.submit(step_place::pool, ready_pool_);
    ready_pool_.clear();
    if (!ready_fiber_.empty())
        host_.submit(step_place::fiber, ready_fiber_);
    ready_fiber_.clear();
    if (!ready_transactions_.empty())
        host_.transact(ready_transactions_);
    ready_transactions_.clear();
}

/// Begins bodies. Those of this thread run here and now; their results are turns of the same iteration, in pieces.
void shard::hand_over()
{
    submit_bodies();
    // Who was told of his start a moment ago may ask for the result in the next sweep: nobody is taken for background before that.
    const auto is_waited_for = [](const step_attempt* job) { return !job->of.run->waiters.empty(); };
    for (step_attempt* job : young_here_)
        if (is_waited_for(job))
            now_here_.push_back(job);
        else
            later_here_.push_back(job);
    young_here_.clear();
    for (step_attempt* job : ready_here_)
        (is_waited_for(job) ? now_here_ : young_here_).push_back(job);
    ready_here_.clear();
    run_bodies_here(now_here_);
    now_here_.clear();
    for (; now_here_.size() < background_per_iteration && !later_here_.empty() && is_background_wanted(); later_here_.pop_front())
        now_here_.push_back(later_here_.front());
    run_bodies_here(now_here_);
    now_here_.clear();
}

void shard::run_bodies_here(std::vector<step_attempt*>& jobs)
{
    for (std::size_t n = 0; n < jobs.size(); ++n)
    {
        look_ahead(jobs, n);
        run_here(*jobs[n]);
        take_finished(*jobs[n]);
        flush_if_large();
    }
}

void shard::run_here(step_attempt& job)
{
    here_.store(&job, std::memory_order_release);
    job.slot = host_.inflight().acquire(job.blame_run, job.blame_step, inflight_hint_);
    job.run();
    host_.inflight().release(job.slot, inflight_hint_);
    // Who looks announces itself before it reads here_, and both are in one order (seq_cst): either it finds nothing, or we find it and
    // wait until it has looked. The usual body pays no lock.
    here_.store(nullptr);
    if (looking_.load() != 0)
        const std::lock_guard wait(here_mutex_);
}

std::string shard::running_here() const
{
    std::lock_guard lock(here_mutex_);
    looking_.fetch_add(1);
    const step_attempt* job = here_.load();
    std::string text = job ? job->describe() : std::string();
    looking_.fetch_sub(1);
    return text;
}

/// No body begins any more.
void shard::give_back_later_here()
{
    later_here_.insert(later_here_.end(), young_here_.begin(), young_here_.end());
    young_here_.clear();
    for (step_attempt* job : std::exchange(later_here_, {}))
    {
        job->end = body_end::never_begun;
        later_.push_back(job);
    }
}
}
