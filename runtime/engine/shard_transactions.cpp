// Transactions as a shard sees them: how one is given to the transactor, which records it, and taken back.

#include "engine/shard.hpp"

#include <utility>

namespace everstep::core
{
/// All that the entry depends on is durable. Until the job is back, the run's history is the transactor's.
void shard::begin_transaction(step_attempt& job)
{
    resident_run& run = *job.of.run;
    const replay::pending& p = run.driver->machine().waiting_at(job.of.where);
    if (!job.rec)
        job.rec = std::make_unique<step_attempt::recording>();
    step_attempt::recording& rec = *job.rec;
    rec.entry = replay::entry_about(p, journal::entry_kind::step_done, 0);
    rec.entry.attempts = p.attempts + 1;
    rec.end = run.end;
    rec.caller_waits = !run.waiters.empty();
    run.transaction = &job;
    ready_transactions_.push_back(&job);
}

/// It is durable, entry and rows: the run goes on from it as replay would.
void shard::take_recorded(resident_run& run, step_attempt& job)
{
    const step_attempt::recording& rec = *job.rec;
    const std::uint32_t seq = run.end.next_seq;
    run.end = rec.end;
    run.history_bytes += rec.bytes;
    begin_turn(run);
    advance(run, run.driver->apply(rec.entry, seq, turn_));
}
}
