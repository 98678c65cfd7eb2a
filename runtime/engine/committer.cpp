#include "engine/committer.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace everstep::core
{
namespace
{
/// A commit takes whole submissions up to this; the rest goes into the next, so that no caller waits for a giant's sync.
constexpr std::size_t commit_bytes_max = 8u << 20;
constexpr std::size_t spare_batches_max = 16;

std::size_t weight(const store::batch& turns) noexcept
{
    return turns.bytes() + turns.writes().size() * sizeof(store::batch::write);
}
}

committer::committer(store::store& to, events on) : store_(to), on_(std::move(on)) {}

committer::~committer() { stop(); }

void committer::start()
{
    thread_ = std::thread([this] { work(); });
}

void committer::stop() noexcept
{
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    arrived_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

position committer::enqueue(store::batch& turns)
{
    queued_bytes_.fetch_add(weight(turns), std::memory_order_relaxed); // before they can be taken, so that the sum never wraps
    queue_.push_back(std::move(turns));
    if (spare_.empty())
        turns = store::batch();
    else
    {
        turns = std::move(spare_.back());
        spare_.pop_back();
    }
    return ++submitted_;
}

position committer::submit(store::batch& turns)
{
    std::unique_lock lock(mutex_);
    const position at = enqueue(turns);
    const bool wake = std::exchange(sleeping_, false);
    lock.unlock();
    if (wake)
        arrived_.notify_one();
    return at;
}

position committer::commit_here(store::batch& turns)
{
    std::unique_lock lock(mutex_);
    const position at = enqueue(turns);
    const bool alone = queue_.size() == 1 && !committing_ && !stopping_ && !has_failed() && !is_full();
    if (alone)
    {
        committing_ = true;
        here_.swap(queue_);
        lock.unlock();
        complete();
        const store::outcome what = try_commit(here_);
        lock.lock();
        committing_ = false;
        if (what == store::outcome::full)
            queue_.insert(queue_.begin(), std::make_move_iterator(here_.begin()), std::make_move_iterator(here_.end()));
        keep_spare(here_);
    }
    const bool wake = (!queue_.empty() || stopping_) && std::exchange(sleeping_, false);
    lock.unlock();
    if (wake)
        arrived_.notify_one();
    return at;
}

void committer::keep_spare(std::vector<store::batch>& parts)
{
    for (store::batch& used : parts)
        if (spare_.size() < spare_batches_max)
        {
            used.clear();
            spare_.push_back(std::move(used));
        }
    parts.clear();
}

/// Also ends the commit of what `parts` held.
bool committer::take(std::vector<store::batch>& parts)
{
    std::unique_lock lock(mutex_);
    if (!parts.empty())
        committing_ = false;
    keep_spare(parts);
    while (committing_ || (queue_.empty() && !stopping_))
    {
        sleeping_ = true;
        arrived_.wait(lock);
    }
    sleeping_ = false;
    if (has_failed())
        return false;
    std::size_t bytes = 0;
    std::size_t count = 0;
    while (count < queue_.size() && (count == 0 || bytes + weight(queue_[count]) <= commit_bytes_max))
        bytes += weight(queue_[count++]);
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
    parts.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
    committing_ = !parts.empty();
    return committing_;
}

void committer::work()
{
    std::vector<store::batch> parts;
    while (take(parts))
    {
        complete();
        for (unsigned tries = 0;; ++tries)
        {
            const store::outcome what = try_commit(parts);
            if (what == store::outcome::durable)
                break;
            if (what == store::outcome::unknown || !wait_for_room(tries))
                return;
        }
    }
}

/// What is there of an earlier try is written, too: the last put of a record wins.
void committer::complete()
{
    if (on_.complete)
        on_.complete(own_);
}

/// One commit of `parts` and of the journal's own records. The caller has set committing_.
store::outcome committer::try_commit(const std::vector<store::batch>& parts)
{
    views_.clear();
    std::size_t bytes = 0;
    for (const store::batch& part : parts)
    {
        views_.push_back(&part);
        bytes += weight(part);
    }
    views_.push_back(&own_);
    // If we die before the store says durable, recovery finds all of it or nothing of it: nobody was told either way. If we
    // die after, it finds all of it; callers that had no answer ask again by id and find the same run.
    const store::commit_result result = store_.commit(views_);
    switch (result.what)
    {
    case store::outcome::durable:
        own_.clear();
        if (full_.exchange(false, std::memory_order_relaxed) && on_.full)
            on_.full({});
        commits_.fetch_add(1, std::memory_order_relaxed);
        queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
        durable_.fetch_add(parts.size(), std::memory_order_release);
        if (on_.durable)
            on_.durable();
        break;
    case store::outcome::unknown:
        failed_.store(true, std::memory_order_release);
        if (on_.failed)
            on_.failed(result.text);
        break;
    case store::outcome::full:
        commits_delayed_.fetch_add(1, std::memory_order_relaxed);
        if (!full_.exchange(true, std::memory_order_relaxed) && on_.full)
            on_.full(result.text);
        break;
    }
    return result.what;
}

/// Nothing of the commit was written. Waits a little longer each time, up to a second; false when we are to stop: what is queued then
/// was never acknowledged, and reopening finds it absent.
bool committer::wait_for_room(unsigned tries)
{
    const auto delay = std::chrono::milliseconds(10) * (1u << std::min(tries, 7u));
    std::unique_lock lock(mutex_);
    return !arrived_.wait_for(lock, std::min<std::chrono::milliseconds>(delay, std::chrono::seconds(1)),
                              [this] { return stopping_; });
}
}
