#include "engine/committer.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iterator>
#include <utility>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

/// A commit takes whole submissions up to this; the rest goes into the next, so that no caller waits for a giant's sync.
constexpr std::size_t commit_bytes_max = 8u << 20;
constexpr std::size_t spare_batches_max = 16;

/// While callers are about, which is for so many commits after one was seen, background work is this much of a commit.
constexpr unsigned callers_about = 32;
constexpr std::chrono::nanoseconds background_work_max = 2ms;
/// Smaller commits would be nothing but their syncs.
constexpr std::size_t background_writes_min = 128;
constexpr std::size_t no_bound = ~std::size_t{0};
/// Who makes background work stops when so many commits' worth is queued: one is being written, one is ready.
constexpr std::size_t commits_ahead = 2;
/// As above where callers are not about, and commits are as large as they come.
constexpr std::size_t background_enough_alone = 32'768;

std::size_t weight(const store::batch& turns) noexcept
{
    return turns.bytes() + turns.writes().size() * sizeof(store::batch::write);
}

/// Of this thread: work, without the waiting for the disk.
std::chrono::nanoseconds processor_time() noexcept
{
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}
}

committer::committer(store::store& to, events on) : store_(to), on_(std::move(on)), commits_since_caller_(callers_about), background_enough_(background_enough_alone) {}

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

bool committer::has_queued() const noexcept
{
    return std::any_of(std::begin(lines_), std::end(lines_), [](const waiting_line& one) { return !one.queue.empty(); });
}

position committer::enqueue(store::batch& turns, urgency how)
{
    queued_bytes_.fetch_add(weight(turns), std::memory_order_relaxed); // before they can be taken, so that the sum never wraps
    if (how == urgency::background)
        background_queued_.fetch_add(turns.writes().size(), std::memory_order_relaxed);
    else
        commits_since_caller_ = 0;
    line(how).queue.push_back(std::move(turns));
    if (spare_.empty())
        turns = store::batch();
    else
    {
        turns = std::move(spare_.back());
        spare_.pop_back();
    }
    return ++line(how).submitted;
}

position committer::submit(store::batch& turns, urgency how)
{
    std::unique_lock lock(mutex_);
    const position at = enqueue(turns, how);
    const bool wake = std::exchange(sleeping_, false);
    lock.unlock();
    if (wake)
        arrived_.notify_one();
    return at;
}

position committer::commit_here(store::batch& turns, urgency how)
{
    std::unique_lock lock(mutex_);
    const bool alone = !has_queued() && !committing_ && !stopping_ && !has_failed() && !is_full();
    const position at = enqueue(turns, how);
    if (alone)
    {
        committing_ = true;
        here_.of_line[0] = here_.of_line[1] = 0;
        take_some(here_, how, no_bound, no_bound);
        lock.unlock();
        complete();
        const store::outcome what = try_commit(here_);
        lock.lock();
        committing_ = false;
        if (what == store::outcome::full)
            give_back(here_);
        keep_spare(here_.parts);
    }
    const bool wake = (has_queued() || stopping_) && std::exchange(sleeping_, false);
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

/// Nothing of it was written: it stands in front of its queue again.
void committer::give_back(share& taken)
{
    auto from = taken.parts.begin();
    for (std::size_t i = 0; i < urgencies; ++i)
    {
        const auto to = from + static_cast<std::ptrdiff_t>(taken.of_line[i]);
        for (auto part = from; i == static_cast<std::size_t>(urgency::background) && part != to; ++part)
            background_queued_.fetch_add(part->writes().size(), std::memory_order_relaxed);
        lines_[i].queue.insert(lines_[i].queue.begin(), std::make_move_iterator(from), std::make_move_iterator(to));
        from = to;
    }
    taken.parts.clear();
}

std::size_t committer::background_writes_max() const
{
    if (commits_since_caller_ >= callers_about)
        return no_bound;
    const auto by_time = background_work_max.count() / std::max<std::int64_t>(write_ns_.load(std::memory_order_relaxed), 1);
    return std::max(background_writes_min, static_cast<std::size_t>(by_time));
}

void committer::learn_cost(std::chrono::nanoseconds work, std::size_t writes)
{
    if (writes < background_writes_min)
        return; // mostly what a commit costs by itself
    const std::int64_t before = write_ns_.load(std::memory_order_relaxed);
    const std::int64_t each = work.count() / static_cast<std::int64_t>(writes);
    write_ns_.store(before + (each - before) / 8, std::memory_order_relaxed);
}

/// Whole submissions, as many as fit, one at least where the share is empty.
void committer::take_some(share& into, urgency how, std::size_t bytes_max, std::size_t writes_max)
{
    std::vector<store::batch>& queue = line(how).queue;
    std::size_t bytes = 0;
    std::size_t writes = 0;
    std::size_t count = 0;
    for (; count < queue.size(); ++count)
    {
        const std::size_t more_bytes = bytes + weight(queue[count]);
        const std::size_t more_writes = writes + queue[count].writes().size();
        if ((count != 0 || !into.parts.empty()) && (more_bytes > bytes_max || more_writes > writes_max))
            break;
        bytes = more_bytes;
        writes = more_writes;
    }
    const auto end = queue.begin() + static_cast<std::ptrdiff_t>(count);
    into.parts.insert(into.parts.end(), std::make_move_iterator(queue.begin()), std::make_move_iterator(end));
    queue.erase(queue.begin(), end);
    into.of_line[static_cast<std::size_t>(how)] = count;
    if (how == urgency::background)
        background_queued_.fetch_sub(writes, std::memory_order_relaxed);
}

/// A commit that is large for its callers' sake takes as much again of the rest: else what their work leads to, deletion in the end, would
/// fall behind for as long as they come.
std::size_t committer::writes_of(const share& callers) noexcept
{
    std::size_t writes = 0;
    for (const store::batch& part : callers.parts)
        writes += part.writes().size();
    return writes;
}

/// Also ends the commit of what `into` held.
bool committer::take(share& into)
{
    std::unique_lock lock(mutex_);
    if (!into.parts.empty())
        committing_ = false;
    keep_spare(into.parts);
    while (committing_ || (!has_queued() && !stopping_))
    {
        sleeping_ = true;
        arrived_.wait(lock);
    }
    sleeping_ = false;
    if (has_failed())
        return false;
    const std::size_t background = background_writes_max();
    commits_since_caller_ += commits_since_caller_ < callers_about ? 1 : 0;
    background_enough_.store(background == no_bound ? background_enough_alone : commits_ahead * background, std::memory_order_relaxed);
    into.of_line[0] = into.of_line[1] = 0;
    take_some(into, urgency::caller_waits, commit_bytes_max, no_bound);
    if (line(urgency::caller_waits).queue.empty()) // else background turns could overtake what they depend on
        take_some(into, urgency::background, commit_bytes_max, std::max(background, writes_of(into)));
    committing_ = !into.parts.empty();
    return committing_;
}

void committer::work()
{
    share mine;
    while (take(mine))
    {
        complete();
        for (unsigned tries = 0;; ++tries)
        {
            const store::outcome what = try_commit(mine);
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

/// One commit of `what` and of the journal's own records. The caller has set committing_.
store::outcome committer::try_commit(const share& what)
{
    views_.clear();
    std::size_t bytes = 0;
    std::size_t writes = 0;
    for (const store::batch& part : what.parts)
    {
        views_.push_back(&part);
        bytes += weight(part);
        writes += part.writes().size();
    }
    views_.push_back(&own_);
    // If we die before the store says durable, recovery finds all of it or nothing of it: nobody was told either way. If we
    // die after, it finds all of it; callers that had no answer ask again by id and find the same run.
    const auto before = processor_time();
    const store::commit_result result = store_.commit(views_);
    learn_cost(processor_time() - before, writes);
    switch (result.what)
    {
    case store::outcome::durable:
        own_.clear();
        if (full_.exchange(false, std::memory_order_relaxed) && on_.full)
            on_.full({});
        commits_.fetch_add(1, std::memory_order_relaxed);
        queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
        for (std::size_t i = 0; i < urgencies; ++i)
            lines_[i].durable.fetch_add(what.of_line[i], std::memory_order_release);
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
