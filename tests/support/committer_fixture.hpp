#pragma once

// A committer over a store that keeps what each commit held, and answers as the test says.

#include "engine/committer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
using store::outcome;
using keys = std::vector<std::uint64_t>;

/// Keeps what each commit held, part by part, and answers as the test says.
class watched_store final : public store::store
{
public:
    using part = std::vector<std::uint64_t>; ///< major keys
    using commit_parts = std::vector<part>;

    /// Called before commit 1, 2, … asks for what has come meanwhile, on the thread that commits.
    std::function<void(std::size_t)> before_late;
    /// What becomes of commit 1, 2, …; called outside the lock, on the committer's thread.
    std::function<outcome(std::size_t)> decide = [](std::size_t) { return outcome::durable; };

    void read(const std::function<void(const everstep::store::snapshot&)>&) const override {}
    everstep::store::space usage() const override { return {}; }
    std::uint32_t check_readers() override { return 0; }

    /// Every commit that was tried, with the journal's own part last.
    std::vector<commit_parts> tried() const
    {
        const std::scoped_lock lock(mutex_);
        return tried_;
    }
    /// Keys of all commits in order, without the journal's own.
    keys order() const
    {
        keys all;
        for (const commit_parts& one : tried())
            for (std::size_t n = 0; n + 1 < one.size(); ++n)
                all.insert(all.end(), one[n].begin(), one[n].end());
        return all;
    }
    /// How many submissions each commit held.
    std::vector<std::size_t> sizes() const
    {
        std::vector<std::size_t> all;
        for (const commit_parts& one : tried())
            all.push_back(one.size() - 1);
        return all;
    }

private:
    everstep::store::commit_result do_commit(std::span<const everstep::store::batch* const> parts, const late_parts& late) override
    {
        commit_parts seen;
        const auto look = [&](std::span<const everstep::store::batch* const> at)
        {
            for (const everstep::store::batch* one : at)
            {
                seen.emplace_back();
                for (const auto& write : one->writes())
                    if (seen.back().empty() || seen.back().back() != write.at.major)
                        seen.back().push_back(write.at.major);
            }
        };
        look(parts);
        const auto own = seen.back();
        seen.pop_back();
        if (before_late)
            before_late(++asked_);
        look(late());
        if (seen.size() == parts.size() - 1)
            seen.push_back(own); // else it came again, with what was late
        std::size_t number;
        {
            const std::scoped_lock lock(mutex_);
            tried_.push_back(std::move(seen));
            number = tried_.size();
        }
        const outcome what = decide(number);
        return {what, what == outcome::durable ? "" : "by order of the test"};
    }

    mutable std::mutex mutex_;
    std::vector<commit_parts> tried_;
    std::size_t asked_{};
};

/// Closed until opened; says when somebody stands before it.
class barrier_gate
{
public:
    void pass()
    {
        std::unique_lock lock(mutex_);
        ++arrived_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
    }
    void await_arrival()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return arrived_ != 0; });
    }
    void open()
    {
        const std::scoped_lock lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int arrived_{};
    bool open_{};
};

inline store::batch turn_of(std::uint64_t key, std::size_t records = 1, std::size_t bytes = 1)
{
    store::batch made;
    for (std::size_t n = 0; n < records; ++n)
        made.put(store::table::history, {key, n}, std::string(bytes, 'x'));
    return made;
}

inline store::batch megabytes(std::uint64_t key, std::size_t size) { return turn_of(key, size * 512, 2000); }

class committer_fixture : public testing::Test
{
protected:
    committer_fixture()
    {
        events_.now = [this] { return now_.load(); };
        events_.worked = [] { return std::chrono::nanoseconds(0); };
        events_.durable = [this] { note([] {}); };
        events_.failed = [this](const std::string& text) { note([&] { failures_.push_back(text); }); };
        events_.full = [this](const std::string& text) { note([&] { fulls_.push_back(text); }); };
    }

    ~committer_fixture() override = default;

    committer& made()
    {
        if (!committer_)
            committer_.emplace(store_, events_);
        return *committer_;
    }
    position submit(store::batch turns, urgency how = urgency::caller_waits) { return made().submit(turns, how); }

    template <class Change>
    void note(Change&& change)
    {
        const std::scoped_lock lock(mutex_);
        change();
        changed_.notify_all();
    }
    template <class Is>
    void await(Is&& is)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, is);
    }
    void await_durable(position through, urgency how = urgency::caller_waits)
    {
        await([&] { return made().durable_through(how) >= through; });
    }

    watched_store store_;
    committer::events events_;
    std::atomic<base::time_us> now_{};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> failures_;
    std::vector<std::string> fulls_;
    std::optional<committer> committer_; ///< last: its thread calls the rest
};
}
