// Signals to runs: the rest of request_desk.

#include "base/bytes.hpp"
#include "engine/promise_token.hpp"
#include "engine/request_desk.hpp"
#include "journal/state.hpp"

#include <algorithm>
#include <optional>
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
/// Of those that came to the runs before it in its chain.
bool has_adopted(std::string_view ids, std::string_view id)
{
    base::byte_reader from(ids);
    for (std::string_view one; !from.empty() && from.text(one);)
        if (one == id)
            return true;
    return false;
}

/// Whether a message with this id has come.
bool had_signal(const std::vector<std::string_view>& history, std::string_view id)
{
    const auto is_it = [&](std::string_view bytes) {
        entry e;
        return journal::decode(bytes, e) && ((e.kind == entry_kind::signalled && e.code == id) ||
                                             (e.kind == entry_kind::ids_adopted && has_adopted(e.payload, id)));
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

/// What an update was answered, in whichever run of the chain.
std::optional<answer> request_desk::answer_before(const request_item& item, std::uint64_t chain) const
{
    auto told = item.what.what == detail::request_kind::update ? reader_.state(chain, journal::answer_name(item.what.message.id)) : std::nullopt;
    if (!told)
        return std::nullopt;
    answer a;
    a.bytes = std::move(*told);
    return a;
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
    if (!run || !run->goes_on())
    {
        if (run && run->after == aftermath::recorded) // what its bodies come to stands in front of the signal
            return shard_.hold_back(*run, std::move(item));
        const auto found = find_or_refuse(item, code);
        if (!found)
            return;
        if (!is_genuine(item, found->header))
            return refuse_token(item);
        if (found->header.state == run_state::parked && item.what.what == detail::request_kind::update)
        {
            auto told = answer_before(item, found->header.chain);
            return give(item, told ? std::move(*told) : parked_answer(found->header));
        }
        if (found->header.state == run_state::parked)
            return signal_parked(std::move(item), code, *found);
        if (found->header.state != run_state::running)
        {
            if (auto told = answer_before(item, found->header.chain))
                return give(item, std::move(*told));
            if (item.what.what != detail::request_kind::update && had_signal(reader_.history(found->number).entries(), item.what.message.id))
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
    {
        if (item.what.what == detail::request_kind::update)
            return wait_for_answer(std::move(item), *run);
        return shard_.hold(*run, answer_out{std::move(item.to), std::make_unique<answer>(taken(item, false))});
    }
    shard_.begin_turn(*run, urgency::caller_waits);
    const entry e = signal_entry(what);
    std::uint32_t seq = 0;
    if (!shard_.turn_.record(e, seq)) // not parked for it here: its bodies may be running on the frame
        return refuse(item, errc::limit, quoted(code.name, item.what.id) + " has a history at its limit: its next turn parks it");
    shard_.set_idle(*run, false);
    const base::run_number number = run->number;
    const bool is_update = item.what.what == detail::request_kind::update;
    if (is_update) // before its code runs: it may answer at once
        shard_.updates_[number].push_back({what.id, std::move(item.to)});
    shard_.advance(*run, run->driver->apply(e, seq, shard_.turn_));
    resident_run& after = *shard_.find(number);
    if (is_update) // what becomes of the run becomes of its updates
        return count_up(host_.count.signals);
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

/// It was taken before: the answer is in the journal, or is to come.
void request_desk::wait_for_answer(request_item&& item, resident_run& run)
{
    if (!shard_.is_durable(run)) // perhaps it is what is not durable
        return shard_.hold(run, request_again{std::make_unique<request_item>(std::move(item))});
    if (auto told = answer_before(item, run.header.chain))
        return give(item, std::move(*told));
    shard_.updates_[run.number].push_back({item.what.message.id, std::move(item.to)});
}

/// Behind what its history has; the code finds it in replay.
void request_desk::signal_parked(request_item&& item, const registered_workflow& code, const found_run& found)
{
    if (had_signal(reader_.history(found.number).entries(), item.what.message.id))
        return give(item, taken(item, false));
    stored_run stored{.header = {}, .history = journal::history_reader(found.number), .wake_due = -1, .written = {}, .fault = {}};
    resident_run* const added = without_frame(item, code, found.number, stored);
    if (!added)
        return;
    resident_run& run = *added;
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
