// Signals to runs: the rest of request_desk.

#include "engine/promise_token.hpp"
#include "engine/request_desk.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace everstep::core
{
using detail::answer;
using journal::entry;
using journal::entry_kind;
using journal::run_state;

namespace
{
/// Whether a message with this id is in the history.
bool had_signal(const std::vector<std::string_view>& history, std::string_view id)
{
    const auto is_it = [&](std::string_view bytes) {
        entry e;
        return journal::decode(bytes, e) && e.kind == entry_kind::signalled && e.code == id;
    };
    return !id.empty() && std::ranges::any_of(history, is_it);
}

/// A token names a promise of this very run: an id that was deleted may have been started again.
bool is_genuine(const request_item& item, const journal::run_header& header)
{
    const detail::signal_message& what = item.what.message;
    return item.what.what != detail::request_kind::complete || what.id == promise_secret(header.seed, what.type);
}

/// Who answers a promise is told whether he was the first.
answer taken(const request_item& item, bool is_new)
{
    answer a;
    if (item.what.what == detail::request_kind::complete)
        a.bytes = is_new ? "true" : "false";
    return a;
}
}

void request_desk::refuse_token(request_item& item)
{
    refuse(item, errc::not_found, "the token is of no promise of '" + item.what.id + "'");
}

entry request_desk::signal_entry(const detail::signal_message& what) const
{
    entry e;
    e.kind = entry_kind::signalled;
    e.at = shard_.now_;
    e.name = what.name;
    e.type = what.type;
    e.code = what.id;
    e.payload = what.payload;
    return e;
}

/// Into the history when it comes, whether the code waits for it or not: so it is durable, in its place, and received once.
void request_desk::signal(request_item&& item)
{
    const registered_workflow& code = *host_.workflows.find(item.what.function);
    resident_run* run = shard_.find(item.id_hash, code, item.what.id);
    if (!run || !run->driver)
    {
        const auto found = find_or_refuse(item, code);
        if (!found)
            return;
        if (!is_genuine(item, found->header))
            return refuse_token(item);
        if (found->header.state == run_state::parked)
            return signal_parked(std::move(item), code, *found);
        if (found->header.state != run_state::running)
        {
            if (had_signal(reader_.history(found->number).entries(), item.what.message.id))
                return give(item, taken(item, false)); // who sends it again was not told
            return refuse(item, errc::ended, quoted(code.name, item.what.id) + " has ended: it takes no signal");
        }
        run = load_or_refuse(item, code, found->number);
        if (!run)
            return;
    }
    if (!is_genuine(item, run->header))
        return refuse_token(item);
    if (shard_.is_held(*run))
        return shard_.hold_back(*run, std::move(item));
    const detail::signal_message& what = item.what.message;
    if (run->driver->machine().has_signal(what.id))
        return shard_.hold(*run, answer_out{std::move(item.to), std::make_unique<answer>(taken(item, false))});
    shard_.begin_turn(*run, urgency::caller_waits);
    const entry e = signal_entry(what);
    std::uint32_t seq = 0;
    if (!shard_.turn_.record(e, seq)) // not parked for it here: its bodies may be running on the frame
        return refuse(item, errc::limit, quoted(code.name, item.what.id) + " has a history at its limit: its next turn parks it");
    shard_.set_idle(*run, false);
    const base::run_number number = run->number;
    shard_.advance(*run, run->driver->apply(e, seq, shard_.turn_));
    resident_run& after = *shard_.find(number);
    // Parked, or about to be, with nothing of the turn written: the signal is to be there when it is resumed.
    const bool is_written = after.end.next_seq > seq;
    if (!is_written && shard_.is_held(after))
        return shard_.hold_back(after, std::move(item));
    if (!is_written)
        return shard_.hold(after, request_again{std::make_unique<request_item>(std::move(item))});
    count_up(host_.count.signals);
    std::unique_ptr<answer> told = std::make_unique<answer>(taken(item, true));
    shard_.hold(after, answer_out{std::move(item.to), std::move(told)});
}

/// Behind what its history has; the code finds it in replay.
void request_desk::signal_parked(request_item&& item, const registered_workflow& code, const found_run& found)
{
    stored_run stored = reader_.read(found.number, journal::due_never);
    if (!stored.header || !stored.fault.empty())
        return refuse(item, errc::damaged, quoted(code.name, item.what.id) + ": " + stored.fault + ": restore a backup");
    if (had_signal(stored.history.entries(), item.what.message.id))
        return give(item, taken(item, false));
    resident_run& run = shard_.add(found.number, item.id_hash, std::move(*stored.header), code);
    run.end = stored.history.end();
    run.wake_due = stored.wake_due;
    run.history_bytes = stored.history.bytes();
    shard_.begin_turn(run, urgency::caller_waits);
    std::uint32_t seq = 0;
    if (!shard_.turn_.record(signal_entry(item.what.message), seq))
    {
        refuse(item, errc::limit, quoted(code.name, item.what.id) + " has a history at its limit");
        shard_.turn_.take_back();
        return shard_.forget(run);
    }
    shard_.finish_turn(run);
    count_up(host_.count.signals);
    std::unique_ptr<answer> told = std::make_unique<answer>(taken(item, true));
    shard_.hold(run, answer_out{std::move(item.to), std::move(told)});
    shard_.hold(run, settled_run{run.number});
}
}
