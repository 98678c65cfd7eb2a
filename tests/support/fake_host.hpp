#pragma once

// A shard with nothing around it but a committer, a store in memory and a clock that the test moves. Bodies go nowhere: the test takes
// them, runs them when it likes, and gives them back. Commits stand still when the test says so.

#include "engine/inflight_map.hpp"
#include "engine/manual_time.hpp"
#include "engine/shard.hpp"
#include "engine/shard_host.hpp"
#include "engine/transactor.hpp"
#include "journal/header.hpp"
#include "store/memory_store.hpp"

#include <everstep/codec.hpp>
#include <everstep/detail/engine_link.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace everstep::test
{
using fate = store::memory_store::fate;

/// What a caller was told, once.
class given_answer
{
public:
    void set(detail::answer&& a)
    {
        const std::scoped_lock lock(mutex_);
        answer_ = std::move(a);
        came_.notify_all();
    }
    bool has_come() const
    {
        const std::scoped_lock lock(mutex_);
        return answer_.has_value();
    }
    /// Waits for it. "ok", the value, "failed <code>: <text>", "no reply", "refused <errc>: <text>".
    std::string text() const
    {
        const detail::answer a = value();
        switch (a.what)
        {
        case detail::answer_kind::value: return a.bytes.empty() ? "ok" : a.bytes;
        case detail::answer_kind::run_failed: return "failed " + a.code + ": " + a.text;
        case detail::answer_kind::no_reply: return "no reply";
        case detail::answer_kind::engine_error: return "refused " + std::string(name_of(a.why)) + (a.text.empty() ? "" : ": " + a.text);
        }
        return {};
    }
    detail::answer value() const
    {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [&] { return answer_.has_value(); });
        return *answer_;
    }

    class end final : public detail::receiver
    {
    public:
        explicit end(std::shared_ptr<given_answer> to) : to_(std::move(to)) {}
        void take(detail::answer&& a) noexcept override { to_->set(std::move(a)); }

    private:
        std::shared_ptr<given_answer> to_;
    };

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable came_;
    std::optional<detail::answer> answer_;
};

class fake_host final : public core::shard_host
{
public:
    static constexpr base::time_us begin_of_time = 1'000'000'000;

    std::atomic<bool> readable{true}; ///< whether the journal gives what it holds

    /// Over what another host has left behind, where given.
    explicit fake_host(std::unique_ptr<store::memory_store> left = nullptr)
    {
        options.log = [](const log_line&) {};
        options.resident_wait_max = std::chrono::hours(1);
        shards_commit = false;
        store::memory_store::options chosen;
        chosen.decide = [this](std::uint64_t commit) { return fate_of(commit); };
        chosen.can_read = [this] { return readable.load(); };
        store_ = left ? left->clone(std::move(chosen)) : std::make_unique<store::memory_store>(std::move(chosen));
        store_->read([this](const store::snapshot& now) {
            if (const auto last = now.last(journal::table::run))
                next_run_ = last->major + 1;
        });
        ids.set_complete();
        store_->read([this](const store::snapshot& now) {
            now.scan(journal::table::id, {}, [this](store::key at, std::string_view) {
                ids.add(at.major, at.minor);
                return true;
            });
        });
    }
    ~fake_host() { stop(); }
    fake_host(const fake_host&) = delete;
    fake_host& operator=(const fake_host&) = delete;

    template <class Result, class Reply, class Input>
    void add(std::string name, workflow<Result, Reply> (*function)(context&, Input))
    {
        workflows.add({.name = std::move(name), .function = key_of(function), .traits = detail::traits_for<Result, Reply, Input>::value,
                       .version = 1});
    }

    void start()
    {
        core::committer::events on;
        on.now = [this] { return time_.now(); };
        on.durable = [this] { put_durable(); };
        on.failed = [this](const std::string&) { put_durable(); };
        on.full = [this](const std::string&) { change([] {}); };
        committer_ = std::make_unique<core::committer>(*store_, std::move(on));
        wakes_ = std::make_unique<core::wake_index>(*store_);
        shard_ = std::make_unique<core::shard>(*this, 0);
        transactor_ = std::make_unique<core::transactor>(*this, 1);
        time_.start(0, 2, [this](std::size_t alarm) { alarm == 0 ? shard_->put_alarm() : transactor_->put_alarm(); });
        committer_->start();
        shard_->start();
        transactor_->start();
        shard_->put_alarm();
    }
    /// Asks the shard to end, and waits until every body has come back.
    void close()
    {
        shard_->put_closing();
        transactor_->put_closing();
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return shard_->is_closing() && shard_->jobs_out() == 0 && transactor_->is_quiet(); });
    }
    void await_closing()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return shard_->is_closing(); });
    }
    /// Bodies that were not taken run now.
    void stop()
    {
        if (!shard_)
            return;
        let_commits();
        bodies_run_by_themselves(true);
        close();
        time_.stop();
        shard_->stop();
        transactor_->stop();
        committer_->stop();
        shard_.reset();
        transactor_.reset();
    }
    /// What a crash would leave now.
    std::unique_ptr<store::memory_store> crash() const { return store_->clone(); }

    // Callers.

    std::shared_ptr<given_answer> send(detail::request what)
    {
        auto got = std::make_shared<given_answer>();
        const std::uint64_t hash = journal::id_hash(workflows.find(what.function)->name, what.id);
        shard_->put_request({std::move(what), hash, std::make_unique<given_answer::end>(got)});
        return got;
    }
    template <class Result, class Reply, class Input>
    std::shared_ptr<given_answer> start(workflow<Result, Reply> (*function)(context&, Input), const std::string& id,
                                        const std::type_identity_t<Input>& input, admission when_full = admission::wait)
    {
        return send({detail::request_kind::start, when_full, key_of(function), id, encode(input)});
    }
    template <class Function>
    std::shared_ptr<given_answer> ask(detail::request_kind what, Function* function, const std::string& id, const std::string& reason = {})
    {
        return send({what, admission::wait, key_of(function), id, reason});
    }
    template <class Function>
    std::shared_ptr<given_answer> result(Function* function, const std::string& id)
    {
        return ask(detail::request_kind::result, function, id);
    }
    template <class Function>
    run_status status(Function* function, const std::string& id)
    {
        return ask(detail::request_kind::status, function, id)->value().status;
    }

    // Bodies.

    /// Waits for the next body that was handed over.
    core::body_job& take_job()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !jobs_.empty(); });
        core::body_job* job = jobs_.front();
        jobs_.pop_front();
        return *job;
    }
    std::size_t jobs() const
    {
        const std::scoped_lock lock(mutex_);
        return jobs_.size();
    }
    /// Runs the body here and now, and gives it back.
    void finish(core::body_job& job)
    {
        job.run();
        core::body_job* const one[] = {&job};
        job.home().take_back(one);
    }
    /// Until the answer has come, runs every body as it is handed over.
    std::string run_until(const std::shared_ptr<given_answer>& answer)
    {
        bodies_run_by_themselves(true);
        std::string text = answer->text();
        bodies_run_by_themselves(false);
        return text;
    }
    /// At once, on the shard's thread.
    void bodies_run_by_themselves(bool yes)
    {
        std::deque<core::body_job*> waiting;
        {
            const std::scoped_lock lock(mutex_);
            runs_bodies_ = yes;
            if (yes)
                waiting.swap(jobs_);
        }
        for (core::body_job* job : waiting)
            finish(*job);
    }

    // Commits.

    /// The next commit, and all after it, wait for let_commits().
    void hold_commits() { change([&] { held_ = true; }); }
    void let_commits() { change([&] { held_ = false; }); }
    /// The one that waits; the next waits again.
    void let_one_commit()
    {
        change([&] {
            let_one_ = true;
            commit_waits_ = false;
        });
    }
    /// Until a commit waits.
    void await_commit()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return commit_waits_; });
    }
    /// Of commits from now on.
    void decide(fate what) { change([&] { fate_ = what; }); }
    void await_full(bool full)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return committer_->is_full() == full; });
    }

    core::shard& the_shard() noexcept { return *shard_; }
    core::transactor& the_transactor() noexcept { return *transactor_; }
    core::manual_time& clock() noexcept { return time_; }

    /// Until the shard has done everything that was sent to it before. Twice: it answers requests before it looks at its timers.
    template <class Function>
    void settle(Function* function)
    {
        ask(detail::request_kind::status, function, "nobody")->value();
        ask(detail::request_kind::status, function, "nobody")->value();
    }

    /// Waits for a log line with the part in it.
    std::string await_log(const std::string& part)
    {
        std::unique_lock lock(mutex_);
        std::string found;
        changed_.wait(lock, [&] {
            const auto at = std::find_if(log_.begin(), log_.end(), [&](const std::string& line) { return line.find(part) != line.npos; });
            return at != log_.end() && (found = *at, true);
        });
        return found;
    }
    std::size_t lines_with(const std::string& part) const
    {
        const std::scoped_lock lock(mutex_);
        return static_cast<std::size_t>(
            std::count_if(log_.begin(), log_.end(), [&](const std::string& line) { return line.find(part) != line.npos; }));
    }
    void await_missing(const std::string& workflow)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return missing_.contains(workflow); });
    }

    /// Every step has killed so many processes.
    std::uint32_t deaths_of_each{};
    std::set<std::uint64_t> trusted;
    std::atomic<bool> nearly_full{};

    // core::shard_host
    store::store& journal() noexcept override { return *store_; }
    core::committer& commits() noexcept override { return *committer_; }
    core::time_source& time() noexcept override { return time_; }
    core::wake_index& wakes() noexcept override { return *wakes_; }
    std::size_t shard_count() const noexcept override { return 1; }
    base::run_number take_run_number() noexcept override { return base::run_number{next_run_++}; }
    base::run_number newest_run() const noexcept override { return base::run_number{next_run_ - 1}; }
    void submit(step_place, std::span<core::body_job* const> given_jobs) override
    {
        bool at_once = false;
        change([&] {
            at_once = runs_bodies_;
            if (!at_once)
                jobs_.insert(jobs_.end(), given_jobs.begin(), given_jobs.end());
        });
        if (at_once)
            for (core::body_job* job : given_jobs)
                finish(*job);
    }
    void transact(std::span<core::step_attempt* const> given_jobs) override { transactor_->submit(given_jobs); }
    void spawn(core::body_job& job) override
    {
        core::body_job* const one[] = {&job};
        submit(step_place::pool, one);
    }
    bool is_sent_to_pool(std::uint64_t) const noexcept override { return false; }
    std::uint32_t deaths(std::uint64_t run, std::uint64_t) const noexcept override
    {
        const std::scoped_lock lock(mutex_);
        return trusted.contains(run) ? 0 : deaths_of_each;
    }
    void trust(std::uint64_t run) noexcept override
    {
        change([&] { trusted.insert(run); });
    }
    core::inflight_map& inflight() noexcept override { return inflight_; }
    bool is_journal_nearly_full() const noexcept override { return nearly_full; }
    void enter_thread() noexcept override {}
    void body_ended() noexcept override
    {
        change([] {});
    }
    void load_wakes() override
    {
        std::vector<core::wake_index::row> rows;
        wakes_->load([&](const core::wake_index::row& row) { rows.push_back(row); },
                     [&](base::run_number run) { rows.push_back({journal::due_now, run, 0}); });
        shard_->put_due(rows);
    }
    void missing_code(std::string_view workflow, base::run_number) noexcept override
    {
        change([&] { missing_.emplace(workflow); });
    }
    void log(severity, std::string_view text, std::string_view, std::string_view) noexcept override
    {
        change([&] { log_.emplace_back(text); });
    }

    template <class Function>
    static detail::function_key key_of(Function* function)
    {
        return reinterpret_cast<detail::function_key>(function);
    }

private:
    void put_durable()
    {
        shard_->put_durable();
        transactor_->put_durable();
    }
    fate fate_of(std::uint64_t)
    {
        std::unique_lock lock(mutex_);
        commit_waits_ = held_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return !held_ || let_one_; });
        let_one_ = false;
        commit_waits_ = false;
        return fate_;
    }
    template <class Change>
    void change(Change&& what)
    {
        const std::scoped_lock lock(mutex_);
        what();
        changed_.notify_all();
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool held_{};
    bool let_one_{};
    bool commit_waits_{};
    bool runs_bodies_{};
    fate fate_{fate::durable};
    std::deque<core::body_job*> jobs_;
    std::vector<std::string> log_;
    std::set<std::string> missing_;

    std::unique_ptr<store::memory_store> store_;
    core::manual_time time_{begin_of_time};
    core::inflight_map inflight_;
    std::atomic<std::uint64_t> next_run_{1};
    std::unique_ptr<core::wake_index> wakes_;
    std::unique_ptr<core::committer> committer_;
    std::unique_ptr<core::shard> shard_;
    std::unique_ptr<core::transactor> transactor_;
};
}
