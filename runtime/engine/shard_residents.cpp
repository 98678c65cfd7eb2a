// The runs that a shard has in memory: how they come in, and how they leave.

#include "engine/shard.hpp"

#include "base/assert.hpp"
#include "engine/journal_reader.hpp"

#include <everstep/detail/fiber_strand.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace everstep::core
{
using journal::park_reason;
using journal::run_state;

namespace
{
constexpr std::size_t backlog_low = 1024;
/// What the journal refused to give is asked for again after this.
constexpr base::time_us read_again_us = 1'000'000;
}

resident_run* shard::find(base::run_number run) noexcept
{
    const auto at = runs_.find(run);
    return at == runs_.end() ? nullptr : at->second.get();
}

resident_run* shard::find(std::uint64_t id_hash, const registered_workflow& code, std::string_view id) noexcept
{
    const auto at = by_id_.find(id_hash);
    resident_run* run = at == by_id_.end() ? nullptr : at->second;
    while (run && !(run->code == &code && run->header.id == id))
        run = run->same_hash;
    return run;
}

resident_run& shard::add(base::run_number number, std::uint64_t id_hash, journal::run_header header, const registered_workflow& code)
{
    auto run = run_places_.make();
    run->number = number;
    run->id_hash = id_hash;
    run->header = std::move(header);
    run->code = &code;
    run->end = journal::first_tail(number);
    resident_run& added = *run;
    runs_.emplace(number, std::move(run));
    resident_run*& first = by_id_[id_hash];
    added.same_hash = std::exchange(first, &added);
    if (const auto at = waiters_.find(number); at != waiters_.end())
    {
        added.waiters = std::move(at->second);
        waiters_.erase(at);
    }
    return added;
}

void shard::forget(resident_run& run)
{
    EVERSTEP_ASSERT(run.jobs.empty()); // their bodies work on the frame
    drop_driver(run);
    if (!run.waiters.empty())
        waiters_.emplace(run.number, std::move(run.waiters));
    const auto at = by_id_.find(run.id_hash);
    resident_run** link = &at->second;
    while (*link != &run)
        link = &(*link)->same_hash;
    *link = run.same_hash;
    if (!at->second)
        by_id_.erase(at);
    runs_.erase(run.number);
}

void shard::drop_driver(resident_run& run)
{
    set_idle(run, false);
    if (!run.driver)
        return;
    run.driver.reset(); // destroys the frame: destructors of its locals run here
    if (const std::size_t lost = detail::take_lost_fiber_stacks(); lost != 0)
        host_.log(severity::warning, "the code lets nothing end its wait: its stack (" + std::to_string(lost) +
                                         ") is lost to the process; let catch (...) end in throw, and wait neither in destructors nor in "
                                         "noexcept functions (everstep/fiber_workflow.hpp)", run.header.workflow, run.header.id);
    --drivers_;
    history_bytes_ -= std::exchange(run.counted_bytes, 0);
    count_down(host_.count.runs_resident);
}

void shard::set_idle(resident_run& run, bool idle)
{
    if (run.is_idle == idle)
        return;
    run.is_idle = idle;
    if (idle)
        run.idle = idle_.insert(idle_.end(), &run);
    else
        idle_.erase(run.idle);
}

/// Makes the run's frame and runs its code over its history. turn_.begin() came before.
void shard::enter(resident_run& run, std::string_view input, const std::vector<std::string_view>& history, bool is_new)
{
    advance(run, replay(run, input, history, is_new));
}

driver_state shard::replay(resident_run& run, std::string_view input, const std::vector<std::string_view>& history, bool is_new)
{
    run.driver.emplace(run.header, *run.code, host_.given, scratch_, limits_);
    run.wants_frame = false;
    ++drivers_;
    count_up(host_.count.runs_resident);
    count_up(host_.count.entries_replayed, history.size());
    return run.driver->begin(input, history, turn_, is_new);
}

/// Brings a run that is due, or that somebody asks something of, into memory. Null: it has ended, is parked, waits for its code, or
/// has just been parked.
resident_run* shard::load(base::run_number number, base::time_us due)
{
    const journal_reader reader(host_.journal());
    stored_run stored = reader.read(number, due);
    if (!stored.header || stored.header->state != run_state::running)
        return nullptr; // a hint that came too late
    if (stored.header->workflow.empty())
    {
        // The header cannot be read: to park the run would be to write over what is left of it.
        host_.log(severity::error, stored.fault + ": restore a backup");
        return nullptr;
    }
    const registered_workflow* code = host_.workflows.find(stored.header->workflow);
    if (!code)
    {
        host_.missing_code(stored.header->workflow, number);
        return nullptr;
    }
    const std::uint64_t id_hash = journal::id_hash(stored.header->workflow, stored.header->id);
    resident_run& run = add(number, id_hash, std::move(*stored.header), *code);
    run.wake_due = stored.wake_due;
    begin_turn(run);
    if (!stored.fault.empty())
    {
        // The new wake row keeps what the old one knew, so that a lost tail is seen again when somebody resumes the run.
        run.end = stored.written.value_or(run.end);
        begin_turn(run);
        park(run, park_reason::corrupt, stored.fault + ": restore a backup");
        return nullptr;
    }
    run.end = stored.history.end();
    run.history_bytes = stored.history.bytes();
    begin_turn(run);
    count_up(host_.count.runs_recovered);
    std::vector<std::string_view> entries = stored.history.entries();
    journal::entry started;
    if (entries.empty() || !journal::decode(entries.front(), started) || !journal::is_start(started.kind))
    {
        park(run, park_reason::corrupt, "entry 0 is not the start of a run: restore a backup");
        return nullptr;
    }
    entries.erase(entries.begin());
    run.parent = parent_of(started);
    enter(run, started.payload, entries, false);
    return run.driver ? &run : nullptr;
}

/// The run's last turn is durable.
void shard::settle(base::run_number number)
{
    resident_run* run = find(number);
    if (!run || !run->jobs.empty() || !is_durable(*run))
        return; // it has moved on, and is settled again
    if (run->wants_frame)
    {
        forget(*run);
        backlog_.push_back({journal::due_now, number, 0});
        return;
    }
    if (!run->driver)
        return forget(*run);
    const base::time_us due = next_due(*run);
    // The row in the store is due at the timer's own time, which for one that follows the wall clock is not the engine's.
    if (due != journal::due_never && (host_.wakes().is_before_horizon(run->wake_due, number) || due < host_.wakes().horizon()))
        expect(*run, due);
    const base::time_us wait_max = std::chrono::microseconds(host_.options.resident_wait_max).count();
    const auto is_receive = [](const replay::pending& p) { return p.what.kind == journal::operation_kind::receive; };
    const bool may_be_told = wait_max > 0 && std::ranges::any_of(run->driver->machine().waiting(), is_receive); // soon, and often
    if (!may_be_told && (due == journal::due_never || due - now_ > wait_max))
    {
        count_up(host_.count.runs_evicted);
        return forget(*run);
    }
    set_idle(*run, true);
}

bool shard::has_room() const noexcept
{
    // Each shard keeps its share, so that none needs to ask another.
    const std::size_t shards = host_.shard_count();
    return drivers_ < std::max<std::size_t>(1, host_.options.resident_runs_max / shards) &&
           history_bytes_ <= host_.options.resident_bytes_max / shards;
}

/// Evicts runs that wait, the one that waits longest first, until there is room. What is left when none waits is work.
void shard::make_room()
{
    while (!has_room() && !idle_.empty())
    {
        count_up(host_.count.runs_evicted);
        forget(*idle_.front());
    }
}

void shard::work_off_backlog()
{
    for (std::size_t loads = 0; loads < loads_per_iteration && !backlog_.empty(); ++loads)
    {
        make_room();
        if (!has_room())
            return;
        const wake_index::row row = backlog_.front();
        backlog_.pop_front();
        if (resident_run* run = find(row.run))
        {
            if (run->driver)
                wake(*run);
            continue; // else it has ended, is parked, or comes again when its start is durable: see settle()
        }
        try_load(row);
        flush_if_large();
    }
}

/// When the next page of the wake table is to be read, on the engine's clock; rows are due by whichever clock is ahead.
base::time_us shard::wakes_due() const
{
    if (backlog_.size() >= backlog_low)
        return journal::due_never; // the sweep that has worked it off looks again
    if (wakes_again_at_ != 0)
        return wakes_again_at_;
    const base::time_us horizon = host_.wakes().horizon();
    return horizon == journal::due_never ? horizon : horizon - std::max<base::time_us>(wall_ - now_, 0);
}

void shard::load_wakes()
{
    try
    {
        host_.load_wakes();
        wakes_again_at_ = 0;
    }
    catch (const store::unreadable& e)
    {
        host_.log(severity::error, "what is due cannot be read, and is tried again in a second: " + std::string(e.what()));
        wakes_again_at_ = now_ + read_again_us;
    }
}

void shard::try_load(const wake_index::row& row)
{
    try
    {
        load(row.run, row.due);
    }
    catch (const store::unreadable& e)
    {
        host_.log(severity::error, "a run that is due cannot be read, and is tried again in a second: " + std::string(e.what()));
        heap_.push(now_ + read_again_us, row.run, wake_heap::what::wake);
    }
}
}
