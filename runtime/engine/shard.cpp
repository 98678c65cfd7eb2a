#include "engine/shard.hpp"

#include "base/assert.hpp"
#include "base/prefetch.hpp"
#include "engine/inflight_map.hpp"
#include "engine/request_desk.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <utility>

namespace everstep::core
{
namespace
{
/// Turns are submitted in pieces of about this much, so that the committer works while the shard goes on.
constexpr std::size_t flush_writes = 1024;
/// Loads, and starts from the waiting line, of one iteration: so that nothing else waits long for them.
constexpr std::size_t loads_per_iteration = 256;
constexpr std::size_t backlog_low = 1024;
/// What the journal refused to give is asked for again after this.
constexpr base::time_us read_again_us = 1'000'000;

/// Of jobs that a sweep goes through: fetches the job that comes soon, and the run and the operation of the one that comes next.
template <class Jobs>
void look_ahead(const Jobs& jobs, std::size_t at) noexcept
{
    constexpr std::size_t soon = 6;
    constexpr std::size_t next = 2;
    if (at + soon < jobs.size())
        base::prefetch(jobs[at + soon], sizeof(step_attempt));
    if (at + next >= jobs.size())
        return;
    const auto& job = static_cast<const step_attempt&>(*jobs[at + next]);
    base::prefetch(job.of.run, sizeof(resident_run));
    base::prefetch(&job.op(), 2 * sizeof(detail::operation));
}
}

shard::shard(shard_host& host, std::size_t index)
    : host_(host), index_(index), turn_(out_, host.options),
      limits_{host.options.payload_bytes_max, host.options.history_entries_max}, chance_(std::random_device{}())
{
    turn_.on_reply = [this](resident_run& run, const journal::entry& e) {
        if (!run.waiters.empty())
            reply_ = e.payload;
    };
}

shard::~shard()
{
    stop();
    mailbox_.take(news_, false); // bodies that ended, or were never begun, since
    drop_finished();
}

void shard::start()
{
    thread_ = std::thread([this] { work(); });
}

void shard::stop() noexcept
{
    if (!thread_.joinable())
        return;
    mailbox_.put([](mailbox::content& c) { c.stop = true; });
    thread_.join();
    mailbox_.take(news_, false); // what came after the last look
    drop_finished();
    end_all(errc::closed);
}

/// Nothing can be recorded any more: after reopening, those bodies run again.
void shard::drop_finished()
{
    for (body_job* job : std::exchange(news_.finished, {}))
        drop_job(static_cast<step_attempt&>(*job));
}

void shard::put_request(request_item&& item)
{
    mailbox_.put([&](mailbox::content& c) { c.requests.push_back(std::move(item)); });
}
void shard::put_due(const std::vector<wake_index::row>& rows)
{
    mailbox_.put([&](mailbox::content& c) { c.due.insert(c.due.end(), rows.begin(), rows.end()); });
}
void shard::put_durable()
{
    mailbox_.put([](mailbox::content& c) { c.durable = true; });
}
void shard::put_alarm()
{
    mailbox_.put([](mailbox::content& c) { c.alarm = true; });
}
void shard::put_closing()
{
    mailbox_.put([](mailbox::content& c) { c.closing = true; });
}
void shard::take_back(std::span<body_job* const> finished) noexcept
{
    mailbox_.put([&](mailbox::content& c) { c.finished.insert(c.finished.end(), finished.begin(), finished.end()); });
}

void shard::work()
{
    host_.enter_thread();
    wall_ahead_ = host_.time().wall() - host_.time().now();
    inflight_hint_ = host_.inflight().next_hint();
    while (!news_.stop)
    {
        mailbox_.take(news_, !has_more());
        iterate(news_);
    }
    end_all(errc::closed);
    for (auto& [number, run] : runs_)
        drop_driver(*run);
}

bool shard::has_more() const
{
    if (!ready_here_.empty() || outputs_.has_ready())
        return true;
    return reaction_ == reaction::live && ((!backlog_.empty() && has_room()) || heap_.earliest() <= now_);
}

void shard::iterate(mailbox::content& news)
{
    now_ = host_.time().now();
    wall_ = host_.time().wall();
    if (host_.commits().has_failed() && reaction_ == reaction::live)
    {
        reaction_ = reaction::failed;
        end_all(errc::unknown);
    }
    if (news.closing)
    {
        if (reaction_ == reaction::live)
        {
            reaction_ = reaction::closing;
            end_all(errc::closed);
        }
        closing_.store(true, std::memory_order_release);
    }
    if (news.alarm)
    {
        armed_ = journal::due_never; // it has rung, perhaps too early for us
        look_at_wall_clock();
    }
    move_watermark();
    release_outputs();
    for (std::size_t n = 0; n < news.finished.size(); ++n)
    {
        look_ahead(news.finished, n);
        take_finished(static_cast<step_attempt&>(*news.finished[n]));
        flush_if_large();
    }
    for (const wake_index::row& row : news.due)
    {
        if (row.due <= std::max(now_, wall_)) // by which clock, the run itself knows
            backlog_.push_back(row);
        else
            heap_.push(row.due - std::max<base::time_us>(wall_ - now_, 0), row.run, wake_heap::what::wake);
    }
    request_desk desk(*this);
    for (request_item& item : news.requests)
    {
        desk.take(std::move(item));
        flush_if_large();
    }
    desk.admit_waiting();
    if (reaction_ == reaction::live)
    {
        fire_due();
        work_off_backlog();
        make_room();
    }
    release_outputs();
    if (!ready_here_.empty())
        flush(); // commits while the bodies run
    hand_over();
    if (reaction_ != reaction::live)
        host_.body_ended();
    base::time_us next = heap_.earliest();
    if (index_ == 0)
        next = std::min(next, wakes_due());
    if (reaction_ == reaction::live && next != armed_)
        host_.time().arm(index_, armed_ = next);
    flush_last(); // may wait for the disk: everything else is done
}

void shard::flush(bool here)
{
    if (!out_.empty())
    {
        committer& commits = host_.commits();
        in_flight_.push_back(here ? commits.commit_here(out_) : commits.submit(out_));
        ++gathering_;
    }
    outputs_.submitted(gathering_ - 1);
}

/// The end of a sweep. Where it was small and nothing else is there to do, the commit is made right here: to wake the committer and be
/// woken by it takes longer than the turns that could be made meanwhile.
void shard::flush_last()
{
    constexpr std::size_t few_writes = 16; // four starts, or sixteen steps
    flush(host_.shards_commit && out_.writes().size() <= few_writes && !has_more() && !mailbox_.has_news());
}

void shard::move_watermark()
{
    const position through = host_.commits().durable_through();
    for (; !in_flight_.empty() && in_flight_.front() <= through; in_flight_.pop_front())
        ++durable_;
}

void shard::flush_if_large()
{
    if (out_.writes().size() >= flush_writes)
        flush();
}

void shard::release_outputs()
{
    outputs_.release(durable_, [this](output& what) {
        if (auto* answer = std::get_if<answer_out>(&what))
            answer->to->take(answer->what ? std::move(*answer->what) : detail::answer());
        else if (auto* body = std::get_if<body_out>(&what))
            begin_body(*body->job);
        else if (auto* settled = std::get_if<settled_run>(&what))
            settle(settled->run);
        else
            mailbox_.put([&](mailbox::content& c) { c.requests.push_back(std::move(*std::get<request_again>(what).item)); });
    });
}

/// Begins bodies. Those of this thread run here and now; their results are turns of the same iteration, in pieces.
void shard::hand_over()
{
    if (!ready_pool_.empty())
        host_.submit(step_place::pool, ready_pool_);
    ready_pool_.clear();
    if (!ready_fiber_.empty())
        host_.submit(step_place::fiber, ready_fiber_);
    ready_fiber_.clear();
    std::vector<step_attempt*> here = std::exchange(ready_here_, {});
    for (std::size_t n = 0; n < here.size(); ++n)
    {
        look_ahead(here, n);
        run_here(*here[n]);
        take_finished(*here[n]);
        flush_if_large();
    }
    here.clear();
    if (ready_here_.empty())
        ready_here_ = std::move(here); // keeps its memory
}

void shard::run_here(step_attempt& job)
{
    here_.store(&job, std::memory_order_release);
    job.slot = host_.inflight().acquire(job.blame_run, job.blame_step, inflight_hint_);
    job.run();
    host_.inflight().release(job.slot, inflight_hint_);
    // Who looks announces itself before it reads here_, and both are in one order (seq_cst): either it finds nothing, or we find it and
    // wait until it has looked. The usual body pays no lock.
    here_.store(nullptr);
    if (looking_.load() != 0)
        const std::lock_guard wait(here_mutex_);
}

std::string shard::running_here() const
{
    std::lock_guard lock(here_mutex_);
    looking_.fetch_add(1);
    const step_attempt* job = here_.load();
    std::string text = job ? job->describe() : std::string();
    looking_.fetch_sub(1);
    return text;
}

/// Refuses everything that waits: the engine closes, or can no longer say what is durable.
void shard::end_all(errc why)
{
    detail::answer refused{.what = detail::answer_kind::engine_error, .why = why, .code = {}, .text = {}, .bytes = {}, .status = {}};
    outputs_.release_all([&](output& what) {
        if (auto* answer = std::get_if<answer_out>(&what))
            answer->to->take(detail::answer(refused));
        else if (auto* again = std::get_if<request_again>(&what))
            again->item->to->take(detail::answer(refused));
        else if (auto* body = std::get_if<body_out>(&what))
        {
            drop_job(*body->job);
        }
    });
    const auto refuse = [&](waiter_list& waiting) {
        for (waiter& one : std::exchange(waiting, {}))
            one.to->take(detail::answer(refused));
    };
    for (auto& [number, waiting] : waiters_)
        refuse(waiting);
    waiters_.clear();
    for (auto& [number, run] : runs_)
        refuse(run->waiters);
    for (request_item& item : news_.requests)
        if (item.to)
            item.to->take(detail::answer(refused));
    news_.requests.clear();
    for (request_item& item : waiting_starts_)
        item.to->take(detail::answer(refused));
    count_down(host_.count.starts_waiting, waiting_starts_.size());
    waiting_starts_.clear();
    for (auto& [number, run] : runs_)
        if (run->job)
            run->job->ask_to_stop();
}

void shard::hold(resident_run& run, output what)
{
    if (run.last_at <= durable_)
        outputs_.hold_ready(std::move(what));
    else
        outputs_.hold(std::move(what));
}

void shard::answer(resident_run& run, detail::request_kind what, const detail::answer& a)
{
    for (waiter& one : run.waiters)
        if (one.what == what)
            hold(run, answer_out{std::move(one.to), std::make_unique<detail::answer>(a)});
    const auto told = std::remove_if(run.waiters.begin(), run.waiters.end(), [](const waiter& one) { return !one.to; });
    run.waiters.erase(told, run.waiters.end());
}

void shard::fire_due()
{
    if (index_ == 0 && wakes_due() <= now_)
        load_wakes();
    wake_heap::entry due{};
    for (std::size_t fired = 0; fired < loads_per_iteration && heap_.pop_due(now_, due); ++fired)
    {
        resident_run* run = find(due.run);
        if (due.kind == wake_heap::what::wake)
        {
            if (run && run->driver)
                wake(*run);
            else if (!run)
                backlog_.push_back({due.due, due.run, 0});
        }
        else if (run && run->job)
        {
            step_attempt& job = *run->job;
            // The entry may be of an attempt before: what counts is what this one says.
            const base::time_us grace = std::chrono::microseconds(host_.options.stop_grace).count();
            if (due.kind == wake_heap::what::grace && job.of.stop_asked_at != 0 && job.of.stop_asked_at + grace <= now_)
            {
                count_up(host_.count.bodies_ignoring_stop);
                host_.log(severity::warning, "the body of " + job.describe() + " was asked to stop and goes on: look at attempt.stop()",
                          run->header.workflow, run->header.id);
            }
            else if (due.kind == wake_heap::what::timeout && job.of.deadline <= now_)
            {
                job.of.timed_out = true;
                ask_to_stop(job);
            }
        }
        flush_if_large();
    }
}

/// Where somebody has set the wall clock, waits that follow it come at other times than the heap has.
void shard::look_at_wall_clock()
{
    constexpr base::time_us drift_max = 100'000; // what adjusting by and by may come to
    const base::time_us ahead = wall_ - now_;
    if (std::abs(ahead - wall_ahead_) <= drift_max)
        return;
    if (index_ == 0 && std::abs(ahead - wall_ahead_) > 60'000'000)
        host_.log(severity::warning, "the wall clock was set by " + std::to_string((ahead - wall_ahead_) / 1'000'000) +
                                         " s: sleep_until follows it, everything else does not");
    const base::time_us forward = std::max<base::time_us>(ahead - wall_ahead_, 0);
    wall_ahead_ = ahead;
    wake_heap old = std::exchange(heap_, {});
    wake_heap::entry e{};
    while (old.pop_due(journal::due_never, e))
    {
        const resident_run* run = find(e.run);
        if (e.kind != wake_heap::what::wake || !run || !run->driver)
        {
            // An evicted run may wait for either clock: looked at by the earlier, it finds out itself.
            if (e.kind == wake_heap::what::wake && e.due <= wall_)
                backlog_.push_back({e.due, e.run, 0});
            else
                heap_.push(e.kind == wake_heap::what::wake ? e.due - forward : e.due, e.run, e.kind);
        }
    }
    for (const auto& [number, run] : runs_)
        if (run->driver)
            for (const replay::pending& p : run->driver->machine().waiting())
                if (p.what.kind == journal::operation_kind::timer || p.due > now_)
                    heap_.push(engine_due(p), number, wake_heap::what::wake);
}

void shard::ask_to_stop(step_attempt& job)
{
    if (job.of.stop_asked_at != 0)
        return;
    job.of.stop_asked_at = now_;
    job.ask_to_stop();
    const base::time_us grace = std::chrono::microseconds(host_.options.stop_grace).count();
    heap_.push(now_ + std::max<base::time_us>(grace, 1), job.of.run->number, wake_heap::what::grace);
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
