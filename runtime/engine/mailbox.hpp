#pragma once

// How other threads reach a thread with a loop of its own. One lock for all of it: what is in it is taken in one sweep.

#include "base/ids.hpp"
#include "engine/body_job.hpp"
#include "engine/wake_index.hpp"

#include <everstep/detail/engine_link.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace everstep::core
{
struct request_item
{
    detail::request what;
    std::uint64_t id_hash{};
    std::unique_ptr<detail::receiver> to;
};

/// What comes to a shard.
struct shard_news
{
    std::vector<body_job*> finished;
    std::vector<request_item> requests;
    std::vector<wake_index::row> due;
    bool durable{};  ///< the watermark moved, or a commit failed
    bool alarm{};    ///< look at the timers
    bool closing{};  ///< let running bodies end and begin nothing
    bool stop{};     ///< leave the loop

    bool empty() const noexcept
    {
        return finished.empty() && requests.empty() && due.empty() && !durable && !alarm && !closing && !stop;
    }
    void clear()
    {
        finished.clear();
        requests.clear();
        due.clear();
        durable = alarm = closing = stop = false;
    }
};

template <class Content>
class mailbox_of
{
public:
    using content = Content;

    /// Changes the content under the lock and wakes the owner. Any thread.
    template <class Change>
    void put(Change&& change)
    {
        bool wake;
        {
            std::lock_guard lock(mutex_);
            std::forward<Change>(change)(content_);
            wake = std::exchange(sleeping_, false);
        }
        if (wake)
            arrived_.notify_one();
    }

    /// Something is there to be taken. Any thread.
    bool has_news()
    {
        std::lock_guard lock(mutex_);
        return !content_.empty();
    }

    /// Takes all there is; waits for something where `wait`. The owner's thread.
    void take(content& into, bool wait)
    {
        into.clear();
        std::unique_lock lock(mutex_);
        while (wait && content_.empty())
        {
            sleeping_ = true;
            arrived_.wait(lock);
        }
        sleeping_ = false;
        std::swap(into, content_);
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    content content_;
    bool sleeping_{};
};

using mailbox = mailbox_of<shard_news>;
}
