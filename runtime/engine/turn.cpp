#include "engine/turn.hpp"

#include "engine/resident_run.hpp"
#include "journal/state.hpp"

namespace everstep::core
{
using journal::record_key;
using journal::table;

void turn::begin(resident_run& of, store::batch& out)
{
    out_ = &out;
    run_ = &of;
    from_ = out_->here();
    end_ = of.end;
    wake_due_ = of.wake_due;
    history_bytes_ = of.history_bytes;
    entries_ = 0;
}

void turn::take_back()
{
    out_->truncate(from_);
    run_->end = end_;
    run_->wake_due = wake_due_;
    run_->history_bytes = history_bytes_;
    entries_ = 0;
}

bool turn::has_room() const noexcept
{
    return run_->end.next_seq < limits_.history_entries_max && run_->history_bytes <= limits_.history_bytes_max &&
           out_->here().bytes - from_.bytes <= limits_.turn_bytes_max;
}

bool turn::record(const journal::entry& e, std::uint32_t& seq)
{
    if (!has_room())
        return false;
    seq = record_always(e);
    return true;
}

std::uint32_t turn::record_always(const journal::entry& e)
{
    const std::uint32_t seq = run_->end.next_seq;
    // If we die before the commit, the turn is absent: the operation is asked for again, or its body runs again. If we die after, replay
    // finds the entry and the body never runs again.
    run_->history_bytes += journal::append(run_->number, run_->end, e, [this](record_key at, std::string_view value) {
        out_->put(table::history, at, value);
    });
    ++entries_;
    if (e.kind == journal::entry_kind::replied && on_reply)
        on_reply(*run_, e);
    if (e.kind == journal::entry_kind::answered)
    {
        put_state(journal::answer_name(e.code), e.payload, false); // found by its id, in whichever run of the chain it was given
        if (on_answer)
            on_answer(*run_, e);
    }
    return seq;
}

void turn::publish(const journal::event& e)
{
    event_.clear();
    journal::encode(e, event_);
    // In one commit with the `published` entry. If we die before, neither is there, and the run publishes anew; if we die after, replay finds
    // the entry, and the event stands in its topic with a number of that commit.
    out_->put_event(e.topic, event_);
}

void turn::put_state(std::string_view name, std::string_view value, bool may_be_there)
{
    if (may_be_there && is_shown && is_shown(*run_, name, value))
        return; // a run that is recovered again and again needs no commit for it
    const std::uint64_t chain = run_->header.chain;
    // In one commit with the turn that set it. If we die before, readers have the value before, and replay sets this one; if we die after, it
    // is there, and setting it again is the same.
    out_->erase_range(table::state, journal::state_key(chain, name), journal::state_end(chain, name));
    journal::append_state(chain, name, value, [this](record_key at, std::string_view record) { out_->put(table::state, at, record); });
}

void turn::put_header()
{
    const record_key at = journal::header_key(run_->number);
    // In one commit with the entry that changed it (start, end) or the wake row (park), so header, history and wake agree.
    journal::encode(at, run_->header, header_);
    out_->put(table::run, at, header_);
}

void turn::put_id()
{
    const record_key at = journal::id_key(run_->number, run_->id_hash);
    // In one commit with the start: an id is known if and only if its run is.
    out_->put(table::id, at, journal::encode_id(at, run_->number));
}

void turn::erase_id(base::run_number before)
{
    const record_key at = journal::id_key(before, run_->id_hash);
    if (at != journal::id_key(run_->number, run_->id_hash)) // else it is written over
        out_->erase(table::id, at);
}

void turn::move_wake(base::time_us due)
{
    if (run_->wake_due == due)
        return;
    erase_wake();
    const record_key at = journal::wake_key(due, run_->number);
    // In one commit with the entry that made the run wait: recovery finds one row for each unfinished run, and reads the due ones.
    out_->put(table::wake, at, journal::encode(at, journal::wake_row{run_->end, run_->id_hash}));
    run_->wake_due = due;
}

void turn::erase_wake()
{
    if (run_->wake_due == resident_run::no_row)
        return;
    out_->erase(table::wake, journal::wake_key(run_->wake_due, run_->number));
    run_->wake_due = resident_run::no_row;
}

void turn::put_finished()
{
    // In one commit with the last entry: retention finds every finished run, and only those.
    const record_key at = journal::finished_key(run_->header.ended_at, run_->number);
    out_->put(table::finished, at, journal::encode_finished(at));
}
}
