#pragma once

// The engine behind the public class: owns the journal, the committer, the shards and the step places, and puts requests to the shard
// that decides them. How it closes, and in which order it falls silent, is in close().
//
// Threads: see each function; requests from any thread between open() and close().

#include "engine/attachment.hpp"
#include "engine/code_watch.hpp"
#include "engine/fiber_place.hpp"
#include "engine/inflight_map.hpp"
#include "engine/io_place.hpp"
#include "engine/pool_place.hpp"
#include "engine/retention.hpp"
#include "engine/shard.hpp"
#include "engine/shard_host.hpp"
#include "engine/transactor.hpp"

#include <everstep/detail/engine_link.hpp>
#include <everstep/engine_options.hpp>
#include <everstep/metrics.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace everstep::inline v0::detail
{
/// What the engine is put together from; tests bring their own.
struct engine_parts
{
    /// Called by open(). Throws engine_error.
    std::function<std::unique_ptr<store::store>(const engine_options&)> make_store;
    /// Null: the system's clock.
    std::function<std::unique_ptr<core::time_source>(const boost::asio::any_io_executor&)> make_time;
    /// Between two looks at workflow code.
    std::chrono::milliseconds code_may_take{1'000};
};

class engine_core final : public core::shard_host
{
public:
    engine_core(engine_options chosen, engine_parts parts);
    ~engine_core();
    engine_core(const engine_core&) = delete;
    engine_core& operator=(const engine_core&) = delete;

    /// Throws engine_error: limit, wrong_use where it was added before.
    void add_topic(std::string name);
    /// Before open().
    void attach(std::unique_ptr<core::attachment> what) { attached_.push_back(std::move(what)); }
    /// What is attached of this type; null: nothing.
    template <class Attached>
    Attached* attached() const noexcept
    {
        for (const auto& one : attached_)
            if (auto* found = dynamic_cast<Attached*>(one.get()))
                return found;
        return nullptr;
    }
    void open();
    std::vector<std::string> close(std::chrono::milliseconds deadline);
    everstep::metrics metrics() const;
    bool is_open() const noexcept { return state_.load(std::memory_order_acquire) == life::open; }
    bool was_opened() const noexcept { return state_.load(std::memory_order_acquire) != life::made; }

    /// The answer, where there is one at once; else what `receiver_of` gives, which is called then, gets it exactly once. Any thread.
    std::optional<answer> accept(request&& what, const std::function<std::unique_ptr<receiver>()>& receiver_of);
    /// Ends in `one` exactly once. Any thread.
    void accept(std::unique_ptr<outside_transaction> one, admission when_full);
    /// Of what is attached: taken until it is quiet, also while the engine closes.
    void accept_own(std::unique_ptr<outside_transaction> one);
    /// Of the next event: all below it are durable.
    journal::event_number next_event() const noexcept { return next_durable_event_.load(std::memory_order_acquire); }
    /// Any thread, which is then taken for one of the engine's. Throws engine_error.
    void read_journal(const std::function<void(store::store&)>& visit);
    void read_tables(const std::function<void(row_source&)>& visit);
    /// Whether the calling thread is one that a blocking call would wait for.
    bool is_own_thread() const noexcept;
    /// Empty where it is closed.
    boost::asio::any_io_executor executor() const;

    // core::shard_host
    store::store& journal() noexcept override { return *store_; }
    core::committer& commits() noexcept override { return *committer_; }
    core::time_source& time() noexcept override { return *time_; }
    core::wake_index& wakes() noexcept override { return *wakes_; }
    std::size_t shard_count() const noexcept override { return shards_.size(); }
    base::run_number take_run_number() noexcept override;
    base::run_number newest_run() const noexcept override;
    void submit(step_place place, std::span<core::body_job* const> jobs) override;
    void transact(std::span<core::step_attempt* const> jobs) override;
    void spawn(core::body_job& job) override;
    bool is_sent_to_pool(std::uint64_t step) const noexcept override { return fibers_->sent_to_pool(step); }
    std::uint32_t deaths(std::uint64_t run, std::uint64_t step) const noexcept override;
    void trust(std::uint64_t run) noexcept override;
    core::inflight_map& inflight() noexcept override { return *inflight_; }
    bool is_journal_nearly_full() const noexcept override { return nearly_full_.load(std::memory_order_relaxed); }
    void enter_thread() noexcept override;
    void watch_code() noexcept override
    {
        if (watcher_)
            watcher_->ensure_watching();
    }
    void body_ended() noexcept override;
    void load_wakes() override;
    void missing_code(std::string_view workflow, base::run_number run) noexcept override;
    void log(severity level, std::string_view text, std::string_view workflow = {}, std::string_view run = {}) noexcept override;

private:
    enum class life : std::uint8_t
    {
        made,
        opening,
        open,
        closing,
        closed
    };

    void check_meta();
    void settle_journal();
    void complete_commit(store::batch& own);
    void look_at_store() noexcept;
    void make_places();
    void make_committer();
    void make_shards();
    void make_watcher();
    void make_retention();
    void index_ids(std::uint64_t newest_generation);
    std::exception_ptr refusal() const;
    std::optional<answer> answer_at_once(const request& what, std::uint64_t id_hash, const core::registered_workflow& code);
    bool are_bodies_done() const;
    bool are_attached_quiet() const;
    void tell_durable();
    std::size_t alarm_of_attached() const noexcept { return options.shards + 2; }
    std::vector<std::string> running_bodies() const;
    void stop_all() noexcept;
    core::shard& shard_of(std::uint64_t id_hash) noexcept { return *shards_[id_hash % shards_.size()]; }

    engine_parts parts_;
    std::atomic<life> state_{life::made};
    std::shared_mutex gate_; ///< shared while a request is put to its shard; exclusive to close
    mutable std::mutex close_mutex_;
    unsigned forks_at_open_{};

    std::unique_ptr<store::store> store_;
    std::unique_ptr<core::inflight_map> inflight_;
    std::unique_ptr<core::io_place> io_;
    std::unique_ptr<core::time_source> time_;
    std::unique_ptr<core::pool_place> pool_;
    std::unique_ptr<core::fiber_place> fibers_;
    std::unique_ptr<core::committer> committer_;
    std::unique_ptr<core::wake_index> wakes_;
    std::unique_ptr<core::retention> retention_; ///< null: finished runs are kept for ever
    std::vector<base::run_number> damaged_wakes_; ///< whose rows were read and whose shard is not known yet; the first shard's
    std::vector<std::unique_ptr<core::shard>> shards_;
    std::unique_ptr<core::code_watcher> watcher_;
    std::unique_ptr<core::transactor> transactor_;
    std::vector<std::unique_ptr<core::attachment>> attached_;
    std::atomic<std::size_t> readers_{}; ///< threads that look into tables
    std::thread id_indexer_;
    std::atomic<bool> stop_indexing_{};

    std::atomic<std::uint64_t> next_run_{1};
    journal::event_number next_event_{1}; ///< at open; then of what is being committed, committer's
    std::atomic<journal::event_number> next_durable_event_{1};
    std::uint64_t epoch_{};            ///< committer's, after open
    base::time_us clock_lease_{};      ///< engine time may be journaled up to here; committer's, after open
    base::time_us readers_checked_at_{}; ///< whoever commits
    std::atomic<bool> nearly_full_{};
    std::atomic<bool> meta_is_due_{};  ///< runs are being deleted that may be the highest in the journal

    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> deaths_; ///< under mutex_
    std::atomic<bool> has_deaths_{};
    std::set<std::string, std::less<>> missing_; ///< under mutex_
    mutable std::mutex mutex_;
    std::condition_variable changed_; ///< with mutex_: a body ended, a commit was made, or failed
    std::string failure_;             ///< under mutex_: of the commit whose outcome is unknown
    std::string full_;                ///< under mutex_
};
}
