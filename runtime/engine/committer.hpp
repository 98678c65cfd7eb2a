#pragma once

// The committer: one commit at a time. Its thread takes all turns that arrived while the last commit was syncing, writes them in one
// commit, and moves the watermark. No delay timer: idle means commit at once, load makes commits larger. A shard with nothing else to
// do may make an idle committer's next commit on its own thread: two thread switches less for one who is alone.
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
        // Each on the thread that commits, one at a time.
        /// The watermark moved.
        std::function<void()> durable;
        /// The outcome of a commit is unknown: nothing more will be written. Once.
        std::function<void(const std::string&)> failed;
        /// Disk or map is full (text), or has room again (empty text).
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
    /// The same, and where nothing else is queued or being committed, the commit itself: on the calling thread, which waits for the disk.
    position commit_here(store::batch& turns);

    position durable_through() const noexcept { return durable_.load(std::memory_order_acquire); }
    std::size_t queued_bytes() const noexcept { return queued_bytes_.load(std::memory_order_relaxed); }
    bool has_failed() const noexcept { return failed_.load(std::memory_order_acquire); }
    bool is_full() const noexcept { return full_.load(std::memory_order_relaxed); }
    std::uint64_t commits() const noexcept { return commits_.load(std::memory_order_relaxed); }
    std::uint64_t commits_delayed() const noexcept { return commits_delayed_.load(std::memory_order_relaxed); }

private:
    void work();
    position enqueue(store::batch& turns);
    bool take(std::vector<store::batch>& parts);
    void keep_spare(std::vector<store::batch>& parts);
    void complete();
    store::outcome try_commit(const std::vector<store::batch>& parts);
    bool wait_for_room(unsigned tries);

    store::store& store_;
    events on_;
    std::thread thread_;

    std::mutex mutex_; ///< guards what follows, up to stopping_
    std::condition_variable arrived_;
    std::vector<store::batch> queue_;
    std::vector<store::batch> spare_; ///< empty batches that keep their memory
    position submitted_{};
    bool committing_{}; ///< some thread makes a commit
    bool sleeping_{};   ///< the thread waits for work
    bool stopping_{};

    // Whoever has set committing_:
    store::batch own_; ///< the journal's own records; kept until they are durable
    std::vector<store::batch> here_; ///< what commit_here() has taken
    std::vector<const store::batch*> views_;

    std::atomic<position> durable_{};
    std::atomic<std::size_t> queued_bytes_{};
    std::atomic<std::uint64_t> commits_{};
    std::atomic<std::uint64_t> commits_delayed_{};
    std::atomic<bool> failed_{};
    std::atomic<bool> full_{};
};
}
