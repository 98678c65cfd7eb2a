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

/// While callers are about, which is for so long after one was seen, a commit is this much work of theirs and background work together,
/// or only theirs.
constexpr base::time_us callers_about = 1'000'000;
constexpr std::chrono::nanoseconds background_work_max = 2ms;
/// Smaller commits would be nothing but their syncs.
constexpr std::size_t background_writes_min = 128;
constexpr std::size_t no_bound = ~std::size_t{0};
/// Background work is owed at most so many commits' worth; from then on it has its half, whoever comes.
constexpr std::size_t commits_owed = 2;
/// So many commits in a row leave it nothing because callers have more than they take; the next takes all callers, and then some of it.
constexpr unsigned passed_over_max = 8;
/// What a shard that commits by itself takes of others, who come late.
constexpr std::size_t late_writes_max_here = 64;
/// Who makes background work stops when so many commits' worth is queued: one is being written, one is ready.
constexpr std::size_t commits_ahead = 2;
/// As above where callers are not about, and commits are as large as they come.
constexpr std::size_t background_enough_alone = 32'768;

std::size_t weight(const store::batch& turns) noexcept
{
    return turns.bytes() + turns.writes().size() * sizeof(store::batch::write) + turns.rows().size() * sizeof(store::batch::row_write);
}

std::size_t writes_of(std::span<const store::batch> parts) noexcept
{
    std::size_t writes = 0;
    for (const store::batch& part : parts)
        writes += part.count();
    return writes;
}
}

std::chrono::nanoseconds processor_time() noexcept
{
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

bool committer::share::empty() const noexcept
{
    return of_line[0].empty() && of_line[1].empty() && of_line[2].empty();
}

std::size_t committer::share::bytes() const noexcept
{
    std::size_t sum = 0;
    for (const auto* parts : {&of_line[0], &of_line[1], &of_line[2], &late})
        for (const store::batch& part : *parts)
            sum += weight(part);
    return sum;
}

std::size_t committer::share::writes() const noexcept
{
    return writes_of(of_line[0]) + writes_of(of_line[1]) + writes_of(of_line[2]) + writes_of(late);
}

committer::committer(store::store& to, events on)
    : store_(to), on_(std::move(on)), caller_came_(-callers_about), background_enough_(background_enough_alone)
{
}

committer::~committer() { stop(); }

void committer::start(journal::event_number next_event)
{
    next_event_ = next_event;
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

position committer::enqueue(store::batch& turns, urgency how)
{
    queued_bytes_.fetch_add(weight(turns), std::memory_order_relaxed); // before they can be taken, so that the sum never wraps
    if (waits(how))
        caller_came_ = on_.now();
    else
        background_queued_.fetch_add(turns.count(), std::memory_order_relaxed);
    waiting_line& to = line(how);
    if (how == urgency::caller_waits_for_transaction) // for those before it as well
    {
        background_queued_.fetch_sub(writes_of(std::span(to.queue).subspan(to.urgent)), std::memory_order_relaxed);
        to.urgent = to.queue.size() + 1;
    }
    to.queue.push_back(std::move(turns));
    if (spare_.empty())
        turns = store::batch();
    else
    {
        turns = std::move(spare_.back());
        spare_.pop_back();
    }
    return ++to.submitted;
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
        take_some(here_.of_line[queue_of(how)], queue_of(how), {no_bound, no_bound, no_bound, true});
        lock.unlock();
        complete();
        const store::outcome what = try_commit(here_, late_writes_max_here);
        lock.lock();
        committing_ = false;
        if (what == store::outcome::full)
            give_back(here_);
        keep_spare(here_);
    }
    const bool wake = (has_queued() || stopping_) && std::exchange(sleeping_, false);
    lock.unlock();
    if (wake)
        arrived_.notify_one();
    return at;
}

void committer::keep_spare(share& used)
{
    for (auto* parts : {&used.of_line[0], &used.of_line[1], &used.of_line[2], &used.late})
    {
        for (store::batch& one : *parts)
            if (spare_.size() < spare_batches_max)
            {
                one.clear();
                spare_.push_back(std::move(one));
            }
        parts->clear();
    }
}

/// Nothing of it was written: it stands in front of its queue again.
void committer::give_back(share& taken)
{
    background_queued_.fetch_add(writes_of(taken.of_line[background]), std::memory_order_relaxed);
    lines_[transactions].urgent += taken.of_line[transactions].size(); // no later than before
    for (std::size_t i = 0; i < queues; ++i)
    {
        std::vector<store::batch>& parts = taken.of_line[i];
        lines_[i].queue.insert(lines_[i].queue.begin(), std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
        parts.clear();
    }
}

std::size_t committer::background_writes_max() const
{
    if (on_.now() - caller_came_ >= callers_about)
        return no_bound;
    const auto by_time = background_work_max.count() / std::max<std::int64_t>(write_ns_.load(std::memory_order_relaxed), 1);
    return std::max(background_writes_min, static_cast<std::size_t>(by_time));
}

/// What callers wait for, all of it where it fits: false where some is left.
bool committer::take_urgent(share& into)
{
    const std::size_t bytes_max = passed_over_ < passed_over_max ? commit_bytes_max : no_bound;
    take_some(into.of_line[callers], callers, {bytes_max, no_bound, no_bound, true});
    if (has_queued(callers))
        return false;
    const std::size_t left = bytes_max - std::min(bytes_max, into.bytes());
    take_some(into.of_line[transactions], transactions, {left, no_bound, lines_[transactions].urgent, into.empty()});
    return lines_[transactions].urgent == 0;
}

/// Takes background work that goes with so many writes of callers. What a burst of theirs pushes aside is owed, and where they fill one
/// commit after the other it has half as much as they: else what their work leads to, deletion in the end, would fall behind for as long
/// as they come. A large submission goes when as much is owed. Turns and transactions share where there are both, each with its own account:
/// what one takes is not taken from what the other is owed.
void committer::take_background(share& into, std::size_t writes_of_callers, std::size_t bound)
{
    const std::size_t shares = has_queued(background) && has_queued(transactions) ? 2 : 1;
    const std::size_t half = writes_of_callers / 2 / shares;
    const std::size_t least = background_writes_min / shares;
    std::size_t left_over = 0; ///< by the queue before
    for (const std::size_t queue : {background, transactions})
    {
        waiting_line& line = lines_[queue];
        if (line.queue.empty())
            continue;
        bounds most{commit_bytes_max, no_bound, no_bound, writes_of_callers == 0};
        if (bound != no_bound)
        {
            line.owed += std::max(half, least);
            most.writes = std::max((bound - std::min(bound, writes_of_callers)) / shares, least) + left_over;
            if (line.owed >= commits_owed * bound)
                most.writes = std::max(most.writes, half);
            most.one_at_least |= line.owed >= line.queue.front().count();
        }
        const std::size_t before = into.writes();
        take_some(into.of_line[queue], queue, most);
        const std::size_t taken = into.writes() - before;
        left_over = bound == no_bound ? 0 : most.writes - std::min(most.writes, taken);
        line.owed = line.queue.empty() ? 0 : line.owed - std::min(line.owed, taken);
    }
}

void committer::learn_cost(std::chrono::nanoseconds work, std::size_t writes)
{
    if (writes < background_writes_min)
        return; // mostly what a commit costs by itself
    const std::int64_t before = write_ns_.load(std::memory_order_relaxed);
    const std::int64_t each = work.count() / static_cast<std::int64_t>(writes);
    write_ns_.store(before + (each - before) / 8, std::memory_order_relaxed);
}

/// Whole submissions, as many as fit.
void committer::take_some(std::vector<store::batch>& into, std::size_t from, const bounds& most)
{
    std::vector<store::batch>& queue = lines_[from].queue;
    std::size_t bytes = 0;
    std::size_t writes = 0;
    std::size_t count = 0;
    for (; count < std::min(queue.size(), most.count); ++count)
    {
        const std::size_t more_bytes = bytes + weight(queue[count]);
        const std::size_t more_writes = writes + queue[count].count();
        if ((count != 0 || !most.one_at_least) && (more_bytes > most.bytes || more_writes > most.writes))
            break;
        bytes = more_bytes;
        writes = more_writes;
    }
    const std::size_t urgent = std::min(lines_[from].urgent, count);
    lines_[from].urgent -= urgent;
    if (from != callers)
        background_queued_.fetch_sub(writes_of(std::span(queue).subspan(urgent, count - urgent)), std::memory_order_relaxed);
    const auto end = queue.begin() + static_cast<std::ptrdiff_t>(count);
    into.insert(into.end(), std::make_move_iterator(queue.begin()), std::make_move_iterator(end));
    queue.erase(queue.begin(), end);
}

/// Also ends the commit of what `into` held.
bool committer::take(share& into)
{
    std::unique_lock lock(mutex_);
    if (!into.empty())
        committing_ = false;
    keep_spare(into);
    while (committing_ || (!has_queued() && !stopping_))
    {
        sleeping_ = true;
        arrived_.wait(lock);
    }
    sleeping_ = false;
    if (has_failed())
        return false;
    const std::size_t bound = background_writes_max();
    background_enough_.store(bound == no_bound ? background_enough_alone : commits_ahead * bound, std::memory_order_relaxed);
    passed_over_ = take_urgent(into) ? 0 : passed_over_ + 1;
    // Where callers are left, background turns could overtake what they depend on.
    if (passed_over_ == 0 && (has_queued(background) || has_queued(transactions)))
        take_background(into, into.writes(), bound);
    committing_ = !into.empty();
    return committing_;
}

/// Who comes while a commit is written goes with it: he depends on nothing of the background that is not durable. False: nobody came. (A
/// commit that found no room does not grow.)
bool committer::take_late(share& into, std::size_t writes_max)
{
    const std::size_t bytes = into.bytes();
    if (bytes < commit_bytes_max && !is_full())
    {
        const std::scoped_lock lock(mutex_);
        take_some(into.late, callers, {commit_bytes_max - bytes, writes_max, no_bound, false});
    }
    return !into.late.empty();
}

void committer::work()
{
    share mine;
    while (take(mine))
    {
        complete();
        for (unsigned tries = 0;; ++tries)
        {
            const store::outcome what = try_commit(mine, no_bound);
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

/// Events get their numbers in the order of commits: who has read up to one of them finds all later ones above it. A commit that is tried
/// again numbers anew, for nobody has seen it.
void committer::number(std::vector<store::batch>& parts)
{
    const journal::event_number before = numbered_event_;
    for (store::batch& part : parts)
        part.number_events(numbered_event_);
    const bool stands_otherwise = std::exchange(own_has_number_, false); // of a try that found no room
    if ((numbered_event_ != before || stands_otherwise) && on_.numbered)
        on_.numbered(own_, numbered_event_);
}

/// One commit of `what` and of the journal's own records. The caller has set committing_.
store::outcome committer::try_commit(share& what, std::size_t late_writes_max)
{
    views_.clear();
    numbered_event_ = next_event_;
    for (auto& parts : what.of_line)
    {
        number(parts);
        for (const store::batch& part : parts)
            views_.push_back(&part);
    }
    views_.push_back(&own_);
    late_views_.clear();
    const auto late = [&]() -> std::span<const store::batch* const>
    {
        if (take_late(what, late_writes_max))
        {
            complete();
            number(what.late);
            for (const store::batch& part : what.late)
                late_views_.push_back(&part);
            late_views_.push_back(&own_);
        }
        return late_views_;
    };
    // If we die before the store says durable, recovery finds all of it or nothing of it: nobody was told either way. If we
    // die after, it finds all of it; callers that had no answer ask again by id and find the same run.
    const auto before = on_.worked();
    const store::commit_result result = store_.commit(views_, late);
    learn_cost(on_.worked() - before, what.writes());
    const std::size_t bytes = what.bytes();
    auto& first = what.of_line[callers];
    first.insert(first.end(), std::make_move_iterator(what.late.begin()), std::make_move_iterator(what.late.end()));
    what.late.clear();
    switch (result.what)
    {
    case store::outcome::durable:
        own_.clear();
        own_has_number_ = false;
        next_event_ = numbered_event_;
        if (full_.exchange(false, std::memory_order_relaxed) && on_.full)
            on_.full({});
        commits_.fetch_add(1, std::memory_order_relaxed);
        queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
        for (std::size_t i = 0; i < queues; ++i)
            lines_[i].durable.fetch_add(what.of_line[i].size(), std::memory_order_release);
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
        own_has_number_ = numbered_event_ != next_event_;
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
