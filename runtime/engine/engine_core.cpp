#include "engine/engine_core.hpp"

#include "base/fork_count.hpp"
#include "engine/request_desk.hpp"
#include "engine/system_time.hpp"
#include "journal/header.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>


namespace everstep::inline v0::detail
{
using journal::table;

namespace
{
/// Engine time is journaled ahead by this much, so that a commit need not carry a clock of its own.
constexpr base::time_us clock_lease_us = 20'000;
constexpr journal::record_key meta_key{0, 0};
/// The map's room is looked at every so often: less than a hundred megabytes can go by, and the last sixteenth is kept for it.
constexpr std::uint64_t commits_per_look = 8;

/// What is kept for longer than anything lasts is kept for ever.
bool is_for_ever(std::chrono::milliseconds keep) noexcept { return keep >= std::chrono::years(1000); }
}

engine_core::engine_core(engine_options chosen, engine_parts parts) : parts_(std::move(parts))
{
    options = std::move(chosen);
    if (options.shards == 0)
        options.shards = std::max(2u, std::thread::hardware_concurrency()) - 1;
}

engine_core::~engine_core() { stop_all(); } // the public engine has closed it

void engine_core::add_topic(std::string name)
{
    if (name.empty() || name.size() > core::registry::name_bytes_max)
        throw engine_error(errc::limit, "a topic's name has 1 to 128 bytes, this one has " + std::to_string(name.size()));
    if (name.starts_with("everstep."))
        throw engine_error(errc::wrong_use, "names that begin with 'everstep.' are the engine's own: choose another name for the topic");
    if (!topics.insert(name).second)
        throw engine_error(errc::wrong_use, "topic '" + name + "' was added before");
}

void engine_core::open()
{
    life made = life::made;
    if (!state_.compare_exchange_strong(made, life::opening))
        throw engine_error(errc::wrong_use, "an engine is opened once");
    forks_at_open_ = base::fork_count();
    try
    {
        store_ = parts_.make_store(options);
        check_meta();
        make_places();
        make_committer();
        settle_journal();
        make_shards();
    }
    catch (...)
    {
        stop_all();
        state_ = life::closed;
        throw;
    }
    state_.store(life::open, std::memory_order_release);
}

/// What the last owner left: refused where it is newer or damaged, with nothing written.
void engine_core::check_meta()
{
    store_->read([this](const store::snapshot& now) {
        if (const auto value = now.get(table::meta, meta_key))
        {
            const auto meta = journal::decode_meta(meta_key, *value);
            if (!meta)
                throw engine_error(errc::damaged, "the journal's own record is damaged: restore a backup");
            if (meta->format > journal::journal_format)
                throw engine_error(errc::newer_format, "the journal is of format " + std::to_string(meta->format) +
                                                           ", this everstep reads up to " +
                                                           std::to_string(journal::journal_format) + ": use a newer one");
            epoch_ = meta->epoch;
            next_run_ = std::max<std::uint64_t>(meta->next_run, 1);
            clock_lease_ = meta->clock;
        }
        if (const auto value = now.get(table::meta, journal::next_event_key))
        {
            const auto next = journal::decode_next_event(*value);
            if (!next)
                throw engine_error(errc::damaged, "the journal's count of events is damaged: restore a backup");
            next_event_ = *next;
        }
        if (const auto last = now.last(table::run))
            next_run_ = std::max(next_run_.load(), last->major + 1);
    });
}

void engine_core::make_places()
{
    const auto enter = [this] { enter_thread(); };
    inflight_ = options.journal == ":memory:" ? std::make_unique<core::inflight_map>()
                                              : std::make_unique<core::inflight_map>(options.journal + "/inflight.map");
    if (!inflight_->trouble().empty())
        log(severity::warning, "crash loops go unnoticed: " + inflight_->trouble());
    for (const auto& found : inflight_->found())
        deaths_.emplace(std::pair(found.run, found.step), found.deaths);
    has_deaths_ = !deaths_.empty();
    io_ = std::make_unique<core::io_place>(*inflight_, enter);
    time_ = parts_.make_time ? parts_.make_time(io_->executor()) : std::make_unique<core::system_time>(io_->executor());
    core::pool_limits pool;
    pool.threads_max = std::max(options.pool_threads_max, 1u);
    pool_ = std::make_unique<core::pool_place>(pool, *inflight_);
    core::fiber_limits fibers;
    fibers.threads = std::max(options.fiber_threads, 1u);
    fibers_ = std::make_unique<core::fiber_place>(fibers, *pool_, *inflight_, [this](std::string_view step) {
        log(severity::warning, "step '" + std::string(step) + "' blocked its fiber thread: its bodies go to the pool from now on");
    });
}

/// Now and then, by whoever commits: how full the store is, and each minute whether somebody's reading holds its old pages (H7, H8).
void engine_core::look_at_store() noexcept
try
{
    constexpr base::time_us minute = 60'000'000;
    constexpr std::uint64_t lag_worth_a_word = 10'000;
    const store::space used = store_->usage();
    nearly_full_.store(used.used_bytes > used.capacity_bytes - used.capacity_bytes / 16, std::memory_order_relaxed);
    if (time_->now() - readers_checked_at_ < minute)
        return;
    readers_checked_at_ = time_->now();
    store_->check_readers(); // frees what dead processes hold
    if (used.oldest_reader_lag > lag_worth_a_word)
        log(severity::warning, "somebody has been reading the journal since " + std::to_string(used.oldest_reader_lag) +
                                   " commits ago: until that ends, the file only grows");
}
catch (const store::unreadable&)
{
    // The next commit finds out, and says so.
}

void engine_core::make_committer()
{
    core::committer::events on;
    on.complete = [this](store::batch& own) { complete_commit(own); };
    on.now = [this] { return time_->now(); };
    // In the commit that holds the events: a reopened engine goes on behind the last one that is durable.
    on.numbered = [this](store::batch& own, journal::event_number next) {
        next_event_ = next;
        own.put(table::meta, journal::next_event_key, journal::encode_next_event(next));
    };
    on.durable = [this] {
        if (state_.load(std::memory_order_relaxed) == life::opening)
        {
            std::lock_guard lock(mutex_);
            changed_.notify_all();
            return;
        }
        // Nearly full, each commit may be the one that has made room for starts that wait.
        if (committer_->commits() % commits_per_look == 0 || is_journal_nearly_full())
            look_at_store();
        tell_durable();
        if (retention_)
            retention_->committed();
    };
    on.failed = [this](const std::string& text) {
        log(severity::error, "a commit failed and its outcome is unknown: the engine stops; open it again (" + text + ")");
        {
            std::lock_guard lock(mutex_);
            failure_ = text;
            changed_.notify_all();
        }
        if (state_.load(std::memory_order_relaxed) != life::opening)
            tell_durable();
    };
    on.full = [this](const std::string& text) {
        log(text.empty() ? severity::note : severity::error,
            text.empty() ? "there is room again: commits go on" : "no room for the journal: commits wait until there is (" + text + ")");
        if (state_.load(std::memory_order_relaxed) != life::opening)
        {
            transactor_->put_durable(); // who closes does not wait for room
            for (const auto& one : attached_)
                one->put_durable(next_event());
        }
        std::lock_guard lock(mutex_);
        full_ = text;
        changed_.notify_all();
    };
    committer_ = std::make_unique<core::committer>(*store_, std::move(on));
}

/// By whoever has committed, or failed to.
void engine_core::tell_durable()
{
    if (!committer_->has_failed())
        next_durable_event_.store(next_event_, std::memory_order_release);
    for (const auto& shard : shards_)
        shard->put_durable();
    transactor_->put_durable();
    for (const auto& one : attached_)
        one->put_durable(next_event());
}

/// One durable commit before anything is answered: what the last owner's last commit came to is settled on disk from then on.
void engine_core::settle_journal()
{
    // One alarm a shard, one for transactions, one for retention, and those of what is attached.
    time_->start(clock_lease_, alarm_of_attached() + attached_.size(), [this](std::size_t alarm) {
        if (state_.load(std::memory_order_relaxed) == life::opening)
            return;
        if (alarm < shards_.size())
            shards_[alarm]->put_alarm();
        else if (alarm == shards_.size())
            transactor_->put_alarm();
        else if (alarm < alarm_of_attached())
        {
            if (retention_) // all are called where the clock was set
                retention_->alarm();
        }
        else
            attached_[alarm - alarm_of_attached()]->put_alarm();
    });
    ++epoch_;
    clock_lease_ = 0; // so that the first commit writes the record
    committer_->start(next_event_);
    store::batch nothing;
    const core::position first = committer_->submit(nothing, core::urgency::caller_waits);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return committer_->durable_through(core::urgency::caller_waits) >= first || !failure_.empty() || !full_.empty(); });
    if (!failure_.empty())
        throw engine_error(errc::io, "the journal cannot be written: " + failure_);
    if (!full_.empty() && committer_->durable_through(core::urgency::caller_waits) < first)
        throw engine_error(errc::no_space, "no room for the journal: " + full_);
}

void engine_core::complete_commit(store::batch& own)
{
    const base::time_us now = time_->now();
    const bool must_hold_next_run = meta_is_due_.exchange(false);
    if (now < clock_lease_ && committer_->commits() != 0 && !must_hold_next_run)
        return;
    clock_lease_ = now + clock_lease_us;
    journal::meta_record meta;
    meta.format = journal::journal_format;
    meta.epoch = epoch_;
    meta.next_run = next_run_.load(std::memory_order_relaxed);
    meta.clock = clock_lease_;
    // In each commit whose engine time may pass what was promised: a reopened engine's time begins at or after any time that an entry
    // holds, and no run number is used twice, also where the highest run is deleted.
    own.put(table::meta, meta_key, journal::encode(meta_key, meta));
}

void engine_core::make_shards()
{
    wakes_ = std::make_unique<core::wake_index>(*store_);
    for (std::size_t index = 0; index < options.shards; ++index)
        shards_.push_back(std::make_unique<core::shard>(*this, index));
    make_watcher();
    transactor_ = std::make_unique<core::transactor>(*this, options.shards);
    make_retention();
    const std::uint64_t newest_generation = base::to_integer(newest_run()) >> 14;
    next_durable_event_ = next_event_;
    state_ = life::open; // alarms and commits may call the shards from here on
    for (const auto& shard : shards_)
        shard->start();
    transactor_->start();
    shards_.front()->put_alarm(); // reads the first page of the wake table
    if (retention_)
        retention_->start();
    for (std::size_t index = 0; index < attached_.size(); ++index)
        attached_[index]->start(alarm_of_attached() + index);
    id_indexer_ = std::thread([this, newest_generation] {
        try
        {
            index_ids(newest_generation);
        }
        catch (const store::unreadable& e)
        {
            log(severity::warning, "ids are looked up without their index, which takes longer: " + std::string(e.what()));
        }
    });
}

void engine_core::make_watcher()
{
    std::vector<core::code_watch*> watched;
    for (const auto& shard : shards_)
        watched.push_back(&shard->watched_code());
    watcher_ = std::make_unique<core::code_watcher>(std::move(watched), parts_.code_may_take, [this](const core::code_watch::seen& found) {
        core::count_up(count.turns_blocked);
        log(severity::warning,
            "its code computes or blocks for over " + std::to_string(parts_.code_may_take.count()) + " ms, behind " +
                (found.operation.empty() ? "its begin" : found.operation) + ": all runs of its shard wait; what takes long belongs into a step",
            found.workflow, found.run);
    });
}

void engine_core::make_retention()
{
    if (is_for_ever(options.keep_finished))
        return;
    const std::chrono::microseconds keep = std::max(options.keep_finished, std::chrono::milliseconds(0));
    retention_ = std::make_unique<core::retention>(*this, core::retention::terms{keep.count(), options.shards + 1,
                                                                                 [this] { meta_is_due_ = true; }});
}

/// Fills the filter with the ids that were there at open, page by page; until it is complete every generation is looked into.
void engine_core::index_ids(std::uint64_t newest_generation)
{
    constexpr std::size_t page_rows = 16'384;
    journal::record_key from{0, 0};
    std::uint64_t oldest = newest_generation; ///< that has ids, or gets new ones
    for (bool more = true; more && !stop_indexing_.load(std::memory_order_relaxed);)
    {
        more = false;
        store_->read([&](const store::snapshot& now) {
            std::size_t rows = 0;
            now.scan(table::id, from, [&](journal::record_key at, std::string_view) {
                more = rows++ == page_rows;
                from = at;
                oldest = std::min(oldest, at.major);
                if (!more)
                    ids.add(at.major, at.minor);
                return !more;
            });
        });
    }
    if (stop_indexing_.load(std::memory_order_relaxed))
        return;
    for (std::uint64_t slab = 0; slab < oldest / core::id_filter::slab_generations; ++slab)
        ids.drop(slab);
    ids.set_complete();
}

/// In this order everything falls silent: no request comes in; no body begins; the bodies that run end, and what they returned is
/// recorded; shards stop; the queue is committed; the clock and the io thread end. Cut off anywhere, the journal is whole.
std::vector<std::string> engine_core::close(std::chrono::milliseconds deadline)
{
    if (is_own_thread())
        throw engine_error(errc::would_deadlock, "close() on a thread of the engine would wait for itself");
    std::lock_guard one_at_a_time(close_mutex_);
    {
        std::unique_lock lock(gate_);
        if (state_ == life::made)
            state_ = life::closed;
        if (state_ == life::closed)
            return {};
        state_ = life::closing;
    }
    for (const auto& shard : shards_)
        shard->put_closing();
    for (const auto& one : attached_)
        one->put_closing();
    fibers_->halt(); // bodies that wait for a thread come home; those that run are waited for
    pool_->halt();
    io_->halt();
    {
        std::unique_lock lock(mutex_);
        const auto until = std::chrono::steady_clock::now() + std::min<std::chrono::milliseconds>(deadline, std::chrono::hours(24));
        const bool attached_are_done = changed_.wait_until(lock, until, [this] { return are_attached_quiet(); });
        if (attached_are_done)
            transactor_->put_closing(); // after those whose ends it records
        if (!attached_are_done || !changed_.wait_until(lock, until, [this] { return are_bodies_done(); }))
        {
            lock.unlock();
            return running_bodies();
        }
    }
    stop_all();
    std::unique_lock lock(gate_);
    state_ = life::closed;
    return {};
}

bool engine_core::are_attached_quiet() const
{
    return std::ranges::all_of(attached_, [](const auto& one) { return one->is_quiet(); });
}

bool engine_core::are_bodies_done() const
{
    return readers_ == 0 && transactor_->is_quiet() && std::all_of(shards_.begin(), shards_.end(),
                                                  [](const auto& shard) { return shard->is_closing() && shard->jobs_out() == 0; });
}

std::vector<std::string> engine_core::running_bodies() const
{
    std::vector<std::string> names;
    const auto add = [&names](std::vector<core::running_body> running) {
        for (core::running_body& body : running)
            names.push_back(std::move(body.name));
    };
    add(pool_->running());
    add(fibers_->running());
    add(io_->running());
    for (const auto& shard : shards_)
        if (std::string name = shard->running_here(); !name.empty())
            names.push_back(std::move(name));
    if (std::string name = transactor_->running(); !name.empty())
        names.push_back(std::move(name));
    if (readers_ != 0)
        names.emplace_back("a reader of tables");
    // A body that ended just now is still out: close() is to be called again.
    if (names.empty())
        names.emplace_back("a body that is about to end");
    return names;
}

void engine_core::stop_all() noexcept
{
    if (retention_)
        retention_->stop();
    stop_indexing_ = true;
    if (id_indexer_.joinable())
        id_indexer_.join();
    if (time_)
        time_->stop();
    for (const auto& one : attached_)
        one->stop();
    for (const auto& shard : shards_)
        shard->stop();
    watcher_.reset();
    if (transactor_)
        transactor_->stop();
    if (committer_)
        committer_->stop();
    if (fibers_)
        fibers_->stop();
    if (pool_)
        pool_->stop();
    if (io_)
        io_->stop();
    time_.reset(); // its descriptors belong to the io context
    store_.reset(); // gives the journal free for the next owner
}
}
