#pragma once

// The committer: the one thread that writes. It takes all turns that arrived while the last commit was syncing, writes them in one
// commit, and moves the watermark. No delay timer: idle means commit at once, load makes commits larger.
//
//   shards --submit--> queue --commit--> store --durable(position)--> shards
//
// The order of the queue is the order of commits, so every prefix is causally closed; a submission is never cut. Nothing queued is
// ever refused: where disk or map is full the same commit is tried again. A commit whose outcome is unknown stops everything.

#include "base/ids.hpp"
#include "store/store.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace everstep::core
{
/// Counts submissions; everything up to the watermark is durable. 0 is before the first.
using position = std::uint64_t;

class committer
{
public:
    struct events
    {
        /// The watermark moved. Committer thread.
        std::function<void()> durable;
        /// The outcome of a commit is unknown: nothing more will be written. Committer thread, once.
        std::function<void(const std::string&)> failed;
        /// Disk or map is full (text), or has room again (empty text). Committer thread.
        std::function<void(const std::string&)> full;
        /// Called before each commit: adds the journal's own records, where they are due.
        std::function<void(store::batch&)> complete;
    };

    committer(store::store& to, events on);
    ~committer();

    void start();
    /// Commits what is queued, unless the store fails or stays full, and ends the thread.
    void stop() noexcept;

    /// Queues the turns in `turns` as one element and leaves an empty batch in its place. Any thread; never waits for a commit.
    position submit(store::batch& turns);

    position durable_through() const noexcept { return durable_.load(std::memory_order_acquire); }
    std::size_t queued_bytes() const noexcept { return queued_bytes_.load(std::memory_order_relaxed); }
    bool has_failed() const noexcept { return failed_.load(std::memory_order_acquire); }
    bool is_full() const noexcept { return full_.load(std::memory_order_relaxed); }
    /// True when a submission would be committed at once.
    bool is_idle() const noexcept { return idle_.load(std::memory_order_relaxed); }
    std::uint64_t commits() const noexcept { return commits_.load(std::memory_order_relaxed); }
    std::uint64_t commits_delayed() const noexcept { return commits_delayed_.load(std::memory_order_relaxed); }

private:
    void work();
    bool take(std::vector<store::batch>& parts);
    bool commit(std::vector<store::batch>& parts);
    bool wait_for_room(const std::string& text, unsigned tries);

    store::store& store_;
    events on_;
    std::thread thread_;

    std::mutex mutex_; ///< guards the next five
    std::condition_variable arrived_;
    std::vector<store::batch> queue_;
    std::vector<store::batch> spare_; ///< empty batches that keep their memory
    position submitted_{};
    bool stopping_{};

    store::batch own_; ///< the journal's own records of the commit being made
    std::atomic<position> durable_{};
    std::atomic<std::size_t> queued_bytes_{};
    std::atomic<std::uint64_t> commits_{};
    std::atomic<std::uint64_t> commits_delayed_{};
    std::atomic<bool> failed_{};
    std::atomic<bool> full_{};
    std::atomic<bool> idle_{true};
};
}
