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

position committer::submit(store::batch& turns)
{
    const std::size_t bytes = weight(turns);
    position at;
    bool sleeping;
    {
        std::lock_guard lock(mutex_);
        queue_.push_back(std::move(turns));
        if (spare_.empty())
            turns = store::batch();
        else
        {
            turns = std::move(spare_.back());
            spare_.pop_back();
        }
        at = ++submitted_;
        sleeping = idle_.exchange(false, std::memory_order_relaxed);
        queued_bytes_.fetch_add(bytes, std::memory_order_relaxed); // before they can be taken, so that the sum never wraps
    }
    if (sleeping)
        arrived_.notify_one();
    return at;
}

bool committer::take(std::vector<store::batch>& parts)
{
    std::unique_lock lock(mutex_);
    for (store::batch& used : parts)
        if (spare_.size() < spare_batches_max)
        {
            used.clear();
            spare_.push_back(std::move(used));
        }
    parts.clear();
    while (queue_.empty() && !stopping_)
    {
        idle_.store(true, std::memory_order_relaxed);
        arrived_.wait(lock);
    }
    idle_.store(false, std::memory_order_relaxed);
    std::size_t bytes = 0;
    std::size_t count = 0;
    while (count < queue_.size() && (count == 0 || bytes + weight(queue_[count]) <= commit_bytes_max))
        bytes += weight(queue_[count++]);
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
    parts.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
    return !parts.empty();
}

void committer::work()
{
    std::vector<store::batch> parts;
    while (take(parts))
        if (!commit(parts))
            return;
}

bool committer::commit(std::vector<store::batch>& parts)
{
    own_.clear();
    if (on_.complete)
        on_.complete(own_);
    std::vector<const store::batch*> views;
    views.reserve(parts.size() + 1);
    std::size_t bytes = 0;
    for (const store::batch& part : parts)
    {
        views.push_back(&part);
        bytes += weight(part);
    }
    views.push_back(&own_);
    for (unsigned tries = 0;; ++tries)
    {
        // If we die before the store says durable, recovery finds all of it or nothing of it: nobody was told either way. If we
        // die after, it finds all of it; callers that had no answer ask again by id and find the same run.
        const store::commit_result result = store_.commit(views);
        if (result.what == store::outcome::durable)
        {
            if (full_.exchange(false, std::memory_order_relaxed) && on_.full)
                on_.full({});
            break;
        }
        if (result.what == store::outcome::unknown)
        {
            failed_.store(true, std::memory_order_release);
            if (on_.failed)
                on_.failed(result.text);
            return false;
        }
        if (!wait_for_room(result.text, tries))
            return false;
    }
    commits_.fetch_add(1, std::memory_order_relaxed);
    queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    durable_.fetch_add(parts.size(), std::memory_order_release);
    if (on_.durable)
        on_.durable();
    return true;
}

/// Nothing of the commit was written. Waits a little longer each time, up to a second; false when we are to stop: what is queued then
/// was never acknowledged, and reopening finds it absent.
bool committer::wait_for_room(const std::string& text, unsigned tries)
{
    commits_delayed_.fetch_add(1, std::memory_order_relaxed);
    if (!full_.exchange(true, std::memory_order_relaxed) && on_.full)
        on_.full(text);
    const auto delay = std::chrono::milliseconds(10) * (1u << std::min(tries, 7u));
    std::unique_lock lock(mutex_);
    return !arrived_.wait_for(lock, std::min<std::chrono::milliseconds>(delay, std::chrono::seconds(1)),
                              [this] { return stopping_; });
}
}
