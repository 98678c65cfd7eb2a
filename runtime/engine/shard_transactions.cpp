// Transactions as a shard sees them: how one is given to the transactor, which records it, and taken back.

#include "engine/request_desk.hpp"
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
    rec.out = true;
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

/// A cancel is an entry, too: it waits until the history is ours again.
void shard::hold_cancel(resident_run& run, request_item&& item) { held_cancels_[run.number].push_back(std::move(item)); }

void shard::take_held_cancels(base::run_number run)
{
    const auto at = held_cancels_.find(run);
    if (at == held_cancels_.end())
        return;
    std::vector<request_item> items = std::move(at->second);
    held_cancels_.erase(at);
    request_desk desk(*this);
    for (request_item& item : items)
        desk.take(std::move(item));
}
}
