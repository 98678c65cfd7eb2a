// How requests come in, and the engine's small services to its shards: the rest of engine_core.

#include "engine/engine_core.hpp"
#include "base/fork_count.hpp"
#include "codec/utf8.hpp"
#include "engine/chance.hpp"
#include "engine/intent.hpp"
#include "engine/request_desk.hpp"
#include "engine/stored_rows.hpp"
#include "replay/token.hpp"

#include <everstep/async.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>
#include <utility>


namespace everstep::inline v0::detail
{
namespace
{
/// The engine whose thread this is: a blocking call of it from here would wait for itself.
thread_local const engine_core* engine_of_this_thread = nullptr;

answer refused(errc why, std::string text)
{
    answer a;
    a.what = answer_kind::engine_error;
    a.why = why;
    a.text = std::move(text);
    return a;
}

/// Where ask() waits.
class blocking_call
{
public:
    class end final : public receiver
    {
    public:
        explicit end(blocking_call& of) : of_(of) {}
        void take(answer&& a) noexcept override
        {
            // Notified under the lock: the waiting side may be gone as soon as it is released.
            std::lock_guard lock(of_.mutex_);
            of_.answer_ = std::move(a);
            of_.came_.notify_one();
        }

    private:
        blocking_call& of_;
    };

    answer wait()
    {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [this] { return answer_.has_value(); });
        return std::move(*answer_);
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::optional<answer> answer_;
};
}

void submit(const std::weak_ptr<engine_core>& core, request&& what, std::unique_ptr<receiver> to)
{
    const auto here = core.lock();
    std::optional<answer> now = here ? here->accept(std::move(what), [&] { return std::move(to); }) : refused(errc::closed, {});
    if (now)
        to->take(std::move(*now));
}

answer ask(const std::weak_ptr<engine_core>& core, request&& what)
{
    blocking_call call;
    {
        const auto here = core.lock();
        if (!here)
            return refused(errc::closed, {});
        if (here->is_own_thread())
            throw engine_error(errc::would_deadlock, "a blocking call on a thread of the engine would wait for itself: use the async_ form");
        if (std::optional<answer> now = here->accept(std::move(what), [&] { return std::make_unique<blocking_call::end>(call); }))
            return std::move(*now);
    }
    return call.wait();
}

void transact(const std::weak_ptr<engine_core>& core, std::unique_ptr<outside_transaction> one, admission when_full)
{
    if (const auto here = core.lock())
        here->accept(std::move(one), when_full);
    else
        one->ended(std::make_exception_ptr(engine_closed()));
}

void require_may_block(const std::weak_ptr<engine_core>& core)
{
    const auto here = core.lock();
    if (!here)
        throw engine_closed();
    if (here->is_own_thread())
        throw engine_error(errc::would_deadlock, "a blocking call on a thread of the engine would wait for itself: use the async_ form");
}

void read_tables(const std::weak_ptr<engine_core>& core, const std::function<void(row_source&)>& visit)
{
    const auto here = core.lock();
    if (!here)
        throw engine_closed();
    here->read_tables(visit);
}

std::string fresh_message_id() { return replay::hex_of(core::fresh_bits()); }

std::exception_ptr exception_of(const answer& a) noexcept
{
    switch (a.what)
    {
    case answer_kind::value: return nullptr;
    case answer_kind::run_failed: return std::make_exception_ptr(run_failed(a.code, a.text));
    case answer_kind::no_reply: return std::make_exception_ptr(no_reply());
    case answer_kind::engine_error:
        if (a.why == errc::closed)
            return std::make_exception_ptr(engine_closed());
        if (a.why == errc::unknown && a.text.empty())
            return std::make_exception_ptr(engine_error(
                a.why, "the disk failed and the outcome is not known: open the journal again and look the run up by its id"));
        return std::make_exception_ptr(engine_error(a.why, a.text));
    }
    return nullptr;
}

void raise_unless_value(const answer& a)
{
    if (a.what != answer_kind::value)
        std::rethrow_exception(exception_of(a));
}

boost::asio::any_io_executor default_executor(const std::weak_ptr<engine_core>& core)
{
    const auto here = core.lock();
    return here ? here->executor() : boost::asio::any_io_executor();
}

boost::asio::any_io_executor engine_core::executor() const { return is_open() ? io_->executor() : boost::asio::any_io_executor(); }

bool engine_core::is_own_thread() const noexcept { return engine_of_this_thread == this; }
void engine_core::enter_thread() noexcept { engine_of_this_thread = this; }

/// Why nothing is taken now; null: it is.
std::exception_ptr engine_core::refusal() const
{
    const life now = state_.load();
    if (now == life::made || now == life::opening)
        return std::make_exception_ptr(engine_error(errc::wrong_use, "the engine is not open yet: call open() first"));
    if (now != life::open)
        return std::make_exception_ptr(engine_closed());
    if (base::fork_count() != forks_at_open_)
        return std::make_exception_ptr(
            engine_error(errc::forked, "this process is a fork of the journal's owner: exec, or open a journal of its own"));
    return nullptr;
}

void engine_core::accept(std::unique_ptr<outside_transaction> one, admission when_full)
{
    std::shared_lock open(gate_);
    if (std::exception_ptr why = refusal())
        return one->ended(std::move(why));
    transactor_->submit(std::move(one), when_full);
}

void engine_core::accept_own(std::unique_ptr<outside_transaction> one) { transactor_->submit(std::move(one), admission::wait); }

void engine_core::read_journal(const std::function<void(store::store&)>& visit)
{
    /// The journal stays open meanwhile; and a blocking call from inside would hold the snapshot for as long as it waits.
    struct look
    {
        engine_core& of;
        const engine_core* before;
        explicit look(engine_core& core) : of(core), before(std::exchange(engine_of_this_thread, &core)) { ++of.readers_; }
        ~look()
        {
            engine_of_this_thread = before;
            if (--of.readers_ == 0 && of.state_ != life::open)
                of.body_ended();
        }
    } const inside(*this); // before the state is looked at: close() sets that, then looks for readers
    if (const std::exception_ptr why = refusal())
        std::rethrow_exception(why);
    try
    {
        visit(*store_);
    }
    catch (const store::unreadable& e)
    {
        throw engine_error(committer_->has_failed() ? errc::unknown : errc::io, "the journal cannot be read: " + std::string(e.what()));
    }
}

void engine_core::read_tables(const std::function<void(row_source&)>& visit)
{
    read_journal([&](store::store& journal) {
        journal.read([&](const store::snapshot& now) {
            core::snapshot_rows rows(now);
            visit(rows);
        });
    });
}

std::optional<answer> engine_core::accept(request&& what, const std::function<std::unique_ptr<receiver>()>& receiver_of)
{
    std::shared_lock open(gate_);
    const life now = state_.load(std::memory_order_acquire);
    if (now == life::made || now == life::opening)
        return refused(errc::wrong_use, "the engine is not open yet: call open() first");
    if (now != life::open)
        return refused(errc::closed, {});
    if (base::fork_count() != forks_at_open_)
        return refused(errc::forked, "this process is a fork of the journal's owner: exec, or open a journal of its own");
    const core::registered_workflow* code = nullptr;
    if (what.what == request_kind::complete)
    {
        auto target = core::decode_token(what.id);
        if (!target)
            return refused(errc::wrong_use, "this is no token of a promise");
        code = workflows.find(target->workflow);
        what.function = code ? code->function : nullptr;
        what.id = std::move(target->id);
        what.message.name = core::promise_signal(target->secret);
        what.message.type = std::move(target->name);
        what.message.id = std::move(target->secret);
    }
    else
        code = what.function ? workflows.find(what.function) : workflows.find(what.workflow);
    if (code)
        what.function = code->function;
    if (!code)
        return refused(errc::wrong_use, "this workflow was not added: call engine::add before open");
    if (what.what == request_kind::start && utf8_error(what.id) != what.id.size())
        return refused(errc::limit, "a run id is UTF-8 text");
    if (what.id.empty() || what.id.size() > journal::id_bytes_max)
        return refused(errc::limit, "a run id has 1 to " + std::to_string(journal::id_bytes_max) + " bytes, this one has " +
                                       std::to_string(what.id.size()));
    if (what.what == request_kind::start && what.bytes.size() > options.payload_bytes_max)
        return refused(errc::limit, "an input of " + std::to_string(what.bytes.size()) + " bytes is over payload_bytes_max (" +
                                       std::to_string(options.payload_bytes_max) + "): keep it outside and pass a reference");
    if (what.what == request_kind::complete)
    {
        const bool is_own = what.message.type.starts_with(core::own_signals); // a child's end, whose result was within the limit
        if (what.message.payload.size() > options.payload_bytes_max && !is_own)
            return refused(errc::limit, "an answer of " + std::to_string(what.message.payload.size()) + " bytes is over payload_bytes_max (" +
                                            std::to_string(options.payload_bytes_max) + ")");
    }
    else if (what.what == request_kind::signal || what.what == request_kind::update || (what.what == request_kind::start && !what.message.name.empty()))
        if (std::string why = core::limit_of(what.message, options.payload_bytes_max); !why.empty())
            return refused(errc::limit, std::move(why));
    const std::uint64_t hash = journal::id_hash(code->name, what.id);
    try
    {
        if (!is_own_thread()) // those have the journal read by the shard, which knows whether it need be
            if (std::optional<answer> at_once = answer_at_once(what, hash, *code))
                return at_once;
    }
    catch (const store::unreadable& e)
    {
        return committer_->has_failed() ? refused(errc::unknown, {}) : refused(errc::io, e.what());
    }
    shard_of(hash).put_request({std::move(what), hash, receiver_of()});
    return std::nullopt;
}

/// What the journal alone can answer needs no shard: a snapshot shows only what is durable.
std::optional<answer> engine_core::answer_at_once(const request& what, std::uint64_t id_hash, const core::registered_workflow& code)
{
    if (what.what != request_kind::reply && what.what != request_kind::result && what.what != request_kind::status)
        return std::nullopt;
    std::optional<answer> found_answer;
    store_->read([&](const store::snapshot& now) {
        const core::journal_reader reader(now);
        const auto found = reader.find(ids, newest_run(), id_hash, code.name, what.id);
        if (found && !(what.what == request_kind::reply && found->header.state == journal::run_state::running))
            found_answer = core::request_desk::answer_from_journal(reader, *found, what.what);
    });
    return found_answer;
}

base::run_number engine_core::take_run_number() noexcept
{
    return base::run_number{next_run_.fetch_add(1, std::memory_order_relaxed)};
}
base::run_number engine_core::newest_run() const noexcept
{
    return base::run_number{next_run_.load(std::memory_order_relaxed) - 1};
}

void engine_core::submit(step_place place, std::span<core::body_job* const> jobs)
{
    if (place == step_place::fiber)
        fibers_->submit(jobs);
    else
        pool_->submit(jobs);
}

void engine_core::transact(std::span<core::step_attempt* const> jobs) { transactor_->submit(jobs); }

void engine_core::spawn(core::body_job& job)
{
    core::body_job* const one[] = {&job};
    io_->submit(one);
}

std::uint32_t engine_core::deaths(std::uint64_t run, std::uint64_t step) const noexcept
{
    if (!has_deaths_.load(std::memory_order_relaxed))
        return 0;
    std::lock_guard lock(mutex_);
    const auto at = deaths_.find({run, step});
    return at == deaths_.end() ? 0 : at->second;
}

void engine_core::trust(std::uint64_t run) noexcept
{
    inflight_->clear_run(run);
    std::lock_guard lock(mutex_);
    std::erase_if(deaths_, [run](const auto& one) { return one.first.first == run; });
}

void engine_core::body_ended() noexcept
{
    std::lock_guard lock(mutex_);
    changed_.notify_all();
}

void engine_core::load_wakes()
{
    std::vector<std::vector<core::wake_index::row>> of_shard(shards_.size());
    wakes_->load([&](const core::wake_index::row& row) { of_shard[row.id_hash % shards_.size()].push_back(row); },
                 [&](base::run_number run) { damaged_wakes_.push_back(run); });
    for (std::size_t index = 0; index < shards_.size(); ++index)
        if (!of_shard[index].empty())
            shards_[index]->put_due(of_shard[index]);
    for (; !damaged_wakes_.empty(); damaged_wakes_.pop_back()) // what cannot be read stays, for the next call
    {
        // Its row does not say whose it is; its header does, and the shard parks it.
        const base::run_number run = damaged_wakes_.back();
        const core::stored_run stored = core::journal_reader(*store_).read(run, -1);
        if (!stored.header)
            continue;
        const std::uint64_t hash = journal::id_hash(stored.header->workflow, stored.header->id);
        shard_of(hash).put_due({{journal::due_now, run, hash}});
    }
    // Everything due is read, a page after the other; what is due later waits for its time.
    if (wakes_->horizon() <= std::max(time_->now(), time_->wall()))
        shards_.front()->put_alarm();
}

void engine_core::missing_code(std::string_view workflow, base::run_number) noexcept
{
    core::count_up(count.runs_without_code);
    {
        std::lock_guard lock(mutex_);
        if (!missing_.emplace(workflow).second)
            return;
    }
    log(severity::warning, "runs of workflow '" + std::string(workflow) + "' wait in the journal for their code: add it before open()",
        workflow);
}

void engine_core::log(severity level, std::string_view text, std::string_view workflow, std::string_view run) noexcept
{
    try
    {
        if (options.log)
            options.log({level, text, workflow, run});
        else if (level != severity::note)
            std::fprintf(stderr, "everstep: %.*s%s%.*s%s%.*s\n", static_cast<int>(workflow.size()), workflow.data(),
                         run.empty() ? "" : "/", static_cast<int>(run.size()), run.data(), workflow.empty() ? "" : ": ",
                         static_cast<int>(text.size()), text.data());
    }
    catch (...)
    {
        // The application's log must not stop the engine, and there is nowhere else to say so.
    }
}

everstep::metrics engine_core::metrics() const
{
    everstep::metrics m;
    const auto load = [](const core::counters::count& c) { return c.load(std::memory_order_relaxed); };
    m.runs_started = load(count.runs_started);
    m.runs_completed = load(count.runs_completed);
    m.runs_failed = load(count.runs_failed);
    m.runs_cancelled = load(count.runs_cancelled);
    m.runs_terminated = load(count.runs_terminated);
    m.runs_continued = load(count.runs_continued);
    m.runs_parked = load(count.runs_parked);
    m.runs_without_code = load(count.runs_without_code);
    m.runs_deleted = load(count.runs_deleted);
    m.runs_recovered = load(count.runs_recovered);
    m.runs_evicted = load(count.runs_evicted);
    m.runs_resident = load(count.runs_resident);
    m.starts_waiting = load(count.starts_waiting);
    m.steps_recorded = load(count.steps_recorded);
    m.transactions = load(count.transactions);
    m.attempts_failed = load(count.attempts_failed);
    m.attempts_timed_out = load(count.attempts_timed_out);
    m.bodies_running = load(count.bodies_running);
    m.bodies_ignoring_stop = load(count.bodies_ignoring_stop);
    m.turns_blocked = load(count.turns_blocked);
    m.entries_written = load(count.entries_written);
    m.entries_replayed = load(count.entries_replayed);
    m.timers_fired = load(count.timers_fired);
    m.signals = load(count.signals);
    m.signals_unread = load(count.signals_unread);
    m.deliveries = load(count.deliveries);
    m.deliveries_failed = load(count.deliveries_failed);
    m.dead_letters = load(count.dead_letters);
    m.events_deleted = load(count.events_deleted);
    std::unique_lock open(close_mutex_, std::try_to_lock);
    if (!open || !is_open())
        return m; // what follows is taken apart by close()
    m.commits = committer_->commits();
    m.commits_delayed_full = committer_->commits_delayed();
    m.clock_jumps = time_->wall_jumps();
    m.pool_threads = pool_->threads();
    try
    {
        const store::space used = store_->usage();
        m.journal_bytes = used.used_bytes;
        m.oldest_reader_lag = used.oldest_reader_lag;
    }
    catch (const store::unreadable&)
    {
        // Of a journal that cannot be read: everybody who asks it something is told so.
    }
    return m;
}
}
