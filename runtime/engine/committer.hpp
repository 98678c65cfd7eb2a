#pragma once

// The committer: one commit at a time. Its thread takes all turns that arrived while the last commit was syncing, writes them in one
// commit, and moves the watermark. No delay timer: idle means commit at once, load makes commits larger. A shard with nothing else to
// do may make an idle committer's next commit on its own thread: two thread switches less for one who is alone.
//
//   shards, transactor --submit--> three queues --commit--> store --durable(position)--> shards, transactor
//
// A queue's order is the order of its commits, and a submission is never cut. What somebody waits for goes first, all of it; the rest is
// background work, and while callers are about it fills no commit beyond two milliseconds of work (unless callers fill one after the
// other, or a submission is larger), so that a caller who comes in the middle of a commit does not wait long for it; who comes before its
// sync begins goes with it. No turn overtakes one that it depends on:
// who submits sees to that (shard::begin_turn), so what is durable is causally closed at any time. Nothing queued is ever refused: where
// disk or map is full the same commit is tried again. A commit whose outcome is unknown stops everything.
//
// Transactions have a queue of their own, for each depends on all before it: up to the last one that a caller waits for it goes with the
// callers, the rest of it is background work.

#include "base/ids.hpp"
#include "store/store.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace everstep::core
{
/// What a turn, or a transaction, is to whom.
enum class urgency : std::uint8_t
{
    caller_waits, ///< for a start, a reply or a result of the run
    background,
    caller_waits_for_transaction,
    background_transaction ///< the same queue as the one before
};
/// Of turns.
inline constexpr std::size_t urgencies = 2;

/// Counts submissions of one queue; everything up to its watermark is durable. 0 is before the first.
using position = std::uint64_t;

/// What the calling thread has worked, without the waiting for the disk.
std::chrono::nanoseconds processor_time() noexcept;

class committer
{
public:
    struct events
    {
        // Each on the thread that commits, one at a time.
        /// The watermark moved.
        std::function<void()> durable;
        /// The outcome of a commit is unknown: nothing more will be written. Once.
        std::function<void(const std::string&)> failed;
        /// Disk or map is full (text), or has room again (empty text).
        std::function<void(const std::string&)> full;
        /// Called before each commit, and again for what joins it: adds the journal's own records, where they are due.
        std::function<void(store::batch&)> complete;
        /// Events that a commit holds have got numbers up to `next`, and it takes the record that says so. May come again for one commit.
        std::function<void(store::batch&, journal::event_number next)> numbered{};
        /// Time that never goes back, by which callers are forgotten. On any thread, under a lock of the committer.
        std::function<base::time_us()> now;
        /// What this thread has worked so far: what a write costs is learned from it.
        std::function<std::chrono::nanoseconds()> worked{processor_time};
    };

    committer(store::store& to, events on);
    ~committer();

    /// `next_event` is the number of the next event to be committed.
    void start(journal::event_number next_event = 1);
    /// Commits what is queued, unless the store fails or stays full, and ends the thread.
    void stop() noexcept;

    /// Queues the turns in `turns` as one element and leaves an empty batch in its place. Any thread; never waits for a commit.
    position submit(store::batch& turns, urgency how);
    /// The same, and where nothing else is queued or being committed, the commit itself: on the calling thread, which waits for the disk.
    position commit_here(store::batch& turns, urgency how);

    position durable_through(urgency how) const noexcept { return line(how).durable.load(std::memory_order_acquire); }
    /// Background work that comes now would wait for commits to come: who has a choice makes no more of it until something is durable.
    bool has_background_enough() const noexcept
    {
        return background_queued_.load(std::memory_order_relaxed) >= background_enough_.load(std::memory_order_relaxed);
    }
    std::size_t queued_bytes() const noexcept { return queued_bytes_.load(std::memory_order_relaxed); }
    bool has_failed() const noexcept { return failed_.load(std::memory_order_acquire); }
    bool is_full() const noexcept { return full_.load(std::memory_order_relaxed); }
    std::uint64_t commits() const noexcept { return commits_.load(std::memory_order_relaxed); }
    std::uint64_t commits_delayed() const noexcept { return commits_delayed_.load(std::memory_order_relaxed); }

private:
    static constexpr std::size_t queues = 3;
    static constexpr std::size_t callers = 0, background = 1, transactions = 2;

    struct waiting_line
    {
        std::vector<store::batch> queue;
        std::size_t urgent{}; ///< of transactions: so many in front go with the callers
        std::size_t owed{};   ///< writes, to background work
        position submitted{};
        std::atomic<position> durable{};
    };
    /// What one commit writes of the queues.
    struct share
    {
        std::vector<store::batch> of_line[queues];
        std::vector<store::batch> late; ///< of callers, who came while the rest was written

        bool empty() const noexcept;
        std::size_t bytes() const noexcept;
        std::size_t writes() const noexcept;
    };

    void work();
    position enqueue(store::batch& turns, urgency how);
    bool take(share& into);
    struct bounds
    {
        std::size_t bytes;
        std::size_t writes;
        std::size_t count;
        bool one_at_least;
    };
    void take_some(std::vector<store::batch>& into, std::size_t from, const bounds& most);
    bool take_urgent(share& into);
    void take_background(share& into, std::size_t writes_of_callers, std::size_t bound);
    bool take_late(share& into, std::size_t writes_max);
    void give_back(share& taken);
    void keep_spare(share& used);
    bool has_queued(std::size_t queue) const noexcept { return !lines_[queue].queue.empty(); }
    bool has_queued() const noexcept { return has_queued(callers) || has_queued(background) || has_queued(transactions); }
    void complete();
    void number(std::vector<store::batch>& parts);
    store::outcome try_commit(share& what, std::size_t late_writes_max);
    bool wait_for_room(unsigned tries);
    std::size_t background_writes_max() const;
    void learn_cost(std::chrono::nanoseconds work, std::size_t writes);
    static constexpr std::size_t queue_of(urgency how) noexcept { return std::min(static_cast<std::size_t>(how), transactions); }
    static constexpr bool waits(urgency how) noexcept { return how == urgency::caller_waits || how == urgency::caller_waits_for_transaction; }
    waiting_line& line(urgency how) noexcept { return lines_[queue_of(how)]; }
    const waiting_line& line(urgency how) const noexcept { return lines_[queue_of(how)]; }

    store::store& store_;
    events on_;
    std::thread thread_;

    std::mutex mutex_; ///< guards what follows, up to stopping_
    std::condition_variable arrived_;
    waiting_line lines_[queues];
    std::vector<store::batch> spare_; ///< empty batches that keep their memory
    base::time_us caller_came_; ///< when one last submitted something
    unsigned passed_over_{}; ///< commits in a row that left background work nothing
    bool committing_{}; ///< some thread makes a commit
    bool sleeping_{};   ///< the thread waits for work
    bool stopping_{};

    // Whoever has set committing_:
    store::batch own_; ///< the journal's own records; kept until they are durable
    share here_;       ///< what commit_here() has taken
    journal::event_number next_event_{1};   ///< of what is durable
    journal::event_number numbered_event_{}; ///< of the commit that is made
    bool own_has_number_{};                  ///< of a try that found no room, perhaps with other turns
    std::vector<const store::batch*> views_, late_views_;

    std::atomic<std::int64_t> write_ns_{1500}; ///< processor time that one write of a commit takes, a running mean
    std::atomic<std::size_t> background_queued_{}; ///< writes that nobody waits for
    std::atomic<std::size_t> background_enough_;   ///< of them
    std::atomic<std::size_t> queued_bytes_{};
    std::atomic<std::uint64_t> commits_{};
    std::atomic<std::uint64_t> commits_delayed_{};
    std::atomic<bool> failed_{};
    std::atomic<bool> full_{};
};
}
