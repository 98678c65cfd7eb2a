#pragma once

// Deletes runs that ended longer ago than engine_options::keep_finished: history, header, id row and finished row in one commit. Works
// page by page; a page is committed with whatever the shards commit, and the next is read when it is durable. On a thread of its own,
// because old runs have left the page cache, and who waits for the disk to read them should have nothing else to do.
//
//     resting --a commit when some are due, or the alarm--> looking --some are due--> deleting --durable--> looking --none is--> resting
//
// While the engine works, commits drive it: each asks what time it is. At rest, one alarm stands for the first run that will be due,
// a minute after the last look at the earliest; where nothing has ended there is none. A page is larger the more is written meanwhile,
// so that runs are deleted as fast as they come and commits grow by a share only.
//
// Threads: see each function. Everything that is not under the lock belongs to its own thread.

#include "engine/finished_page.hpp"
#include "engine/shard_host.hpp"
#include "engine/spent_ids.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace everstep::core
{
class retention
{
public:
    struct terms
    {
        base::time_us keep{};
        std::size_t alarm{};                 ///< which of the time source's is ours
        std::function<void()> before_delete; ///< called before a page is submitted
    };

    /// `host` has its journal, its committer and its clock, and no run has been started.
    retention(shard_host& host, terms chosen);
    ~retention();
    retention(const retention&) = delete;
    retention& operator=(const retention&) = delete;

    /// Begins the thread, which looks for the first time: at what the last process has left.
    void start();
    /// A commit is durable. The thread that made it.
    void committed();
    /// Any thread.
    void alarm();
    /// Ends the thread. Nothing is submitted after it returns.
    void stop() noexcept;

private:
    enum class phase : std::uint8_t
    {
        resting,
        looking,  ///< or about to
        deleting, ///< a page waits until it is durable
        stopped
    };

    void work();
    void look();
    void give_up() noexcept;
    void count_deleted();
    finished_page read_page();
    void submit(finished_page page);
    void rest();
    void rest_after_trouble(const std::string& text);
    void rest_unlooked(base::time_us due);
    std::size_t records_of_page();
    bool may_have_ended() const noexcept;
    base::time_us alarm_at() const noexcept;

    shard_host& host_;
    const terms terms_;
    finished_reader finished_;
    spent_ids spent_;
    std::vector<base::run_number> deleting_;       ///< runs of a page that is not known to be durable yet
    bool may_be_more_{true};                       ///< that page was full, or there was none yet
    base::time_us next_ended_{journal::due_never}; ///< of the first run after that page
    std::uint64_t commits_before_{};               ///< made before that page was read
    std::uint64_t entries_before_{};               ///< written before that page

    static constexpr base::time_us never = journal::due_never;
    mutable std::mutex mutex_; ///< guards what follows, up to has_seen_any_
    std::condition_variable wanted_;
    phase phase_{phase::resting};
    position in_flight_{};
    base::time_us last_look_{}; ///< on engine time, as the rest
    base::time_us due_{never};  ///< no run is to be deleted before; never: nothing had ended at the last look
    bool has_seen_any_{};

    std::thread thread_;
};
}
