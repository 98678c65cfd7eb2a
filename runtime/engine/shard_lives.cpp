// Runs that a person stops, that go on as another one, that are somebody's child, and that are asked for an answer.

#include "codec/utf8.hpp"
#include "engine/chance.hpp"
#include "engine/inflight_map.hpp"
#include "engine/intent.hpp"
#include "engine/request_desk.hpp"
#include "engine/shard.hpp"
#include "replay/token.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace everstep::core
{
using journal::entry;
using journal::entry_kind;

/// Its header, in the turn that has just been finished, says that it does not go on. Bodies that are out still work on the frame.
void shard::stop_here(resident_run& run, aftermath after)
{
    set_idle(run, false);
    run.after = after;
    if (after == aftermath::dropped)
    {
        leave_all_behind(run);
        for (step_attempt* job : run.jobs)
            ask_to_stop(*job);
    }
    end_aside(run);
}

/// What a body came to whose run has stopped meanwhile: of the first one that ends. (Replay lets the code go on from that; what it records then
/// stands behind. The others run again.) If we die before the commit, the body runs again when the run is resumed.
void shard::take_aside(resident_run& run, step_attempt& job)
{
    const bool is_kept = run.after == aftermath::recorded && !run.has_aside && job.end == body_end::value && reaction_ != reaction::failed;
    if (is_kept)
    {
        const replay::pending& p = run.driver->machine().waiting_at(job.of.where);
        entry e = replay::entry_about(p, entry_kind::step_done, now_);
        e.attempts = p.attempts + 1;
        e.payload = job.encoded;
        begin_turn(run);
        std::uint32_t seq = 0;
        if (turn_.record(e, seq)) // else it runs again
        {
            run.has_aside = true;
            count_up(host_.count.steps_recorded);
            host_.inflight().clear(job.blame_run, job.blame_step);
        }
        finish_turn(run);
    }
    take_from(run, job);
    keep_spare(job);
    end_aside(run);
}

/// The last of its bodies has ended: nobody needs the frame, and who has waited is heard.
void shard::end_aside(resident_run& run)
{
    if (!run.jobs.empty())
        return;
    const base::run_number number = run.number;
    run.after = aftermath::none;
    run.has_aside = false;
    drop_driver(run);
    if (is_durable(run))
        forget(run);
    else
        hold(run, settled_run{number});
    take_held(number);
}

/// In the commit of its end.
void shard::tell_parent(resident_run& run, const detail::promise_answer& end)
{
    const auto to = run.parent ? decode_token(*run.parent) : std::nullopt;
    if (!to)
        return;
    constexpr std::size_t text_bytes_max = 4000;
    const detail::promise_answer readable{detail::readable(end.code, text_bytes_max), detail::readable(end.text, text_bytes_max), end.value};
    const intent told{intent_kind::complete, to->workflow, to->id, encode(readable), {}, {}, *run.parent};
    turn_.publish(intent_event(told, replay::hex_of(fresh_bits()), "/" + run.header.workflow + "/" + run.header.id).at(now_));
}

/// In the commit of the parent's end.
void shard::cancel_children_of(resident_run& run, const child_list& children, std::string_view reason)
{
    for (const open_child& one : children.open())
        if (is_to_cancel(one, true))
            turn_.publish(intent_event({intent_kind::cancel, one.workflow, one.id, std::string(reason), {}, {}, one.signal}, replay::hex_of(fresh_bits()),
                                       "/" + run.header.workflow + "/" + run.header.id)
                              .at(now_));
}

/// The next run of the same id, in the turn that ended `of`. If we die before the commit, the old one goes on as if it had not come so far; if we
/// die after it, the id stands for the new one, which has all that the old one had not used.
resident_run& shard::begin_successor(resident_run& of, std::string_view input)
{
    const base::run_number number = host_.take_run_number();
    journal::run_header header;
    header.version = of.code->version;
    header.seed = fresh_bits(); // for tokens and random numbers of its own
    if (of.header.chain != 0)
        header.seed.high = of.header.seed.high; // promises stay what they are
    header.started_at = now_;
    header.chain = of.header.chain != 0 ? of.header.chain : base::to_integer(number);
    header.workflow = of.header.workflow;
    header.id = of.header.id;
    resident_run& next = add(number, of.id_hash, std::move(header), *of.code);
    host_.ids.add(base::to_integer(number) >> 14, of.id_hash);
    next.waiters = std::exchange(of.waiters, {});
    next.parent = std::move(of.parent);
    if (const auto at = updates_.find(of.number); at != updates_.end())
    {
        // Those whose requests the code has taken are answered by nobody any more.
        std::set<std::string, std::less<>> unread;
        if (of.driver)
            of.driver->machine().each_unread([&](const entry& one) { unread.emplace(one.code); });
        std::vector<update_waiter> waiting, lost;
        for (update_waiter& one : at->second)
            (unread.contains(one.id) ? waiting : lost).push_back(std::move(one));
        updates_.erase(at);
        updates_[of.number] = std::move(lost);
        end_updates(of, refused_answer(errc::ended, quoted(of.header.workflow, of.header.id) + " has continued as new without an answer"));
        if (!waiting.empty())
            updates_.emplace(number, std::move(waiting));
    }

    turn_.begin(next);
    const auto parent = next.parent ? decode_token(*next.parent) : std::nullopt;
    entry started;
    started.kind = parent ? entry_kind::started_as_child : entry_kind::started;
    started.at = now_;
    started.payload = input;
    if (parent)
        started.name = parent->workflow, started.text = parent->id, started.code = *next.parent;
    turn_.record_always(started);
    if (of.driver && of.driver->deadline() != 0)
        turn_.record_always(journal::own_timer(journal::deadline_timer_path, now_, of.driver->deadline()));
    if (of.driver)
    {
        const replay::machine& machine = of.driver->machine();
        std::string ids;
        machine.newest_signal_ids(journal::adopted_ids_max, [&](std::string_view id) {
            base::append_varint(ids, id.size());
            ids.append(id);
        });
        entry adopted;
        adopted.kind = entry_kind::ids_adopted;
        adopted.at = now_;
        adopted.payload = ids;
        if (!ids.empty())
            turn_.record_always(adopted);
        machine.each_unread([&](entry signalled) {
            signalled.at = now_; // time does not go back
            turn_.record_always(signalled);
        });
        if (const child_list* children = of.driver->children())
            for (const open_child& one : children->open())
            {
                entry child;
                child.kind = entry_kind::child_adopted;
                child.at = now_;
                child.name = one.workflow;
                child.type = one.signal;
                child.code = name_of(one.on_close);
                child.text = one.id;
                turn_.record_always(child);
            }
    }
    turn_.put_header();
    turn_.put_id();
    turn_.erase_id(of.number);
    turn_.move_wake(journal::due_now);
    finish_turn(next);
    next.start_at = next.last_at;
    next.wants_frame = true; // comes from the journal, as after a crash: a run that does nothing else waits for each commit
    hold(next, settled_run{number});
    return next;
}

void shard::answer_update(resident_run& run, const std::string& id, std::string&& encoded)
{
    const auto at = updates_.find(run.number);
    if (at == updates_.end())
        return;
    for (update_waiter& one : at->second)
        if (one.id == id)
        {
            auto told = std::make_unique<detail::answer>();
            told->bytes = encoded;
            hold(run, answer_out{std::move(one.to), std::move(told)});
        }
    std::erase_if(at->second, [](const update_waiter& one) { return !one.to; });
    if (at->second.empty())
        updates_.erase(at);
}

/// No answer will come.
void shard::end_updates(resident_run& run, const detail::answer& a)
{
    const auto at = updates_.find(run.number);
    if (at == updates_.end())
        return;
    for (update_waiter& one : at->second)
        hold(run, answer_out{std::move(one.to), std::make_unique<detail::answer>(a)});
    updates_.erase(at);
}
}
