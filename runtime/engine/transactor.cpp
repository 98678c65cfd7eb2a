#include "engine/transactor.hpp"

#include "base/assert.hpp"
#include "engine/inflight_map.hpp"
#include "journal/history.hpp"

#include <everstep/error.hpp>
#include <everstep/transaction.hpp>

#include <algorithm>
#include <utility>

namespace everstep::core
{
namespace
{
/// Elements are submitted in pieces of about this many writes, so that a commit takes little background work while callers are about.
constexpr std::size_t flush_writes = 256;
/// Of each kind in one sweep, and for how long bodies begin in it: so that what is done is submitted, and who comes meanwhile is heard soon.
constexpr std::size_t per_sweep = 256;
constexpr base::time_us sweep_us = 1'000;
/// So many callers may wait for their turn before one that would not wait is refused.
constexpr std::size_t outside_waiting_max = 1'024;
/// Beyond it a row would have more records than there are numbers.
constexpr std::size_t row_bytes_max = 64u << 20;
constexpr std::size_t few_writes = 16;
constexpr base::time_us read_again_us = 1'000'000;
constexpr base::time_us slow_us = 1'000'000;

std::exception_ptr refusal(errc why)
{
    if (why == errc::closed)
        return std::make_exception_ptr(engine_closed());
    return std::make_exception_ptr(
        engine_error(why, "the disk failed and the outcome is not known: open the journal again and look whether the transaction is there"));
}
}

transactor::transactor(shard_host& host, std::size_t alarm) : host_(host), alarm_(alarm) {}

transactor::~transactor() { stop(); }

void transactor::start()
{
    thread_ = std::thread([this] { work(); });
}

void transactor::stop() noexcept
{
    if (!thread_.joinable())
        return;
    mailbox_.put([](news& n) { n.stop = true; });
    thread_.join();
    mailbox_.take(news_, false); // what came after the last look
    urgent_.insert(urgent_.end(), news_.jobs.begin(), news_.jobs.end());
    sort_outside();
    news_.clear();
    refuse_all(errc::unknown); // what is queued may yet be committed
    quiet_.store(true, std::memory_order_release);
}

void transactor::submit(std::span<step_attempt* const> jobs)
{
    mailbox_.put([&](news& n) { n.jobs.insert(n.jobs.end(), jobs.begin(), jobs.end()); });
    warn_of_slow_body();
}

void transactor::submit(std::unique_ptr<detail::outside_transaction> one, admission when_full)
{
    if (one->whose() == detail::sake::caller && when_full == admission::refuse && (is_overloaded() || outside_waiting_.load(std::memory_order_relaxed) >= outside_waiting_max))
        return one->ended(std::make_exception_ptr(engine_error(errc::overloaded, "the engine has all it can take: come again later")));
    if (one->whose() == detail::sake::caller)
        outside_waiting_.fetch_add(1, std::memory_order_relaxed);
    mailbox_.put([&](news& n) { n.outside.push_back(std::move(one)); });
    warn_of_slow_body();
}

void transactor::put_durable()
{
    mailbox_.put([](news& n) { n.durable = true; });
}
void transactor::put_alarm()
{
    mailbox_.put([](news& n) { n.alarm = true; });
}
void transactor::put_closing()
{
    mailbox_.put([](news& n) { n.closing = true; });
}

bool transactor::is_overloaded() const
{
    return host_.commits().queued_bytes() > host_.options.queue_bytes_max || host_.commits().is_full();
}

void transactor::work()
{
    host_.enter_thread();
    inflight_hint_ = host_.inflight().next_hint();
    while (!news_.stop)
    {
        mailbox_.take(news_, !has_more());
        iterate();
    }
}

bool transactor::has_more() const
{
    if (lane_.held.has_ready())
        return true;
    if (!live_ || stalled_)
        return false;
    return !urgent_.empty() || (!outside_.empty() && !is_overloaded()) ||
           ((!background_.empty() || !own_.empty()) && !host_.commits().has_background_enough());
}

void transactor::sort_outside()
{
    for (auto& one : news_.outside)
        (one->whose() == detail::sake::caller ? outside_ : own_).push_back(std::move(one));
}

void transactor::iterate()
{
    now_ = host_.time().now();
    for (step_attempt* job : news_.jobs)
        (job->rec->caller_waits ? urgent_ : background_).push_back(job);
    sort_outside();
    stalled_ &= !news_.alarm;
    live_ &= !news_.closing;
    const bool is_full = host_.commits().is_full();
    if (host_.commits().has_failed()) // at any time, also while we close
    {
        live_ = false;
        refuse_all(errc::unknown);
    }
    if (!live_ && is_full) // who closes cannot wait for room; whether they are written yet, nobody knows
        refuse_all(errc::unknown);
    if (!live_)
        refuse_waiting(errc::closed);
    lane_.move_watermark(host_.commits());
    release();
    if (live_ && !stalled_)
        run_some();
    lane_.move_watermark(host_.commits());
    release();
    const bool all_told = host_.commits().has_failed() || is_full || (!lane_.is_pending() && !has_more());
    if (!live_ && all_told && !quiet_.exchange(true))
        host_.body_ended(); // close() may go on
}

/// Callers first, then work that nobody waits for, no more of which is made than the commits to come can take.
void transactor::run_some()
{
    const base::time_us until = now_ + sweep_us;
    for (std::size_t n = 0; n < per_sweep && now_ < until && !stalled_ && !outside_.empty() && !is_overloaded(); ++n)
    {
        std::unique_ptr<detail::outside_transaction> one = std::move(outside_.front());
        outside_.pop_front();
        outside_waiting_.fetch_sub(1, std::memory_order_relaxed);
        run(std::move(one), urgency::caller_waits_for_transaction);
    }
    // One of each kind at least, however long the others take.
    for (std::size_t n = 0; n < per_sweep && (n == 0 || now_ < until) && run_next(urgent_); ++n)
    {
    }
    const bool few = lane_.out.count() <= few_writes && !has_more() && !mailbox_.has_news();
    flush(urgency::caller_waits_for_transaction, host_.shards_commit && few);
    const auto has_time = [&](std::size_t n) {
        return n < per_sweep && (n == 0 || now_ < until) && !host_.commits().has_background_enough();
    };
    for (std::size_t n = 0; has_time(n) && run_next(background_); ++n)
    {
    }
    for (std::size_t n = 0; has_time(n) && run_next_own(); ++n)
    {
    }
    flush(urgency::background_transaction, host_.shards_commit && lane_.out.count() <= few_writes && !has_more() && !mailbox_.has_news());
}

bool transactor::run_next(std::deque<step_attempt*>& jobs)
{
    if (jobs.empty() || stalled_)
        return false;
    if (run(*jobs.front()) == outcome::unreadable)
    {
        stall(); // it stays in front
        return false;
    }
    jobs.pop_front();
    if (lane_.out.count() >= flush_writes)
        flush(&jobs == &urgent_ ? urgency::caller_waits_for_transaction : urgency::background_transaction);
    return true;
}

bool transactor::run_next_own()
{
    if (own_.empty() || stalled_)
        return false;
    std::unique_ptr<detail::outside_transaction> one = std::move(own_.front());
    own_.pop_front();
    run(std::move(one), urgency::background_transaction);
    return true;
}

void transactor::stall()
{
    stalled_ = true;
    host_.log(severity::error, "the journal cannot be read: transactions wait, and are tried again in a second");
    host_.time().arm(alarm_, now_ + read_again_us);
}

template <class Body>
void transactor::call(open_transaction& opened, const step_attempt* job, detail::sake whose, Body&& body)
{
    {
        const std::lock_guard lock(running_mutex_);
        running_job_ = job;
        running_outside_ = job == nullptr && whose != detail::sake::engine; // nobody need wait for the engine's own
    }
    now_ = host_.time().now();
    running_since_.store(now_, std::memory_order_relaxed);
    transaction tx(opened, host_.given);
    body(tx);
    now_ = host_.time().now(); // its entry is made now: delays count from here
    running_since_.store(0, std::memory_order_relaxed);
    const std::lock_guard lock(running_mutex_);
    running_job_ = nullptr;
    running_outside_ = false;
}

open_transaction::place transactor::place(detail::sake whose)
{
    const bool is_limited = whose != detail::sake::engine;
    return {host_.journal(), overlay_, known_, host_.topics, is_limited ? std::min(host_.options.payload_bytes_max, row_bytes_max) : row_bytes_max,
            is_limited ? host_.options.turn_bytes_max : SIZE_MAX, host_.time(), &host_.workflows};
}

transactor::outcome transactor::run(step_attempt& job)
{
    open_transaction opened(place(detail::sake::handler));
    call(opened, &job, detail::sake::handler, [&](transaction& tx) {
        job.slot = host_.inflight().acquire(job.blame_run, job.blame_step, inflight_hint_);
        job.transact(tx);
        host_.inflight().release(job.slot, inflight_hint_);
    });
    ended_transaction ended{.job = &job, .outside = {}, .failure = {}, .through = 0};
    try
    {
        if (opened.trouble())
            std::rethrow_exception(opened.trouble());
        if (job.end == body_end::value)
        {
            step_attempt::recording& rec = *job.rec;
            journal::tail end = rec.end; // moves when all is written
            rec.entry.at = now_;
            rec.entry.payload = job.encoded;
            ended.through = write(opened, [&](store::batch& out) {
                rec.bytes = journal::append(job.of.run->number, end, rec.entry,
                                            [&](store::key at, std::string_view value) { out.put(journal::table::history, at, value); });
            });
            rec.end = end;
            count_up(host_.count.entries_written);
            host_.inflight().clear(job.blame_run, job.blame_step);
        }
    }
    catch (const store::unreadable&)
    {
        if (!host_.commits().has_failed())
            return outcome::unreadable;
        job.end = body_end::never_begun;
    }
    catch (...)
    {
        job.fail(std::current_exception());
    }
    hold(std::move(ended));
    return outcome::ended;
}

void transactor::run(std::unique_ptr<detail::outside_transaction> one, urgency how)
{
    const detail::sake whose = one->whose();
    open_transaction opened(place(whose));
    ended_transaction ended{.job = nullptr, .outside = std::move(one), .failure = {}, .through = 0};
    try
    {
        call(opened, nullptr, whose, [&](transaction& tx) {
            try
            {
                ended.outside->run(tx);
            }
            catch (...)
            {
                ended.failure = std::current_exception();
            }
        });
        if (opened.trouble())
            std::rethrow_exception(opened.trouble());
        if (whose == detail::sake::caller && !ended.failure && host_.is_journal_nearly_full() && opened.grows())
            throw engine_error(errc::overloaded, "the journal is nearly full, and what is left is for running work: erase rows, or give it room");
        if (!ended.failure)
            ended.through = write(opened, [](store::batch&) {});
    }
    catch (const store::unreadable& e)
    {
        ended.failure = std::make_exception_ptr(engine_error(errc::io, "the journal cannot be read: " + std::string(e.what())));
    }
    catch (...)
    {
        ended.failure = std::current_exception();
    }
    hold(std::move(ended));
    if (lane_.out.count() >= flush_writes)
        flush(how);
}

/// Puts the element of a transaction behind those before it, or nothing of it. Returns its number where it wrote rows.
template <class AppendEntry>
transaction_number transactor::write(open_transaction& opened, AppendEntry&& append)
{
    store::batch& out = lane_.out;
    const std::size_t bytes_max = opened.bytes_max();
    const store::batch::mark before = out.here();
    try
    {
        append(out);
        opened.write_to(out);
        if (out.here().bytes - before.bytes > bytes_max)
            throw engine_error(errc::limit, "the transaction writes " + std::to_string(out.here().bytes - before.bytes) +
                                                " bytes, over turn_bytes_max (" + std::to_string(bytes_max) +
                                                "): write less, or in several transactions");
    }
    catch (...)
    {
        out.truncate(before);
        throw;
    }
    if (out.count() != before.writes + before.rows)
        count_up(host_.count.transactions);
    return opened.written().empty() ? 0 : overlay_.add(opened.written());
}

/// Where it wrote nothing it depends on what the last one wrote.
void transactor::hold(ended_transaction&& what)
{
    if (lane_.is_pending())
        lane_.held.hold(std::move(what));
    else
        lane_.held.hold_ready(std::move(what));
}

void transactor::flush(urgency how, bool here)
{
    lane_.how = how;
    lane_.submit(host_.commits(), here);
}

void transactor::release()
{
    lane_.held.release(lane_.durable, [this](ended_transaction& what) { let_go(what); });
    send_home();
}

void transactor::let_go(ended_transaction& what)
{
    if (what.through != 0)
        overlay_.settle(what.through);
    if (what.outside)
        return what.outside->ended(std::move(what.failure));
    if (!homecoming_.empty() && &homecoming_.front()->home() != &what.job->home())
        send_home();
    homecoming_.push_back(what.job);
}

void transactor::send_home()
{
    if (!homecoming_.empty())
        homecoming_.front()->home().take_back(homecoming_);
    homecoming_.clear();
}

/// What has not begun: never will.
void transactor::refuse_waiting(errc why)
{
    for (auto* jobs : {&urgent_, &background_})
        for (step_attempt* job : std::exchange(*jobs, {}))
        {
            job->end = body_end::never_begun;
            ended_transaction home{.job = job, .outside = {}, .failure = {}, .through = 0};
            let_go(home);
        }
    send_home();
    outside_waiting_.fetch_sub(outside_.size(), std::memory_order_relaxed);
    for (auto* waiting : {&outside_, &own_})
        for (auto& one : std::exchange(*waiting, {}))
            one->ended(refusal(why));
}

/// The engine can no longer say what is durable, or is about to be gone.
void transactor::refuse_all(errc why)
{
    const auto refuse = [&](ended_transaction& what) {
        if (what.outside)
            return what.outside->ended(refusal(why));
        what.job->end = body_end::never_begun;
        let_go(what);
    };
    lane_.held.release_all(refuse);
    refuse_waiting(host_.commits().has_failed() ? errc::unknown : errc::closed);
}

std::string transactor::running() const
{
    const std::lock_guard lock(running_mutex_);
    if (running_job_)
        return running_job_->describe();
    return running_outside_ ? "a transaction from outside" : std::string();
}

/// By whoever brings work while a body runs: there is no watch of its own.
void transactor::warn_of_slow_body()
{
    base::time_us since = running_since_.load(std::memory_order_relaxed);
    if (since == 0 || host_.time().now() - since < slow_us || !running_since_.compare_exchange_strong(since, 0))
        return;
    const std::string name = running();
    if (!name.empty())
        host_.log(severity::warning, name + " is a transaction that runs for over a second: all others wait for it");
}
}
