#include "engine/shard.hpp"

#include "base/assert.hpp"
#include "engine/inflight_map.hpp"
#include "engine/journal_reader.hpp"
#include "engine/look_ahead.hpp"
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
/// Background work in smaller ones: a submission is never cut, and a commit takes little of it while callers are about.
constexpr std::size_t flush_background_writes = 256;
}

shard::shard(shard_host& host, std::size_t index)
    : host_(host), index_(index), turn_(host.options),
      limits_{host.options.payload_bytes_max, &host.topics, host.options.history_entries_max, &host.workflows, &code_}, chance_(std::random_device{}())
{
    turn_.on_reply = [this](resident_run& run, const journal::entry& e) {
        if (!run.waiters.empty())
            reply_ = e.payload;
    };
    turn_.is_shown = [this](const resident_run& run, std::string_view name, std::string_view value) {
        try
        {
            return journal_reader(host_.journal()).state(run.header.chain, name) == value;
        }
        catch (const store::unreadable&)
        {
            return false; // written once more
        }
    };
    turn_.on_answer = [this](resident_run& run, const journal::entry& e) {
        if (updates_.contains(run.number))
            answered_.emplace_back(e.code, e.payload);
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
    give_back_later_here();
    for (step_attempt* job : std::exchange(later_, {}))
        drop_job(*job);
    for (auto& [number, held] : held_)
        for (step_attempt* job : std::exchange(held.jobs, {}))
            drop_job(*job);
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
    const auto has_ready = [](const lane& each) { return each.held.has_ready(); };
    if (!again_.empty() || !ready_here_.empty() || !young_here_.empty() || has_background() || std::any_of(std::begin(lanes_), std::end(lanes_), has_ready))
        return true;
    if (!is_background_wanted())
        return false; // the next commit wakes us
    return reaction_ == reaction::live && ((!backlog_.empty() && has_room()) || heap_.earliest() <= now_);
}

void shard::iterate(mailbox::content& news)
{
    host_.watch_code();
    now_ = host_.time().now();
    wall_ = host_.time().wall();
    if (host_.commits().has_failed() && reaction_ == reaction::live)
    {
        reaction_ = reaction::failed;
        end_all(errc::unknown);
        give_back_later_here();
    }
    if (news.closing)
    {
        if (reaction_ == reaction::live)
        {
            reaction_ = reaction::closing;
            end_all(errc::closed);
            give_back_later_here();
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
        auto& job = static_cast<step_attempt&>(*news.finished[n]);
        const bool is_background = !job.of.run || job.of.run->waiters.empty();
        if (is_background && (n >= background_per_iteration || !later_.empty() || !is_background_wanted()))
        {
            later_.push_back(&job);
            continue;
        }
        take_finished(job);
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
    for (request_item& item : std::exchange(again_, {}))
        desk.take(std::move(item));
    for (request_item& item : news.requests)
    {
        desk.take(std::move(item));
        flush_if_large();
    }
    desk.admit_waiting();
    if (has_more())
    {
        flush(); // callers need not wait for what follows
        submit_bodies();
    }
    work_in_background();
    release_outputs();
    if (!ready_here_.empty() || !young_here_.empty() || !later_here_.empty())
        flush(); // commits while the bodies run
    hand_over();
    if (reaction_ != reaction::live)
        host_.body_ended();
    base::time_us next = heap_.earliest();
    if (index_ == 0)
        next = std::min(next, wakes_due());
    if (!is_background_wanted())
        next = journal::due_never; // the next commit wakes us
    if (reaction_ == reaction::live && next != armed_)
        host_.time().arm(index_, armed_ = next);
    flush_last(); // may wait for the disk: everything else is done
}

/// Whether more background turns are of use: enough of them may be queued for the commits to come. (Who closes wants an end.)
bool shard::is_background_wanted() const noexcept
{
    return reaction_ != reaction::live || !host_.commits().has_background_enough();
}

bool shard::has_background() const
{
    return (!later_.empty() || !later_here_.empty()) && is_background_wanted();
}

/// Turns that nobody waits for, a bounded number of each kind, so that who comes meanwhile is heard soon.
void shard::work_in_background()
{
    for (std::size_t n = 0; n < background_per_iteration && !later_.empty() && is_background_wanted(); ++n)
    {
        look_ahead(later_, 0);
        step_attempt& job = *later_.front();
        later_.pop_front();
        take_finished(job);
        flush_if_large();
    }
    if (reaction_ != reaction::live)
        return;
    if (is_background_wanted())
    {
        fire_due();
        work_off_backlog();
    }
    make_room();
}

void shard::flush(bool here)
{
    for (lane& each : lanes_)
        each.submit(host_.commits(), here);
}

/// The end of a sweep. Where it was small and nothing else is there to do, the commit is made right here: to wake the committer and be
/// woken by it takes longer than the turns that could be made meanwhile.
void shard::flush_last()
{
    constexpr std::size_t few_writes = 16; // four starts, or sixteen steps
    const std::size_t callers = lane_for(urgency::caller_waits).out.count();
    const std::size_t background = lane_for(urgency::background).out.count();
    const bool few = std::min(callers, background) == 0 && callers + background <= few_writes;
    flush(host_.shards_commit && few && !has_more() && !mailbox_.has_news());
}

void shard::move_watermark()
{
    for (lane& each : lanes_)
        each.move_watermark(host_.commits());
}

void shard::flush_if_large()
{
    if (lane_for(urgency::caller_waits).out.count() >= flush_writes ||
        lane_for(urgency::background).out.count() >= flush_background_writes)
        flush();
}

void shard::release_outputs()
{
    const auto let_go = [this](output& what) {
        if (auto* answer = std::get_if<answer_out>(&what))
            answer->to->take(answer->what ? std::move(*answer->what) : detail::answer());
        else if (auto* body = std::get_if<body_out>(&what))
            begin_body(*body->job);
        else if (auto* settled = std::get_if<settled_run>(&what))
            settle(settled->run);
        else
            again_.push_back(std::move(*std::get<request_again>(what).item));
    };
    for (lane& each : lanes_)
        each.held.release(each.durable, let_go);
}

/// Refuses everything that waits: the engine closes, or can no longer say what is durable.
void shard::end_all(errc why)
{
    detail::answer refused{.what = detail::answer_kind::engine_error, .why = why, .code = {}, .text = {}, .bytes = {}, .status = {}};
    const auto refuse_output = [&](output& what) {
        if (auto* answer = std::get_if<answer_out>(&what))
            answer->to->take(detail::answer(refused));
        else if (auto* again = std::get_if<request_again>(&what))
            again->item->to->take(detail::answer(refused));
        else if (auto* body = std::get_if<body_out>(&what))
            drop_job(*body->job);
    };
    for (lane& each : lanes_)
        each.held.release_all(refuse_output);
    const auto refuse = [&](waiter_list& waiting) {
        for (waiter& one : std::exchange(waiting, {}))
            one.to->take(detail::answer(refused));
    };
    for (auto& [number, waiting] : waiters_)
        refuse(waiting);
    waiters_.clear();
    for (auto& [number, waiting] : updates_)
        for (update_waiter& one : waiting)
            one.to->take(detail::answer(refused));
    updates_.clear();
    for (auto& [number, run] : runs_)
        refuse(run->waiters);
    for (auto& [number, held] : held_)
        for (request_item& item : std::exchange(held.requests, {}))
            item.to->take(detail::answer(refused));
    for (request_item& item : news_.requests)
        if (item.to)
            item.to->take(detail::answer(refused));
    news_.requests.clear();
    for (request_item& item : std::exchange(again_, {}))
        item.to->take(detail::answer(refused));
    for (request_item& item : waiting_starts_)
        item.to->take(detail::answer(refused));
    count_down(host_.count.starts_waiting, waiting_starts_.size());
    waiting_starts_.clear();
    for (auto& [number, run] : runs_)
        for (step_attempt* job : run->jobs)
            job->ask_to_stop();
}

void shard::hold(resident_run& run, output what)
{
    outputs& held = lane_for(run.last_in).held;
    if (is_durable(run))
        held.hold_ready(std::move(what));
    else
        held.hold(std::move(what));
}

void shard::answer(resident_run& run, detail::request_kind what, detail::answer a)
{
    auto left = std::count_if(run.waiters.begin(), run.waiters.end(), [&](const waiter& one) { return one.what == what; });
    for (waiter& one : run.waiters)
        if (one.what == what)
            hold(run, answer_out{std::move(one.to), --left == 0 ? std::make_unique<detail::answer>(std::move(a)) : std::make_unique<detail::answer>(a)});
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
            if (run)
                run->expected.erase(std::remove_if(run->expected.begin(), run->expected.end(), [&](base::time_us one) { return one <= now_; }),
                                    run->expected.end());
            if (run && run->driver)
                wake(*run);
            else if (!run)
                backlog_.push_back({due.due, due.run, 0});
        }
        else if (run)
            look_at_bodies(*run);
        flush_if_large();
    }
}

/// Entries of the heap may be of attempts before: what counts is what these say.
void shard::look_at_bodies(resident_run& run)
{
    const base::time_us grace = std::chrono::microseconds(host_.options.stop_grace).count();
    for (step_attempt* job : run.jobs)
    {
        if (job->of.deadline <= now_ && job->of.passed == time_limit::none)
        {
            job->of.passed = passed_limit(*job);
            if (job->of.passed != time_limit::none)
                ask_to_stop(*job);
        }
        else if (job->of.stop_asked_at != 0 && job->of.stop_asked_at + grace <= now_ && !std::exchange(job->of.is_named, true))
        {
            count_up(host_.count.bodies_ignoring_stop);
            host_.log(severity::warning, "the body of " + job->describe() + " was asked to stop and goes on: look at attempt.stop()",
                      run.header.workflow, run.header.id);
        }
    }
    leave_those_out_of_time(run);
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
    {
        run->expected.clear();
        if (const base::time_us due = run->driver ? next_due(*run) : journal::due_never; due != journal::due_never)
            expect(*run, due);
    }
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
}
