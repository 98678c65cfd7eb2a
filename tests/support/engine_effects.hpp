#pragma once

// The world outside: every call of every body, kept while engines come and go. A service, so bodies reach it through their attempt.

#include "engine_journal.hpp"
#include "engine_time.hpp"

#include <everstep/attempt.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace everstep::test
{
class engine_effects
{
public:
    struct call
    {
        std::string token;
        std::string what; ///< "run/step"
        std::uint32_t number{};
        std::size_t life{};
        base::time_us at{};
    };

    explicit engine_effects(engine_bell& bell) : bell_(bell) {}

    /// The first thing that a body does.
    void add(const attempt& a, std::string_view run, std::string_view step)
    {
        {
            const std::scoped_lock lock(mutex_);
            call made{a.token(), std::string(run).append("/").append(step), a.number(), life_, now_ ? now_() : 0};
            judge(made);
            calls_.push_back(std::move(made));
        }
        bell_.ring();
    }

    /// Until the attempt is asked to stop; false when it never is because the gate was opened.
    bool wait_for_stop(const attempt& a)
    {
        std::unique_lock lock(mutex_);
        return !gate_.wait(lock, a.stop(), [this] { return open_; });
    }
    /// Whatever it is asked.
    void wait_for_gate()
    {
        std::unique_lock lock(mutex_);
        gate_.wait(lock, [this] { return open_; });
    }
    void open_gate()
    {
        const std::scoped_lock lock(mutex_);
        open_ = true;
        gate_.notify_all();
    }

    std::size_t count(const std::string& what) const
    {
        const std::scoped_lock lock(mutex_);
        std::size_t found = 0;
        for (const call& one : calls_)
            found += one.what == what;
        return found;
    }
    std::size_t count_in_life(const std::string& what) const
    {
        const std::scoped_lock lock(mutex_);
        std::size_t found = 0;
        for (const call& one : calls_)
            found += one.what == what && one.life == life_;
        return found;
    }
    std::vector<call> calls() const
    {
        const std::scoped_lock lock(mutex_);
        return calls_;
    }

    /// Steps of one run need not wait for each other.
    std::atomic<bool> are_side_by_side{};
    /// A switch in the world outside.
    std::atomic<bool> bank_is_open{};

    /// A new engine opens on this journal: from here on what it holds must not be done again.
    void begin_life(const engine_journal& runs, std::function<base::time_us()> now, std::function<engine_journal()> durable)
    {
        const std::scoped_lock lock(mutex_);
        ++life_;
        now_ = std::move(now);
        durable_ = std::move(durable);
        recorded_.clear();
        for (const auto& [name, run] : runs)
            for (const engine_entry& e : run.entries)
                if (e.operation == journal::operation_kind::step || e.operation == journal::operation_kind::undo)
                    recorded_[token_at(run.header.seed, e.where)] = {e.kind == journal::entry_kind::step_retry, e.attempts, e.due};
                else if (e.kind == journal::entry_kind::resumed)
                    std::erase_if(recorded_, [](const auto& one) { return one.second.may_run; });
    }
    void end_life()
    {
        const std::scoped_lock lock(mutex_);
        now_ = nullptr;
        durable_ = nullptr;
    }

    /// What must never happen, and has.
    std::vector<std::string> violations() const
    {
        const std::scoped_lock lock(mutex_);
        return violations_;
    }

private:
    struct record
    {
        bool may_run{};
        std::uint32_t attempts{};
        base::time_us due{};
    };

    /// Output commit: all that came before this call is durable.
    void judge_order(const call& made)
    {
        const std::string id = made.what.substr(0, made.what.rfind('/'));
        const engine_journal now = durable_();
        const auto is_of_id = [&](const auto& one) { return one.second.header.id == id; }; // more than one continue each other
        if (std::none_of(now.begin(), now.end(), is_of_id))
            return violations_.push_back(made.what + " ran before its run was durable");
        for (const call& before : calls_)
        {
            if (before.life != made.life || before.token == made.token || before.what.substr(0, before.what.rfind('/')) != id)
                continue;
            const auto has_result = [&](const auto& one) {
                return is_of_id(one) && std::any_of(one.second.entries.begin(), one.second.entries.end(), [&](const engine_entry& e) {
                    return token_at(one.second.header.seed, e.where) == before.token;
                });
            };
            if (std::none_of(now.begin(), now.end(), has_result))
                violations_.push_back(made.what + " ran before the result of " + before.what + " was durable");
        }
    }

    void judge(const call& made)
    {
        if (durable_ && !are_side_by_side)
            judge_order(made);
        for (const call& before : calls_)
            if (before.life == made.life && before.token == made.token && before.number == made.number && !resumed_)
                violations_.push_back(made.what + ": attempt " + std::to_string(made.number) + " ran twice in one life");
        const auto found = recorded_.find(made.token);
        if (found == recorded_.end())
            return;
        const record& known = found->second;
        if (!known.may_run)
            violations_.push_back(made.what + " is recorded and ran again");
        else if (!resumed_ && made.number <= known.attempts)
            violations_.push_back(made.what + ": attempt " + std::to_string(made.number) + " is recorded and ran again");
        else if (!resumed_ && made.at < known.due)
            violations_.push_back(made.what + ": attempt " + std::to_string(made.number) + " ran early");
    }

public:
    /// Attempts begin anew when a person resumes a run.
    void attempts_may_begin_anew()
    {
        const std::scoped_lock lock(mutex_);
        resumed_ = true;
    }

private:
    engine_bell& bell_;
    mutable std::mutex mutex_;
    std::condition_variable_any gate_;
    bool open_{};
    bool resumed_{};
    std::vector<call> calls_;
    std::vector<std::string> violations_;
    std::map<std::string, record> recorded_;
    std::function<base::time_us()> now_;
    std::function<engine_journal()> durable_;
    std::size_t life_{};
};

/// For bodies: `did(a, ctx.run_id(), "charge")`.
inline void did(const attempt& a, std::string_view run, std::string_view step) { a.use<engine_effects>().add(a, run, step); }
}
