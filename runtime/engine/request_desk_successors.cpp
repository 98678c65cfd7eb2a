// Runs that are begun anew from what another one was: restarted under its id, or forked from an entry of it.

#include "codec/utf8.hpp"
#include "engine/chance.hpp"
#include "engine/promise_token.hpp"
#include "engine/request_desk.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace everstep::core
{
using journal::entry;
using journal::entry_kind;
using journal::run_state;

/// A run that has ended or is parked begins again under its id, from its input; one that is parked ends so.
void request_desk::restart(request_item&& item)
{
    const registered_workflow& code = *host_.workflows.find(item.what.function);
    if (waits_for_bodies(item, code))
        return;
    const auto found = find_or_refuse(item, code);
    if (!found)
        return;
    if (found->header.state == run_state::running)
        return refuse(item, errc::wrong_use, quoted(code.name, item.what.id) + " goes on: terminate it, then restart it");
    // Its deletion may be on its way to the disk, and would take the new run's id along.
    constexpr base::time_us margin_us = 60'000'000;
    const auto keep = std::chrono::duration_cast<std::chrono::microseconds>(std::min(host_.options.keep_finished, std::chrono::milliseconds(std::chrono::years(1000))));
    if (journal::has_ended(found->header.state) && found->header.ended_at + keep.count() - margin_us <= shard_.now_)
        return refuse(item, errc::ended, quoted(code.name, item.what.id) + " ended long ago and is about to be deleted: start it when it is");
    std::string input;
    std::unique_ptr<const std::string> parent;
    const bool read = reader_.entry_at(found->number, 0, [&](const entry& started) {
        input = started.payload;
        parent = parent_of(started);
    });
    if (!read)
        return refuse_damaged(item, code);
    const std::string reason = detail::readable(item.what.bytes, 1000);
    stored_run stored{.header = {}, .history = journal::history_reader(found->number), .wake_due = -1, .written = {}, .fault = {}};
    resident_run* old = nullptr;
    if (found->header.state == run_state::parked)
    {
        old = without_frame(item, code, found->number, stored);
        if (!old)
            return;
        shard_.begin_turn(*old, urgency::caller_waits);
        old->parent = nullptr; // it is not told of this end: the one that begins tells it of its own
        end_by_hand(*old, stored, "restarted: " + reason);
    }
    else
    {
        old = &shard_.add(found->number, item.id_hash, found->header, code);
        shard_.begin_turn(*old, urgency::caller_waits);
    }
    old->parent = std::move(parent);
    // In one commit with the end of the one before, where that had not ended.
    old->header.chain = 0; // it begins a chain of its own
    resident_run& next = shard_.begin_successor(*old, input);
    count_up(host_.count.runs_started);
    shard_.hold(next, answer_out{std::move(item.to), nullptr});
    shard_.hold(next, settled_run{old->number});
}

/// A new run with the first entries of another one, whose code goes on from there by itself.
void request_desk::fork(request_item&& item)
{
    const registered_workflow& code = *host_.workflows.find(item.what.function);
    if (comes_again(item, code))
        return;
    bool hash_taken = is_hash_taken(item, code);
    if (reader_.find(host_.ids, host_.newest_run(), item.id_hash, code.name, item.what.id, &hash_taken) || hash_taken)
        return refuse(item, errc::conflict, quoted(code.name, item.what.id) + " is there: choose another id for the fork");
    const std::string& from = item.what.message.name;
    const auto found = reader_.find(host_.ids, host_.newest_run(), journal::id_hash(code.name, from), code.name, from);
    if (!found)
        return refuse(item, errc::not_found, "there is no run " + quoted(code.name, from));
    if (found->damaged)
        return refuse_damaged(item, code);
    const journal::history_reader history = reader_.history(found->number);
    std::vector<entry> entries;
    child_list children;
    for (std::string_view bytes : history.entries())
    {
        entry e;
        if (entries.size() == item.what.number || !journal::decode(bytes, e) || journal::is_end(e.kind))
            break;
        children.take(e, found->header.seed);
        entries.push_back(e);
    }
    if (item.what.number == 0 || entries.size() < item.what.number)
        return refuse(item, errc::limit, quoted(code.name, from) + " has " + std::to_string(entries.size()) +
                                             " entries before its end: fork from 1 to so many of them");
    if (!children.open().empty())
        return refuse(item, errc::wrong_use, "a child is open there whose end the fork would wait for in vain: fork from before it was started");

    const base::run_number number = host_.take_run_number();
    journal::run_header header;
    header.version = code.version;
    header.seed = {fresh_bits().high, found->header.seed.low}; // random() goes on as it was; tokens are its own
    header.started_at = found->header.started_at;
    header.chain = base::to_integer(number);
    header.workflow = code.name;
    header.id = item.what.id;
    resident_run& run = shard_.add(number, item.id_hash, std::move(header), code);
    host_.ids.add(base::to_integer(number) >> 14, item.id_hash);
    count_up(host_.count.runs_started);
    shard_.begin_turn(run, urgency::caller_waits);
    const bool is_past_deadline = std::ranges::any_of(entries, [](const entry& e) {
        return e.kind == entry_kind::timer_fired && e.where.numbers().front() == journal::deadline_timer_path;
    });
    for (entry& e : entries)
    {
        if (e.kind == entry_kind::started_as_child)
            e.kind = entry_kind::started; // the parent waits for the other one
        if (journal::is_own_timer(e) && e.where.numbers().front() == journal::deadline_timer_path && !is_past_deadline)
            continue; // it was the other one's
        std::string secret, name;
        if (e.kind == entry_kind::signalled && e.name == promise_signal(e.code)) // of a promise, which the fork knows by another name
        {
            secret = promise_secret(run.header.seed, e.type);
            name = promise_signal(secret);
            e.code = secret, e.name = name;
        }
        shard_.turn_.record_always(e);
    }
    const std::string other = code.name + "/" + from;
    entry forked;
    forked.kind = entry_kind::forked;
    forked.at = shard_.now_;
    forked.code = other;
    const std::string reason = detail::readable(item.what.bytes, 1000);
    forked.text = reason;
    shard_.turn_.record_always(forked);
    shard_.turn_.put_header();
    shard_.turn_.put_id();
    shard_.turn_.move_wake(journal::due_now);
    shard_.finish_turn(run);
    run.start_at = run.last_at;
    shard_.hold(run, answer_out{std::move(item.to), nullptr});
    run.wants_frame = true; // comes from the journal, as after a crash
    shard_.hold(run, settled_run{number});
}
}
