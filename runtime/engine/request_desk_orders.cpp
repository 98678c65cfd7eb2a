// What people and runs order of a run: to cancel, to resume, to stop it at once or for a while, and to end one of its steps by hand.

#include "codec/utf8.hpp"
#include "engine/promise_token.hpp"
#include "engine/request_desk.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace everstep::core
{
using detail::answer;
using journal::entry;
using journal::entry_kind;
using journal::park_reason;
using journal::run_state;

namespace
{
/// What is recorded of a reason.
std::string reason_of(const request_item& item) { return detail::readable(item.what.bytes, 1000); }
}

void request_desk::cancel(request_item&& item)
{
    const registered_workflow& code = *host_.workflows.find(item.what.function);
    resident_run* run = shard_.find(item.id_hash, code, item.what.id);
    if (!run || !run->goes_on())
    {
        const auto found = find_or_refuse(item, code);
        if (!found)
            return;
        if (found->header.state == run_state::parked)
            return refuse(item, errc::wrong_use, quoted(code.name, item.what.id) + " is parked: resume it, then cancel it");
        if (found->header.state != run_state::running)
            return give(item, answer()); // has ended, and stays as it is
        run = load_or_refuse(item, code, found->number);
        if (!run)
            return;
    }
    // Of a parent: for its child only, and once. Its id may be another run's, to which the child was in conflict.
    if (!item.what.parent.empty() && (!is_child_of(*run, item.what.parent) || run->driver->machine().has_cancels()))
        return shard_.hold(*run, answer_out{std::move(item.to), nullptr});
    if (shard_.is_held(*run))
        return shard_.hold_back(*run, std::move(item));
    shard_.begin_turn(*run, urgency::caller_waits);
    entry e;
    e.kind = entry_kind::cancel_asked;
    e.at = shard_.now_;
    const std::string reason = reason_of(item);
    e.text = reason;
    std::uint32_t seq = 0;
    if (!shard_.turn_.record(e, seq)) // not parked for it here: its body may be running on the frame
        return refuse(item, errc::limit, quoted(code.name, item.what.id) + " has a history at its limit: its next turn parks it");
    shard_.set_idle(*run, false);
    const base::run_number number = run->number;
    shard_.advance(*run, run->driver->apply(e, seq, shard_.turn_));
    resident_run& after = *shard_.find(number);
    const bool is_written = after.end.next_seq > seq; // else it is parked, or about to be, with nothing of the turn
    if (!is_written && shard_.is_held(after))
        return shard_.hold_back(after, std::move(item));
    std::unique_ptr<answer> told;
    if (!is_written)
        told = std::make_unique<answer>(refused_answer(errc::wrong_use, quoted(code.name, item.what.id) + " is parked: resume it, then cancel it"));
    shard_.hold(after, answer_out{std::move(item.to), std::move(told)});
}

/// The run as the journal has it, in memory and without a frame. Null: the item is refused.
resident_run* request_desk::without_frame(request_item& item, const registered_workflow& code, base::run_number number, stored_run& stored)
{
    stored = reader_.read(number, -1);
    journal::entry started;
    const bool is_whole = stored.header && stored.fault.empty() && !stored.history.entries().empty() &&
                          journal::decode(stored.history.entries().front(), started);
    if (!is_whole)
    {
        refuse(item, errc::damaged, quoted(code.name, item.what.id) + ": " + stored.fault + ": restore a backup");
        return nullptr;
    }
    resident_run& run = shard_.add(number, item.id_hash, std::move(*stored.header), code);
    run.end = stored.history.end();
    run.wake_due = stored.wake_due;
    run.history_bytes = stored.history.bytes();
    run.parent = parent_of(started);
    return &run;
}

/// An order for one run of those that have had the id: not for the one that has it by now.
bool request_desk::is_for_another_run(request_item& item, const registered_workflow& code)
{
    if (item.what.number == 0)
        return false;
    const resident_run* here = shard_.find(item.id_hash, code, item.what.id);
    base::run_number number = here ? here->number : base::run_number{};
    if (!here)
        if (const auto found = find(item, code))
            number = found->number;
    if (base::to_integer(number) == item.what.number)
        return false;
    refuse(item, errc::conflict, quoted(code.name, item.what.id) + " stands for another run by now");
    return true;
}

/// Whether the run's end is this signal to its parent.
bool request_desk::is_child_of(const resident_run& run, std::string_view signal)
{
    const auto token = run.parent ? decode_token(*run.parent) : std::nullopt;
    return token && promise_signal(token->secret) == signal;
}

/// Bodies of a run that has stopped are still out: what needs its history waits for them.
bool request_desk::waits_for_bodies(request_item& item, const registered_workflow& code)
{
    resident_run* run = shard_.find(item.id_hash, code, item.what.id);
    if (!run || run->after == aftermath::none)
        return false;
    shard_.hold_back(*run, std::move(item));
    return true;
}

void request_desk::resume(request_item&& item)
{
    const registered_workflow& code = *host_.workflows.find(item.what.function);
    if (waits_for_bodies(item, code))
        return;
    const auto found = find_or_refuse(item, code);
    if (!found)
        return;
    if (found->header.state != run_state::parked)
        return give(item, answer());
    stored_run stored{.header = {}, .history = journal::history_reader(found->number), .wake_due = -1, .written = {}, .fault = {}};
    resident_run* const run = without_frame(item, code, found->number, stored);
    if (!run)
        return;
    unpark(*run);
    shard_.begin_turn(*run, urgency::caller_waits);
    entry e;
    e.kind = entry_kind::resumed;
    e.at = shard_.now_;
    const std::string reason = reason_of(item);
    e.text = reason;
    std::uint32_t seq = 0;
    if (!shard_.turn_.record(e, seq))
    {
        refuse(item, errc::limit, quoted(code.name, item.what.id) + " has a history at its limit: raise the limit it was parked for");
        shard_.turn_.take_back();
        return shard_.forget(*run);
    }
    shard_.turn_.put_header();
    shard_.turn_.move_wake(journal::due_now);
    shard_.finish_turn(*run);
    host_.trust(base::to_integer(run->number));
    shard_.hold(*run, answer_out{std::move(item.to), nullptr});
    run->wants_frame = true; // comes again from the journal, as after a crash
    shard_.hold(*run, settled_run{run->number});
}

void request_desk::unpark(resident_run& run)
{
    run.header.state = run_state::running;
    run.header.reason = {};
    run.header.text.clear();
}

/// The run, with or without a frame, whose history is ours to write; null: the item is answered, or comes again.
resident_run* request_desk::to_stop(request_item& item, const registered_workflow& code, stored_run& stored)
{
    resident_run* run = shard_.find(item.id_hash, code, item.what.id);
    if (run && run->goes_on())
    {
        if (!shard_.is_held(*run))
            return run;
        shard_.hold_back(*run, std::move(item));
        return nullptr;
    }
    if (waits_for_bodies(item, code))
        return nullptr;
    const auto found = find_or_refuse(item, code);
    if (!found)
        return nullptr;
    if (journal::has_ended(found->header.state))
    {
        give(item, answer()); // stays as it is
        return nullptr;
    }
    return without_frame(item, code, found->number, stored);
}

/// Its code has no part in it.
void request_desk::terminate(request_item&& item)
{
    const registered_workflow& code = *host_.workflows.find(item.what.function);
    stored_run stored{.header = {}, .history = journal::history_reader({}), .wake_due = -1, .written = {}, .fault = {}};
    resident_run* run = shard_.find(item.id_hash, code, item.what.id);
    if (!run || run->after != aftermath::recorded) // of one that is paused the frame is still there, and nobody waits for its bodies
        run = to_stop(item, code, stored);
    if (!run)
        return;
    shard_.begin_turn(*run, urgency::caller_waits);
    end_by_hand(*run, stored, reason_of(item));
    shard_.hold(*run, answer_out{std::move(item.to), nullptr});
    shard_.stop_here(*run, aftermath::dropped);
}

/// In the turn that has begun. If we die before its commit, the run goes on; if we die after it, it has ended, and its children are told.
void request_desk::end_by_hand(resident_run& run, const stored_run& stored, std::string_view reason)
{
    child_list read;
    std::uint32_t seq_of_reply = 0;
    if (!run.driver)
        for (std::uint32_t at = 0; at < stored.history.entries().size(); ++at)
            if (entry e; journal::decode(stored.history.entries()[at], e))
            {
                read.take(e, run.header.seed);
                if (e.kind == entry_kind::replied && seq_of_reply == 0)
                    seq_of_reply = at;
            }
    const child_list* children = run.driver ? run.driver->children() : &read;
    entry e;
    e.kind = entry_kind::terminated;
    e.at = shard_.now_;
    e.text = reason;
    const std::uint32_t seq = shard_.turn_.record_always(e);
    run.header.reply_seq = run.driver ? run.driver->machine().reply_seq() : seq_of_reply;
    run.header.state = run_state::terminated;
    run.header.reason = {};
    run.header.text.clear();
    run.header.end_seq = seq;
    run.header.ended_at = shard_.now_;
    shard_.turn_.put_header();
    shard_.turn_.erase_wake();
    shard_.turn_.put_finished();
    if (children)
        shard_.cancel_children_of(run, *children, "its parent was terminated");
    shard_.tell_parent(run, {"terminated", std::string(reason), {}});
    shard_.finish_turn(run);
    count_up(host_.count.runs_terminated);
    const answer ended = failed_answer("terminated", reason);
    shard_.answer(run, detail::request_kind::result, ended);
    shard_.answer(run, detail::request_kind::reply, ended);
    shard_.end_updates(run, ended);
}

void request_desk::pause(request_item&& item)
{
    const registered_workflow& code = *host_.workflows.find(item.what.function);
    stored_run stored{.header = {}, .history = journal::history_reader({}), .wake_due = -1, .written = {}, .fault = {}};
    resident_run* const run = to_stop(item, code, stored);
    if (!run)
        return;
    if (run->header.state == run_state::parked)
    {
        give(item, answer());
        return shard_.forget(*run);
    }
    shard_.begin_turn(*run, urgency::caller_waits);
    entry e;
    e.kind = entry_kind::paused;
    e.at = shard_.now_;
    const std::string reason = reason_of(item);
    e.text = reason;
    std::uint32_t seq = 0;
    if (!shard_.turn_.record(e, seq))
    {
        refuse(item, errc::limit, quoted(code.name, item.what.id) + " has a history at its limit: its next turn parks it");
        if (!run->driver)
            shard_.forget(*run);
        return;
    }
    // If we die before the commit, the run goes on; if we die after it, recovery leaves it alone until it is resumed.
    run->header.state = run_state::parked;
    run->header.reason = park_reason::paused;
    run->header.text = reason;
    if (run->driver)
        run->header.reply_seq = run->driver->machine().reply_seq();
    shard_.turn_.put_header();
    shard_.turn_.move_wake(journal::due_never);
    shard_.finish_turn(*run);
    count_up(host_.count.runs_parked);
    const answer parked = parked_answer(run->header);
    shard_.answer(*run, detail::request_kind::result, parked);
    shard_.answer(*run, detail::request_kind::reply, parked);
    shard_.end_updates(*run, parked);
    shard_.hold(*run, answer_out{std::move(item.to), nullptr});
    shard_.stop_here(*run, aftermath::recorded);
}

namespace
{
/// The attempted operation that is meant, by its path or its name; null: none, or more than one.
const replay::pending* find_step(const replay::machine& machine, std::string_view which)
{
    const replay::pending* found = nullptr;
    for (const replay::pending& p : machine.waiting())
        if (replay::is_attempted(p.what.kind) && (p.where.text() == which || p.what.name == which))
        {
            if (found)
                return nullptr;
            found = &p;
        }
    return found;
}
}

/// Ends an operation that is attempted again and again, or for which its run is parked. The code is brought to where it waits for it first, so
/// that what it could not read is refused here and not found in its history for ever.
void request_desk::resolve(request_item&& item)
{
    const registered_workflow& code = *host_.workflows.find(item.what.function);
    resident_run* run = shard_.find(item.id_hash, code, item.what.id);
    if (run && run->goes_on() && shard_.is_held(*run))
        return shard_.hold_back(*run, std::move(item));
    bool was_parked = false;
    if (!run || !run->goes_on())
    {
        if (waits_for_bodies(item, code))
            return;
        const auto found = find_or_refuse(item, code);
        if (!found)
            return;
        if (journal::has_ended(found->header.state))
            return refuse(item, errc::ended, quoted(code.name, item.what.id) + " has ended");
        was_parked = found->header.state == run_state::parked;
        run = was_parked ? revive(item, code, found->number) : load_or_refuse(item, code, found->number);
        if (!run)
            return;
    }
    const std::string& which = item.what.message.name;
    const replay::pending* const step = find_step(run->driver->machine(), which);
    const auto refuse_it = [&](errc why, std::string text) {
        refuse(item, why, std::move(text));
        if (!was_parked)
            return;
        shard_.turn_.take_back();
        shard_.drop_driver(*run);
        shard_.forget(*run);
    };
    if (!step)
        return refuse_it(errc::not_found, quoted(code.name, item.what.id) + " does not wait for one step '" + which +
                                              "': give its name, or its path where there are several");
    if (step->job)
        return refuse_it(errc::wrong_use, "the body of step '" + which + "' is running: pause the run first");
    const bool is_failure = !item.what.message.type.empty();
    if (const std::string why = is_failure ? std::string() : run->driver->why_not_resolved(*step, item.what.message.payload); !why.empty())
        return refuse_it(errc::bad_value, "step '" + which + "' cannot end in this value: " + why);
    if (!was_parked)
        shard_.begin_turn(*run, urgency::caller_waits);
    const std::string reason = reason_of(item);
    const journal::path where = step->where; // a turn may move what waits
    std::uint32_t seq = 0;
    if (was_parked)
    {
        entry resumed; // what else it waits for has its attempts and its time again
        resumed.kind = entry_kind::resumed;
        resumed.at = shard_.now_;
        resumed.text = reason;
        if (!shard_.turn_.record(resumed, seq))
            return refuse_it(errc::limit, quoted(code.name, item.what.id) + " has a history at its limit");
        run->driver->apply(resumed, seq, shard_.turn_);
    }
    entry e;
    e.kind = entry_kind::resolved;
    e.where = where;
    e.at = shard_.now_;
    e.code = item.what.message.type;
    e.text = reason;
    e.payload = item.what.message.payload;
    if (!shard_.turn_.record(e, seq))
        return refuse_it(errc::limit, quoted(code.name, item.what.id) + " has a history at its limit");
    if (was_parked)
    {
        unpark(*run);
        shard_.turn_.put_header();
        host_.trust(base::to_integer(run->number));
    }
    shard_.set_idle(*run, false);
    const base::run_number number = run->number;
    shard_.advance(*run, run->driver->apply(e, seq, shard_.turn_));
    resident_run& after = *shard_.find(number);
    std::unique_ptr<answer> told;
    if (after.end.next_seq <= seq)
        told = std::make_unique<answer>(refused_answer(errc::wrong_use, quoted(code.name, item.what.id) + " is parked again: see its status"));
    shard_.hold(after, answer_out{std::move(item.to), std::move(told)});
}

/// A parked run with its frame, in a turn that has begun and has nothing of it yet: it is parked until that is finished. Null: refused.
resident_run* request_desk::revive(request_item& item, const registered_workflow& code, base::run_number number)
{
    stored_run stored{.header = {}, .history = journal::history_reader(number), .wake_due = -1, .written = {}, .fault = {}};
    resident_run* const run = without_frame(item, code, number, stored);
    if (!run)
        return nullptr;
    shard_.begin_turn(*run, urgency::caller_waits);
    std::vector<std::string_view> entries = stored.history.entries();
    entry started;
    journal::decode(entries.front(), started);
    entries.erase(entries.begin());
    if (shard_.replay(*run, started.payload, entries, false) == driver_state::waiting)
        return run;
    refuse(item, errc::wrong_use, quoted(code.name, item.what.id) + " cannot be brought to that step: " + run->driver->text());
    shard_.turn_.take_back();
    shard_.drop_driver(*run);
    shard_.forget(*run);
    return nullptr;
}
}
