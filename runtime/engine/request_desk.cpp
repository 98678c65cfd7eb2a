#include "engine/request_desk.hpp"

#include "engine/chance.hpp"
#include "engine/promise_token.hpp"

#include <algorithm>
#include <utility>

namespace everstep::core
{
using detail::answer;
using detail::answer_kind;
using detail::request_kind;
using journal::entry;
using journal::entry_kind;
using journal::run_state;

namespace
{
/// The code that the run ended with; the kind of entry says "cancelled".
std::string_view end_code(const entry& e) noexcept
{
    return e.kind == entry_kind::cancelled ? "cancelled" : e.kind == entry_kind::terminated ? "terminated" : e.code;
}
}

void request_desk::refuse(request_item& item, errc why, std::string text)
{
    item.to->take(refused_answer(why, std::move(text)));
}

void request_desk::refuse_damaged(request_item& item, const registered_workflow& code)
{
    refuse(item, errc::damaged, "what the journal has of " + quoted(code.name, item.what.id) + " cannot be read: restore a backup");
}

template <class Decide>
void request_desk::decide(request_item& item, Decide&& with)
{
    try
    {
        with();
    }
    catch (const store::unreadable& e)
    {
        // All of it is read before anything is recorded, and before the receiver is given away.
        if (host_.commits().has_failed()) // and the shard has yet to hear of it
            refuse(item, errc::unknown, {});
        else
            refuse(item, errc::io, "the journal cannot be read: " + std::string(e.what()));
    }
}

void request_desk::take(request_item&& item)
{
    if (shard_.reaction_ != shard::reaction::live)
        return refuse(item, shard_.reaction_ == shard::reaction::closing ? errc::closed : errc::unknown, {});
    decide(item, [&] {
        if (item.what.what != request_kind::fork && is_for_another_run(item, *host_.workflows.find(item.what.function)))
            return;
        switch (item.what.what)
        {
        case request_kind::start: return start(std::move(item));
        case request_kind::cancel: return cancel(std::move(item));
        case request_kind::resume: return resume(std::move(item));
        case request_kind::terminate: return terminate(std::move(item));
        case request_kind::pause: return pause(std::move(item));
        case request_kind::resolve: return resolve(std::move(item));
        case request_kind::restart: return restart(std::move(item));
        case request_kind::fork: return fork(std::move(item));
        case request_kind::signal:
        case request_kind::update:
        case request_kind::complete: return signal(std::move(item));
        case request_kind::reply:
        case request_kind::result:
        case request_kind::status: return wait_for(std::move(item));
        }
    });
}

bool request_desk::is_overloaded() const
{
    return host_.commits().queued_bytes() > host_.options.queue_bytes_max || host_.commits().is_full() ||
           host_.is_journal_nearly_full();
}

std::optional<found_run> request_desk::find(const request_item& item, const registered_workflow& code) const
{
    return reader_.find(host_.ids, host_.newest_run(), item.id_hash, code.name, item.what.id);
}

bool request_desk::is_hash_taken(const request_item& item, const registered_workflow& code) const
{
    const auto at = shard_.by_id_.find(item.id_hash);
    const resident_run* run = at == shard_.by_id_.end() ? nullptr : at->second;
    while (run && run->code == &code && run->header.id == item.what.id) // it has ended, was deleted, and is about to be forgotten
        run = run->same_hash;
    return run != nullptr;
}

bool request_desk::comes_again(request_item& item, const registered_workflow& code)
{
    resident_run* run = shard_.find(item.id_hash, code, item.what.id);
    if (!run || shard_.is_durable(*run))
        return false;
    shard_.hold(*run, request_again{std::make_unique<request_item>(std::move(item))});
    return true;
}

void request_desk::start(request_item&& item)
{
    const registered_workflow& code = *host_.workflows.find(item.what.function);
    if (resident_run* run = shard_.find(item.id_hash, code, item.what.id))
    {
        if (run->start_at > shard_.lane_for(urgency::caller_waits).durable || (run->wants_frame && !shard_.is_durable(*run)))
            return shard_.hold(*run, request_again{std::make_unique<request_item>(std::move(item))});
        if (has_signal(item))
            return signal(std::move(item));
        if (answer_duplicate(item, code, {run->number, {}, false}))
            return;
    }
    bool hash_taken = is_hash_taken(item, code);
    if (const auto found = reader_.find(host_.ids, host_.newest_run(), item.id_hash, code.name, item.what.id, &hash_taken))
    {
        if (has_signal(item))
            return signal(std::move(item));
        if (answer_duplicate(item, code, *found))
            return;
    }
    if (hash_taken)
        return refuse(item, errc::conflict, quoted(code.name, item.what.id) + " has the hash of another id: choose another id");
    if (!shard_.waiting_starts_.empty() || is_overloaded())
    {
        if (item.what.when_full == admission::refuse)
            return refuse(item, errc::overloaded, "the engine has all it can take: come again later");
        count_up(host_.count.starts_waiting);
        shard_.waiting_starts_.push_back(std::move(item));
        return;
    }
    start_new(std::move(item), code);
}

void request_desk::admit_waiting()
{
    while (!shard_.waiting_starts_.empty() && !is_overloaded())
    {
        request_item item = std::move(shard_.waiting_starts_.front());
        shard_.waiting_starts_.pop_front();
        count_down(host_.count.starts_waiting);
        decide(item, [&] { start_waiting(std::move(item)); });
        shard_.flush_if_large();
    }
}

/// Another start of the same id may have gone first.
void request_desk::start_waiting(request_item&& item)
{
    const registered_workflow& code = *host_.workflows.find(item.what.function);
    if (comes_again(item, code))
        return;
    const auto found = find(item, code);
    if (found && has_signal(item))
        signal(std::move(item));
    else if (!found || !answer_duplicate(item, code, *found))
        start_new(std::move(item), code);
}

void request_desk::start_new(request_item&& item, const registered_workflow& code)
{
    const base::run_number number = host_.take_run_number();
    journal::run_header header;
    header.version = code.version;
    header.seed = fresh_bits();
    header.started_at = shard_.now_;
    header.chain = base::to_integer(number);
    header.workflow = code.name;
    header.id = std::move(item.what.id);
    resident_run& run = shard_.add(number, item.id_hash, std::move(header), code);
    host_.ids.add(base::to_integer(number) >> 14, item.id_hash);
    count_up(host_.count.runs_started);

    turn& turn = shard_.turn_;
    shard_.begin_turn(run, urgency::caller_waits);
    const auto parent = item.what.parent.empty() ? std::nullopt : decode_token(item.what.parent);
    entry started;
    started.kind = parent ? entry_kind::started_as_child : entry_kind::started;
    started.at = shard_.now_;
    started.payload = item.what.bytes;
    if (parent)
    {
        started.name = parent->workflow, started.text = parent->id, started.code = item.what.parent;
        run.parent = std::make_unique<const std::string>(item.what.parent);
    }
    std::uint32_t seq = 0;
    turn.record(started, seq);
    std::string signalled, delay, deadline;
    std::vector<std::string_view> entries;
    const auto set_timer = [&](std::uint32_t path, std::int64_t after, std::string& encoded) {
        const entry timer = journal::own_timer(path, shard_.now_, shard_.now_ + std::min(after, journal::due_never - 1 - shard_.now_));
        turn.record_always(timer);
        journal::encode(timer, encoded);
        entries.push_back(encoded);
    };
    if (item.what.delay_us > 0)
        set_timer(journal::start_timer_path, item.what.delay_us, delay);
    if (item.what.timeout_us > 0)
        set_timer(journal::deadline_timer_path, item.what.timeout_us, deadline);
    if (has_signal(item))
    {
        // In one commit with the start: the run is never there without the signal.
        const entry told = signal_entry(item.what.message);
        if (!turn.record(told, seq))
        {
            turn.take_back();
            refuse(item, errc::limit, quoted(code.name, item.what.id) + " has no room for the signal: history_entries_max or turn_bytes_max");
            return shard_.forget(run);
        }
        journal::encode(told, signalled);
        entries.push_back(signalled);
        count_up(host_.count.signals);
    }
    turn.put_header();
    turn.put_id();
    turn.move_wake(journal::due_now);
    shard_.finish_turn(run);
    run.start_at = run.last_at;
    shard_.hold(run, answer_out{std::move(item.to), nullptr});

    shard_.make_room();
    if (shard_.has_room())
        shard_.enter(run, item.what.bytes, entries, true);
    else
    {
        run.wants_frame = true;
        shard_.hold(run, settled_run{number});
    }
}

/// What an id was started with stands in the first run that had it.
base::run_number request_desk::first_of_chain(const found_run& run)
{
    if (run.header.chain != 0)
        return base::run_number{run.header.chain};
    const resident_run* here = shard_.find(run.number);
    return here ? base::run_number{here->header.chain} : run.number;
}

/// "Same input" is equal bytes, else equal after decoding and encoding with today's type: an added field is no conflict.
bool request_desk::answer_duplicate(request_item& item, const registered_workflow& code, const found_run& run)
{
    if (run.damaged)
    {
        refuse_damaged(item, code);
        return true;
    }
    std::string first, parent;
    const auto take_first = [&](const entry& started) {
        first = started.payload;
        parent = started.kind == entry_kind::started_as_child ? started.code : std::string_view();
    };
    const base::run_number begin = first_of_chain(run);
    const bool read = reader_.entry_at(begin, 0, take_first);
    if (!read && !reader_.has(run.number))
        return false;
    if (!read && begin != run.number && !reader_.has(begin))
    {
        give(item, answer()); // what the first one was given is gone with it
        return true;
    }
    if (read && parent != item.what.parent && !item.what.parent.empty())
    {
        refuse(item, errc::conflict, quoted(code.name, item.what.id) + " was there before, and is no child of this run: choose another id");
        return true;
    }
    bool same = read && first == item.what.bytes;
    std::string trouble;
    if (read && !same)
        try
        {
            same = code.traits.renew_input(first) == code.traits.renew_input(item.what.bytes);
        }
        catch (const std::exception& e)
        {
            trouble = std::string(" (") + e.what() + ")";
        }
    if (!read)
        refuse(item, errc::damaged, "the start of " + quoted(code.name, item.what.id) + " cannot be read: restore a backup");
    else if (!same)
        refuse(item, errc::conflict, quoted(code.name, item.what.id) + " was started with another input" + trouble +
                                         ": choose another id");
    else
        give(item, answer());
    return true;
}

std::optional<answer> request_desk::answer_from_journal(const journal_reader& reader, const found_run& run, request_kind what)
{
    if (run.damaged)
        return refused_answer(errc::damaged, "what the journal has of this run cannot be read: restore a backup");
    const journal::run_header& header = run.header;
    // What cannot be read of a run that was there a moment ago was perhaps deleted with it.
    const auto is_gone = [&] { return !reader.has(run.number); };
    const auto not_found = [&] { return refused_answer(errc::not_found, "there is no run " + quoted(header.workflow, header.id) + ": start it"); };
    answer a;
    if (what == request_kind::status)
    {
        a.status.state = static_cast<everstep::run_state>(header.state);
        if (header.state == run_state::parked)
            a.status.reason = name_of(header.reason), a.status.text = header.text;
        else if (header.state == run_state::failed || header.state == run_state::cancelled || header.state == run_state::terminated)
        {
            const auto take_reason = [&](const entry& e) { a.status.reason = end_code(e), a.status.text = e.text; };
            if (!reader.entry_at(run.number, header.end_seq, take_reason) && is_gone())
                return not_found();
        }
        return a;
    }
    if (header.state == run_state::running && what == request_kind::result)
        return std::nullopt;
    const bool ended = header.state != run_state::running && header.state != run_state::parked;
    const std::uint32_t reply_seq = what != request_kind::reply ? 0 : ended ? header.reply_seq : reader.find_reply(run.number);
    if (reply_seq != 0 && reader.entry_at(run.number, reply_seq, [&](const entry& e) { a.bytes = e.payload; }))
        return a;
    if (header.state == run_state::running)
        return std::nullopt;
    if (header.state == run_state::parked)
        return parked_answer(header);
    if (ended && reply_seq != 0 && is_gone())
        return not_found();
    if (header.state == run_state::completed && what == request_kind::reply)
    {
        a.what = answer_kind::no_reply;
        return a;
    }
    const bool read = reader.entry_at(run.number, header.end_seq, [&](const entry& e) {
        if (e.kind == entry_kind::completed)
            a.bytes = e.payload;
        else
            a = failed_answer(end_code(e), e.text);
    });
    if (!read && is_gone())
        return not_found();
    return read ? a : failed_answer("corrupt", "the end of the run cannot be read: restore a backup");
}

void request_desk::wait_for(request_item&& item)
{
    const registered_workflow& code = *host_.workflows.find(item.what.function);
    if (resident_run* run = shard_.find(item.id_hash, code, item.what.id); run && run->goes_on())
    {
        // It goes on, so the journal has no answer yet; the one to come depends on all that is not durable today.
        const bool replied = run->driver->machine().replied();
        if (item.what.what == request_kind::result || (item.what.what == request_kind::reply && !replied))
            return run->waiters.push_back({item.what.what, std::move(item.to)});
    }
    if (comes_again(item, code))
        return;
    const auto found = find(item, code);
    if (!found)
        return refuse(item, errc::not_found, "there is no run " + quoted(code.name, item.what.id) + ": start it");
    if (auto a = answer_from_journal(reader_, *found, item.what.what))
        return give(item, std::move(*a));
    resident_run* run = shard_.find(found->number);
    (run ? run->waiters : shard_.waiters_[found->number]).push_back({item.what.what, std::move(item.to)});
}

std::optional<found_run> request_desk::find_or_refuse(request_item& item, const registered_workflow& code)
{
    if (comes_again(item, code))
        return std::nullopt;
    auto found = find(item, code);
    if (found && !found->damaged)
        return found;
    if (found)
        refuse_damaged(item, code);
    else
        refuse(item, errc::not_found, "there is no run " + quoted(code.name, item.what.id) + ": start it");
    return std::nullopt;
}

resident_run* request_desk::load_or_refuse(request_item& item, const registered_workflow& code, base::run_number number)
{
    resident_run* const run = shard_.load(number, -1);
    if (run && run->goes_on())
        return run;
    // It has just been parked, or has ended in the turn that loaded it: decide again by what the journal then has.
    if (!comes_again(item, code))
        refuse(item, errc::wrong_use, quoted(code.name, item.what.id) + " cannot go on: see its status");
    return nullptr;
}
}
