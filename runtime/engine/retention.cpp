#include "engine/retention.hpp"

#include <algorithm>
#include <pthread.h>
#include <utility>

namespace everstep::core
{
namespace
{
/// Between looks that commits drive, so that pages are worth their commit.
constexpr base::time_us pause_us = 100'000;
/// From a look to the alarm at the earliest: an engine at rest is not woken more often.
constexpr base::time_us minute_us = 60'000'000;
/// Of a page: what takes LMDB a millisecond or two; and what is enough at any speed.
constexpr std::size_t records_least = 1024;
constexpr std::size_t records_most = 16'384;

base::run_number after(base::run_number run) noexcept { return base::run_number{base::to_integer(run) + 1}; }
}

retention::retention(shard_host& host, terms chosen)
    : host_(host), terms_(std::move(chosen)), finished_(host.journal()), spent_(host.ids, after(host.newest_run()))
{
}

retention::~retention() { stop(); }

void retention::start()
{
    {
        const std::scoped_lock lock(mutex_); // commits may come already
        phase_ = phase::looking;
    }
    thread_ = std::thread([this] { work(); });
}

void retention::stop() noexcept
{
    give_up();
    wanted_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

void retention::give_up() noexcept
{
    const std::scoped_lock lock(mutex_);
    phase_ = phase::stopped;
}

void retention::work()
{
    ::pthread_setname_np(::pthread_self(), "everstep delete");
    host_.enter_thread();
    for (;;)
    {
        {
            std::unique_lock lock(mutex_);
            wanted_.wait(lock, [this] { return phase_ == phase::looking || phase_ == phase::stopped; });
            if (phase_ == phase::stopped)
                return;
        }
        look();
    }
}

void retention::committed()
{
    base::time_us arm_at = never;
    bool looks = false;
    {
        const std::scoped_lock lock(mutex_);
        if (phase_ == phase::deleting)
            looks = host_.commits().durable_through(urgency::background) >= in_flight_;
        else if (phase_ == phase::resting)
        {
            const base::time_us now = host_.time().now();
            if (due_ == never && may_have_ended()) // perhaps in this commit
            {
                due_ = now + terms_.keep;
                arm_at = alarm_at();
            }
            looks = now >= std::max(due_, last_look_ + pause_us);
        }
        if (looks)
            phase_ = phase::looking;
    }
    if (looks)
        wanted_.notify_one();
    else if (arm_at != never)
        host_.time().arm(terms_.alarm, arm_at);
}

void retention::alarm()
{
    {
        const std::scoped_lock lock(mutex_);
        if (phase_ != phase::resting)
            return;
        phase_ = phase::looking;
    }
    wanted_.notify_one();
}

void retention::look()
{
    base::time_us last_look = 0;
    {
        const std::scoped_lock lock(mutex_);
        last_look = last_look_;
    }
    try
    {
        count_deleted();
        const base::time_us now = host_.time().now();
        if (!may_be_more_ && now < last_look + pause_us)
            return rest();
        // Where there is no room, a commit that also deletes would need still more of it: the one that finds room brings us back.
        if (host_.commits().is_full())
            return rest_unlooked(now);
        finished_page page = read_page();
        for (const std::string& text : page.left)
            host_.log(severity::error, text);
        if (finished_.has_given_up())
        {
            host_.log(severity::error,
                      "too many finished runs are damaged: no more of them are deleted; restore a backup");
            return give_up();
        }
        if (page.runs.empty())
            return rest();
        submit(std::move(page));
    }
    catch (const store::unreadable& e)
    {
        rest_after_trouble(e.what());
    }
}

/// The last page is durable by now.
void retention::count_deleted()
{
    if (deleting_.empty())
        return;
    count_up(host_.count.runs_deleted, deleting_.size());
    spent_.add(std::exchange(deleting_, {}));
    spent_.drop(host_.journal());
}

finished_page retention::read_page()
{
    const base::time_us now = host_.time().now();
    commits_before_ = host_.commits().commits();
    finished_page page = finished_.read(now - terms_.keep, records_of_page());
    may_be_more_ = page.is_full;
    next_ended_ = page.next.value_or(never);
    const std::scoped_lock lock(mutex_);
    last_look_ = now;
    has_seen_any_ = has_seen_any_ || page.next || !page.runs.empty();
    return page;
}

/// Twice what was written since the last page, so that we keep up with it and come closer to what is due.
std::size_t retention::records_of_page()
{
    const std::uint64_t entries = host_.count.entries_written.load(std::memory_order_relaxed);
    const std::uint64_t fresh = entries - std::exchange(entries_before_, entries);
    if (host_.is_journal_nearly_full())
        return records_least; // also a deletion needs pages, and the reserve is for running work, too
    return std::clamp<std::size_t>(2 * fresh, records_least, records_most);
}

void retention::submit(finished_page page)
{
    deleting_ = std::move(page.runs); // all of them wait for the last batch, as the queue keeps its order
    terms_.before_delete();
    // If we die before a commit, recovery finds the runs of its batches whole, and the first look of the next process deletes them. If we
    // die after it, nothing of them is left: their ids are free, and no run number is used again, because the meta record, which is put
    // in the same commit or an earlier one, holds a higher one.
    position at = 0;
    for (store::batch& erases : page.erases)
        at = host_.commits().submit(erases, urgency::background);
    const std::scoped_lock lock(mutex_);
    in_flight_ = at;
    const bool is_durable =
        host_.commits().durable_through(urgency::background) >= at; // committed() did not know of it yet
    if (phase_ != phase::stopped && !is_durable)
        phase_ = phase::deleting;
}

void retention::rest()
{
    base::time_us arm_at = never;
    {
        const std::scoped_lock lock(mutex_);
        if (phase_ == phase::stopped)
            return;
        phase_ = phase::resting;
        due_ = next_ended_ == never ? never : next_ended_ + terms_.keep;
        // What was committed while we looked has asked in vain.
        if (due_ == never && may_have_ended() && host_.commits().commits() != commits_before_)
            due_ = host_.time().now() + terms_.keep;
        arm_at = due_ == never ? never : alarm_at();
    }
    host_.time().arm(terms_.alarm, arm_at);
}

void retention::rest_after_trouble(const std::string& text)
{
    if (host_.commits().has_failed())
        return give_up();
    host_.log(severity::error, "finished runs cannot be read, which is tried again in a minute: " + text);
    rest_unlooked(host_.time().now() + minute_us);
}

/// Until a commit at `due` or later; the alarm is a minute away.
void retention::rest_unlooked(base::time_us due)
{
    may_be_more_ = true;
    {
        const std::scoped_lock lock(mutex_);
        if (phase_ == phase::stopped)
            return;
        phase_ = phase::resting;
        due_ = due;
    }
    host_.time().arm(terms_.alarm, host_.time().now() + minute_us);
}

/// An engine without finished runs is not woken for them. Counts run ahead of the disk, so what is durable has been counted.
bool retention::may_have_ended() const noexcept
{
    const auto counted = [](const counters::count& c) { return c.load(std::memory_order_relaxed) != 0; };
    return has_seen_any_ || counted(host_.count.runs_completed) || counted(host_.count.runs_failed) ||
           counted(host_.count.runs_cancelled) || counted(host_.count.runs_terminated) || counted(host_.count.runs_continued);
}

base::time_us retention::alarm_at() const noexcept { return std::max(due_, last_look_ + minute_us); }
}
