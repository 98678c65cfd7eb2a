// Turns of a shard: what happens to a run between something that wakes it and its next rest.

#include "engine/shard.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "codec/utf8.hpp"
#include "engine/attempt_options.hpp"
#include "engine/inflight_map.hpp"
#include "engine/request_desk.hpp"
#include "replay/token.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace everstep::core
{
using journal::entry;
using journal::entry_kind;
using journal::operation_kind;
using journal::park_reason;
using journal::run_state;

namespace
{
constexpr std::size_t text_bytes_max = 4000; ///< of an error's text, in the journal

bool is_step(const replay::pending& p) noexcept { return replay::is_attempted(p.what.kind); }

std::uint64_t step_hash(const journal::path& where, std::string_view name) noexcept
{
    std::uint64_t hash = base::hash64(name);
    for (const std::uint32_t number : where.numbers())
        hash = hash * 0x9E3779B97F4A7C15ull + number + 1;
    return hash;
}
}

/// No turn overtakes the one before it of the same run: one that is in the background lane and not durable keeps the next one there.
/// (The other way round it needs no care: a commit takes the callers' lane first, and whole.)
void shard::begin_turn(resident_run& run, urgency how)
{
    const bool must_wait = run.last_in == urgency::background && !is_durable(run);
    turn_in_ = must_wait ? urgency::background : how;
    turn_.begin(run, lane_for(turn_in_).out);
}

void shard::begin_turn(resident_run& run)
{
    begin_turn(run, run.waiters.empty() ? urgency::background : urgency::caller_waits);
}

bool shard::is_durable(const resident_run& run) const noexcept
{
    return run.last_at <= lane_for(run.last_in).durable;
}

void shard::take_finished(step_attempt& job)
{
    jobs_out_.store(jobs_out_.load(std::memory_order_relaxed) - 1, std::memory_order_release);
    count_down(host_.count.bodies_running);
    if (!job.of.run)
        return drop_left_behind(job);
    const resident_run& run = *job.of.run;
    if (run.transaction && run.transaction != &job)
        held_[run.number].jobs.push_back(&job);
    else
        go_on_after(job);
}

void shard::go_on_after(step_attempt& job)
{
    resident_run& run = *job.of.run;
    if (run.after != aftermath::none)
        return take_aside(run, job);
    const base::run_number number = run.number;
    const bool was_held = is_held(run);
    const bool was_out = run.transaction == &job;
    take_from(run, job);
    run.is_lost |= was_out && job.end == body_end::never_begun; // its entry may be on its way all the same: nothing may take its place
    if (run.is_lost || reaction_ == reaction::failed || job.end == body_end::never_begun)
        ; // nothing more can be written, or was done: after reopening, the body runs
    else if (is_parking(run))
    {
        if (run.jobs.empty())
            park_at_last(run);
    }
    else if (was_out && job.end == body_end::value)
        take_recorded(run, job);
    else
    {
        begin_turn(run);
        if (job.end == body_end::value)
            take_result(run, job);
        else
            take_failure(run, job);
    }
    keep_spare(job);
    if (was_held && !is_held(run))
        take_held(number);
}

void shard::take_result(resident_run& run, step_attempt& job)
{
    const replay::pending& p = run.driver->machine().waiting_at(job.of.where);
    entry e = replay::entry_about(p, entry_kind::step_done, now_);
    e.attempts = p.attempts + 1;
    e.payload = job.encoded;
    count_up(host_.count.steps_recorded);
    host_.inflight().clear(job.blame_run, job.blame_step);
    apply_live(run, e);
}

/// Records an entry and lets the run go on from it. turn_.begin() came before.
void shard::apply_live(resident_run& run, const entry& e)
{
    std::uint32_t seq = 0;
    if (!turn_.record(e, seq))
        return park(run, park_reason::limits, "its history is at its limit: history_entries_max, history_bytes_max or turn_bytes_max");
    advance(run, run.driver->apply(e, seq, turn_));
}

/// The run's code waits, has ended, or cannot go on: brings the turn to its end.
void shard::advance(resident_run& run, driver_state state)
{
    while (state == driver_state::waiting && go_on_at_once(run, state))
    {
    }
    if (!run.driver || is_held(run))
        return; // parked while going on, or about to be
    for (std::string& note : run.driver->notes())
        host_.log(severity::note, note, run.header.workflow, run.header.id);
    run.driver->notes().clear();
    switch (state)
    {
    case driver_state::waiting: rest(run); break;
    case driver_state::ended: end_run(run); break;
    case driver_state::parked: park(run, run.driver->reason(), run.driver->text()); break;
    }
}

/// Timers that are due already, and steps that a cancel finds between two attempts or not yet begun, need no wait. False when there is none.
/// (A step that may have begun before a crash is resolved, not dropped.)
bool shard::go_on_at_once(resident_run& run, driver_state& state)
{
    const replay::machine& machine = run.driver->machine();
    for (const replay::pending& p : machine.waiting())
    {
        const bool fires = p.what.kind == operation_kind::timer && is_due(p);
        const bool is_cancelled = machine.has_cancels() && is_step(p) && machine.is_cancelled(p);
        const bool is_left = is_cancelled && p.job && static_cast<step_attempt*>(p.job)->detached;
        if (is_left)
            leave_behind(*static_cast<step_attempt*>(p.job));
        const bool dropped = is_left || (is_cancelled && (p.due > now_ || p.what.is_new) && !p.job);
        if (!fires && !dropped)
        {
            if (is_step(p) && !p.job && p.due <= now_ && time_has_run_out(p))
                return end_for_time(run, p, state);
            continue;
        }
        entry e = replay::entry_about(p, fires ? entry_kind::timer_fired : entry_kind::step_dropped, now_);
        e.attempts = p.attempts;
        if (fires)
            count_up(host_.count.timers_fired);
        std::uint32_t seq = 0;
        if (!turn_.record(e, seq))
        {
            park(run, park_reason::limits, "its history is at its limit: history_entries_max, history_bytes_max or turn_bytes_max");
            return false;
        }
        state = run.driver->apply(e, seq, turn_);
        return true;
    }
    return false;
}

/// The run waits: moves its wake row to when that ends, and begins what can begin.
void shard::rest(resident_run& run)
{
    base::time_us due = journal::due_never;
    for (const replay::pending& p : run.driver->machine().waiting())
        if (is_step(p) && p.due <= now_)
            due = journal::due_now;
        else if (p.what.kind == operation_kind::timer || is_step(p))
            due = std::min(due, p.due);
    // A row that is due already serves as well as one that says "now": the steps between two waits write none.
    if (due > now_ || run.wake_due == resident_run::no_row || run.wake_due > now_)
        turn_.move_wake(due);
    finish_turn(run);
    if (due <= now_)
        dispatch_all(run);
    if (!run.driver || is_held(run))
        return; // parked, or about to be
    if (run.jobs.empty())
        return hold(run, settled_run{run.number});
    const replay::machine& machine = run.driver->machine();
    if (machine.has_cancels())
        for (const replay::pending& p : machine.waiting())
            if (p.job && machine.is_cancelled(p))
                ask_to_stop(*static_cast<step_attempt*>(p.job));
    if (machine.waiting().size() > run.jobs.size())
        if (const base::time_us next = next_due(run); next != journal::due_never)
            expect(run, next);
}

/// Begins the steps whose time has come. Transactions of one run go one after the other: each is appended to the history by the transactor.
void shard::dispatch_all(resident_run& run)
{
    const replay::machine::pending_list& waiting = run.driver->machine().waiting();
    if (waiting.size() == run.jobs.size())
        return;
    const auto is_transaction = [](const step_attempt* job) { return job->is_transaction(); };
    bool has_transaction = std::ranges::any_of(run.jobs, is_transaction);
    for (const replay::pending& p : waiting)
    {
        if (!is_step(p) || p.due > now_ || p.job)
            continue;
        const detail::operation_traits& traits = run_driver::operation_of(p).traits();
        const bool is_one = p.what.kind == operation_kind::undo ? traits.undo_transact != nullptr : traits.transact != nullptr;
        if (is_one && std::exchange(has_transaction, true))
            continue;
        if (!dispatch(run, p))
            return;
    }
}

/// When a timer or a retry of the run is due next, on the engine's clock. While it has jobs, a step that is due waits for one of them.
base::time_us shard::next_due(const resident_run& run) const noexcept
{
    base::time_us due = journal::due_never;
    for (const replay::pending& p : run.driver->machine().waiting())
        if (p.what.kind == operation_kind::timer || (is_step(p) && (p.due > now_ || run.jobs.empty())))
            due = std::min(due, engine_due(p));
    return due;
}

/// The heap is to say when it is time.
void shard::expect(resident_run& run, base::time_us due)
{
    if (std::ranges::any_of(run.expected, [due](base::time_us one) { return one <= due; }))
        return;
    run.expected.push_back(due);
    heap_.push(due, run.number, wake_heap::what::wake);
}

/// The turn is whole: from here on outputs of the run depend on the submission that holds it.
void shard::finish_turn(resident_run& run)
{
    if (turn_.wrote())
    {
        run.last_in = turn_in_;
        run.last_at = lane_for(turn_in_).gathering;
    }
    count_up(host_.count.entries_written, turn_.entries());
    if (run.driver)
        history_bytes_ += run.history_bytes - std::exchange(run.counted_bytes, run.history_bytes);
    warn_of_length(run);
    turn_.begin(run);
    if (const std::optional<std::string> reply = std::exchange(reply_, std::nullopt))
    {
        detail::answer a;
        a.bytes = *reply;
        answer(run, detail::request_kind::reply, std::move(a));
    }
    for (auto& [id, encoded] : std::exchange(answered_, {}))
        answer_update(run, id, std::move(encoded));
}

/// A run that is parked for its length cannot go on with the code that it has: its people hear of it in good time.
void shard::warn_of_length(resident_run& run)
{
    const engine_options& limits = host_.options;
    if (run.warned || (run.end.next_seq <= limits.history_entries_max / 5 && run.history_bytes <= limits.history_bytes_max / 5))
        return;
    run.warned = true;
    host_.log(severity::warning,
              "its history has " + std::to_string(run.end.next_seq) + " entries of " + std::to_string(limits.history_entries_max) + " and " +
                  std::to_string(run.history_bytes) + " bytes of " + std::to_string(limits.history_bytes_max) +
                  ": at its limit it is parked, so let it end and start another",
              run.header.workflow, run.header.id);
}

void shard::end_run(resident_run& run)
{
    const run_end& end = run.driver->end();
    entry e;
    e.kind = end.kind;
    e.at = now_;
    e.type = end.kind == entry_kind::completed   ? run.code->traits.result_type()
             : end.kind == entry_kind::continued ? run.code->traits.input_type()
                                                 : std::string_view();
    const std::string code = detail::readable(end.code, text_bytes_max), text = detail::readable(end.text, text_bytes_max);
    e.code = code;
    e.text = text;
    e.payload = end.payload;
    std::uint32_t seq = 0;
    if (!turn_.record(e, seq))
        return park(run, park_reason::limits, "its history is at its limit, with no room for its end");
    const bool is_continued = end.kind == entry_kind::continued;
    if (const std::size_t unread = run.driver->machine().unread(); unread != 0 && !is_continued)
    {
        count_up(host_.count.signals_unread, unread);
        host_.log(severity::note, "it has ended with " + std::to_string(unread) + " signals that it has not received", run.header.workflow,
                  run.header.id);
    }
    run.header.state = end.kind == entry_kind::completed ? run_state::completed
                       : end.kind == entry_kind::failed  ? run_state::failed
                       : is_continued                    ? run_state::continued
                                                         : run_state::cancelled;
    run.header.reply_seq = run.driver->machine().reply_seq();
    run.header.end_seq = seq;
    run.header.ended_at = now_;
    turn_.put_header();
    turn_.erase_wake();
    turn_.put_finished();
    if (!is_continued)
        tell_parent(run, {end.kind == entry_kind::completed ? std::string() : end.code.empty() ? "failed" : end.code, end.text, end.payload});
    finish_turn(run);
    if (is_continued)
    {
        count_up(host_.count.runs_continued);
        begin_successor(run, end.payload);
        drop_driver(run);
        return hold(run, settled_run{run.number});
    }
    count_up(end.kind == entry_kind::completed ? host_.count.runs_completed
        : end.kind == entry_kind::failed  ? host_.count.runs_failed
                                          : host_.count.runs_cancelled);
    end_updates(run, refused_answer(errc::ended, quoted(run.header.workflow, run.header.id) + " has ended without an answer"));

    if (!run.waiters.empty())
    {
        detail::answer result{.what = detail::answer_kind::run_failed, .why = {}, .code = end.code, .text = end.text, .bytes = {}, .status = {}};
        detail::answer reply = result;
        if (end.kind == entry_kind::completed)
        {
            result = {};
            result.bytes = end.payload;
            reply.what = detail::answer_kind::no_reply;
        }
        answer(run, detail::request_kind::result, std::move(result));
        answer(run, detail::request_kind::reply, std::move(reply));
    }
    drop_driver(run);
    hold(run, settled_run{run.number});
}

base::time_us shard::engine_due(const replay::pending& p) const noexcept
{
    if (p.what.kind != operation_kind::timer || p.what.clock == journal::timer_clock::engine)
        return p.due;
    return p.due - wall_ + now_; // moves with every change of the wall clock, and is looked at again then
}

bool shard::is_due(const replay::pending& p) const noexcept { return engine_due(p) <= now_; }

/// A time has come that the run may wait for.
void shard::wake(resident_run& run)
{
    if (!run.driver || is_held(run))
        return;
    const auto is_due_now = [&](const replay::pending& p) {
        return (p.what.kind == operation_kind::timer || is_step(p)) && is_due(p) && !p.job;
    };
    if (std::ranges::any_of(run.driver->machine().waiting(), is_due_now))
    {
        set_idle(run, false);
        begin_turn(run);
        advance(run, driver_state::waiting);
    }
    else if (const base::time_us due = next_due(run); due != journal::due_never)
        expect(run, due); // the hint came too early
}

/// False: the run was parked, or nothing begins any more.
bool shard::dispatch(resident_run& run, const replay::pending& step)
{
    if (reaction_ != reaction::live)
        return false;
    const std::uint64_t hash = step_hash(step.where, step.what.name);
    const std::uint32_t deaths_max = host_.options.crash_loop_deaths;
    if (deaths_max != 0 && host_.deaths(base::to_integer(run.number), hash) >= deaths_max)
    {
        park(run, park_reason::crash_loop, "the process died " + std::to_string(deaths_max) + " times in " +
                                               replay::describe(step.what, false) + " at " + step.where.text());
        return false;
    }
    step_attempt& job = make_job(run, step);
    job.blame_step = hash;
    if (job.is_transaction() && !turn_.has_room()) // its entry is recorded where nobody can say no
    {
        keep_spare(job);
        park(run, park_reason::limits, "its history is at its limit: history_entries_max or history_bytes_max");
        return false;
    }
    run.jobs.push_back(&job);
    step.job = &job;
    set_idle(run, false);
    hold(run, body_out{&job});
    return true;
}

step_attempt& shard::make_job(resident_run& run, const replay::pending& step)
{
    detail::operation& op = run_driver::operation_of(step);
    const bool is_undo = step.what.kind == operation_kind::undo;
    const bool is_transaction = is_undo ? op.traits().undo_transact != nullptr : op.traits().transact != nullptr;
    const bool shows_attempt = is_undo || op.traits().shows_attempt;
    std::string token = shows_attempt ? replay::token_of(run.header.seed, step.where) : std::string();
    std::unique_ptr<step_attempt> job;
    if (spare_jobs_.empty())
        job = std::make_unique<step_attempt>(*this, op, std::move(token), step.attempts + 1, host_.given,
                                             host_.options.payload_bytes_max, shows_attempt);
    else
    {
        job = std::move(spare_jobs_.back());
        spare_jobs_.pop_back();
        job->begin_anew(op, std::move(token), step.attempts + 1, shows_attempt);
    }
    const step_options& options = options_of(step);
    job->of = {.run = &run, .where = step.where, .limited = !is_transaction && has_time_out(options) ? &options : nullptr, .place = options.place};
    job->blame_run = base::to_integer(run.number);
    if (step.what.kind == operation_kind::step)
        if (auto body = static_cast<const detail::any_step&>(op).detached())
            job->detached = std::make_unique<body_job::owned_body>(std::move(body), job->describe_by_run());
    job->is_undo = is_undo;
    job->undo_of = run_driver::undo_input(step);
    if (is_undo && !is_transaction)
        job->make_heart().set_undoes(replay::token_of(run.header.seed, run_driver::undo_of(step).where));
    if (const std::string_view before = run.driver->machine().progress_of(step.where); !before.empty())
        job->make_heart().set_before(before);
    return *job.release();
}
}
