#include "engine/code_watch.hpp"

#include <algorithm>
#include <cstring>
#include <pthread.h>
#include <string_view>
#include <utility>

namespace everstep::core
{
void code_watch::asks(const op_name& what) noexcept
{
    char letters[sizeof(std::uint64_t) * std::tuple_size_v<decltype(name_)>]{};
    const std::string_view name = what.text();
    std::memcpy(letters, name.data(), std::min(name.size(), sizeof letters));
    for (std::size_t word = 0; word < name_.size(); ++word)
    {
        std::uint64_t bits{};
        std::memcpy(&bits, letters + word * sizeof bits, sizeof bits);
        name_[word].store(bits, std::memory_order_relaxed);
    }
    line_.store(what.line(), std::memory_order_relaxed);
    file_.store(what.file().data(), std::memory_order_relaxed); // the end of a literal
}

code_watch::seen code_watch::look()
{
    const std::scoped_lock lock(mutex_);
    looking_.fetch_add(1);
    const journal::run_header* run = run_.load();
    const std::uint64_t turns = turns_.load(std::memory_order_relaxed);
    seen found;
    found.is_at_work = run || turns != turns_seen_;
    if (run && turns == turns_seen_ && turns != turns_named_)
    {
        turns_named_ = turns;
        found.is_blocked = true;
        found.workflow = run->workflow;
        found.run = run->id;
        char letters[sizeof(std::uint64_t) * std::tuple_size_v<decltype(name_)> + 1]{};
        for (std::size_t word = 0; word < name_.size(); ++word)
        {
            const std::uint64_t bits = name_[word].load(std::memory_order_relaxed);
            std::memcpy(letters + word * sizeof bits, &bits, sizeof bits);
        }
        if (const char* file = file_.load(std::memory_order_relaxed))
            found.operation = "'" + std::string(letters) + "' (" + file + ":" + std::to_string(line_.load(std::memory_order_relaxed)) + ")";
    }
    turns_seen_ = turns;
    looking_.fetch_sub(1);
    return found;
}

code_watcher::code_watcher(std::vector<code_watch*> shards, std::chrono::milliseconds period, tell blocked)
    : shards_(std::move(shards)), period_(period), blocked_(std::move(blocked)), thread_([this] { work(); })
{
}

code_watcher::~code_watcher()
{
    {
        const std::scoped_lock lock(mutex_);
        stopped_ = true;
    }
    wakes_.notify_one();
    thread_.join();
}

void code_watcher::ensure_watching() noexcept
{
    if (watching_.load(std::memory_order_acquire))
        return;
    const std::scoped_lock lock(mutex_);
    if (!watching_.exchange(true))
        wakes_.notify_one();
}

void code_watcher::work()
{
    ::pthread_setname_np(::pthread_self(), "everstep code");
    std::unique_lock lock(mutex_);
    while (!stopped_)
    {
        wakes_.wait(lock, [this] { return stopped_ || watching_; });
        wakes_.wait_for(lock, period_, [this] { return stopped_; });
        if (stopped_)
            return;
        watching_ = false; // before the look: who goes to work from here on says so
        lock.unlock();
        const bool goes_on = look();
        lock.lock();
        watching_ = watching_ || goes_on;
    }
}

/// Whether there is something to look at again.
bool code_watcher::look()
{
    bool any = false;
    for (code_watch* shard : shards_)
    {
        const code_watch::seen found = shard->look();
        any |= found.is_at_work;
        if (found.is_blocked)
            blocked_(found);
    }
    return any;
}
}
