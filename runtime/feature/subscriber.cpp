#include "feature/subscriber.hpp"

#include "engine/stored_rows.hpp"
#include "feature/delivery_schedule.hpp"

#include <everstep/error.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace everstep::core
{
namespace
{
/// In memory at once. What is open is written with each state, so it is not more than pays: transactions have a commit to wait for.
constexpr std::size_t handler_events_max = 512;
constexpr std::size_t transaction_events_max = 2'048;
constexpr std::size_t workflow_events_max = 512;
/// Read beyond the state that is durable: so many may have to be called redelivered after a crash.
constexpr std::size_t unsaved_max = 4'096;
/// A state is written when so many events were passed over.
constexpr std::size_t unsaved_enough = 1'024;

std::size_t in_memory_of(const detail::subscription_setup& setup)
{
    if (std::holds_alternative<detail::event_transaction>(setup.to))
        return transaction_events_max;
    return std::holds_alternative<detail::event_handler>(setup.to) ? handler_events_max : workflow_events_max;
}

/// Transactions are serial, and starts of workflows are quick: what is out of these only waits for its commit.
std::size_t first_window_of(const detail::subscription_setup& setup)
{
    const bool is_bounded = std::holds_alternative<detail::event_handler>(setup.to) || std::holds_alternative<webhook_endpoint>(setup.to);
    return is_bounded ? setup.options.concurrency : in_memory_of(setup);
}
}

subscriber::subscriber(detail::subscription_setup setup)
    : setup_(std::move(setup)), is_transaction_(std::holds_alternative<detail::event_transaction>(setup_.to)),
      is_handler_(std::holds_alternative<detail::event_handler>(setup_.to)), is_webhook_(std::holds_alternative<webhook_endpoint>(setup_.to)),
      in_memory_max_(in_memory_of(setup_)),
      running_max_(std::max<std::size_t>(in_memory_max_, setup_.options.concurrency)), window_(first_window_of(setup_))
{
}

void subscriber::load(const store::snapshot& now, event_number next)
{
    opened_at_ = next;
    if (is_ephemeral())
    {
        open_.seek(next);
        return read_order(now);
    }
    snapshot_rows rows(now);
    const table_reader in(rows);
    const std::optional<subscription_state> state = in.get(subscription_table(), name());
    if (state && state->topic != setup_.topic)
        throw engine_error(errc::wrong_use, "subscription '" + name() + "' is one of topic '" + state->topic + "' in the journal, the code says '" +
                                                setup_.topic + "': give the new one a new name");
    in.prefix(behind_table(), name(), [&](const behind_key& key, bool) {
        if (blocked_.insert(std::get<1>(key)).second)
            free_keys_.push_back(std::get<1>(key));
    });
    is_new_ = !state;
    in.prefix(taken_table(), name(), [&](const numbered_key& key, std::uint64_t generation) { taken_.emplace(key.second, generation); });
    if (!state)
    {
        open_.seek(setup_.options.from_oldest ? 1 : next);
        moved_ = !setup_.options.from_oldest; // its place is to be durable before the engine is open
    }
    else
    {
        generation_ = state->generation;
        seen_ = state->seen;
        old_events_left_ = unsaved_max;
        durable_first_ = state->open.empty() ? state->head : state->open.front();
        load_open(now, state->open);
        open_.pass(state->head);
        pass_over_rows(in);
    }
    read_order(now);
}

/// Of these it is certain that they were read, and not that they were delivered.
void subscriber::load_open(const store::snapshot& now, const std::vector<event_number>& open)
{
    for (const event_number number : open)
    {
        const page_pointer page = read_events(now, setup_.topic, number, number + 1);
        for (const event& one : page->events)
            if (!is_taken(number, generation_))
            {
                open_.admit(number);
                admit(std::shared_ptr<const event>(page, &one), true);
            }
    }
}

/// Events from the head on that wait: only where a seek has gone back behind them.
void subscriber::pass_over_rows(const table_reader& in)
{
    constexpr event_number last = std::numeric_limits<event_number>::max();
    in.range(waiting_table(), {name(), open_.head()}, {name(), last},
             [&](const numbered_key& key, const waiting_event&) { with_rows_.insert(key.second); });
}

void subscriber::read_order(const store::snapshot& now)
{
    snapshot_rows rows(now);
    const table_reader in(rows);
    const subscription_order wanted = in.get(order_table(), name()).value_or(subscription_order{});
    paused_ = wanted.paused;
    waits_to_seek_ = wanted.generation > generation_ && running_ != 0;
    held_ = paused_ || waits_to_seek_;
    if (wanted.generation <= generation_ || waits_to_seek_) // what is with the handler ends first
        return;
    generation_ = wanted.generation;
    seen_ = std::max(seen_, open_.head());
    open_.seek(wanted.seek_to);
    pass_over_rows(in);
    with_rows_.insert(busy_rows_.begin(), busy_rows_.end()); // or about to
    durable_first_ = std::min(durable_first_, wanted.seek_to); // what it is to have again is not deleted meanwhile
    first_writing_ = std::min(first_writing_, wanted.seek_to);
    page_ = nullptr;
    for (handed_pointer& one : lanes_.take_out_waiting())
    {
        if (one->has_rows)
            offer(std::move(one)); // is not of the topic any more
        else
            bytes_in_memory_ -= one->what->data.size();
    }
    moved_ = true;
}

bool subscriber::has_room_for_bytes() const noexcept
{
    constexpr std::size_t bytes_in_memory_max = 4u << 20;
    return bytes_in_memory_ + bytes_unwritten_ + bytes_writing_ < bytes_in_memory_max;
}

bool subscriber::wants_events() const noexcept
{
    return !paused_ && !waits_to_seek_ && lanes_.waiting() + events_out_ < in_memory_max_ && has_room_for_bytes() && unsaved_ < unsaved_max;
}

void subscriber::take(const page_pointer& page)
{
    auto at = std::ranges::lower_bound(page->events, open_.head(), {}, &event::number);
    for (; at != page->events.end() && wants_events(); ++at)
    {
        ++unsaved_;
        const bool is_old = at->number < seen_ || (at->number < opened_at_ && old_events_left_ > 0);
        if (old_events_left_ > 0)
            --old_events_left_;
        event_body body(at->data);
        if (with_rows_.erase(at->number) != 0 || is_taken(at->number, generation_) || !matches(setup_.options.filter, *at, body))
            open_.pass(at->number + 1);
        else
        {
            open_.admit(at->number);
            admit(std::shared_ptr<const event>(page, &*at), is_old);
        }
    }
    const bool is_through = at == page->events.end();
    if (is_through)
        open_.pass(page->next);
    page_ = is_through ? nullptr : page;
    moved_ |= is_new_ && lanes_.has_ready(); // its place first: who has none has had nothing
}

/// In the process before, by a transaction; the state had yet to say so.
bool subscriber::is_taken(event_number number, std::uint64_t since)
{
    const auto at = taken_.find(number);
    if (at == taken_.end())
        return false;
    const bool is_so = at->second >= since; // else it is to have it again
    change_.no_longer_taken.push_back({number, at->second});
    taken_.erase(at);
    moved_ = true;
    return is_so;
}

void subscriber::admit(std::shared_ptr<const event> what, bool is_old)
{
    auto one = std::make_unique<handed_event>();
    one->what = std::move(what);
    one->key = setup_.blocks_key ? hash_of_key(one->what->key) : 0;
    one->redelivered = is_old;
    one->generation = generation_;
    bytes_in_memory_ += one->what->data.size();
    if (one->key != 0 && blocked_.contains(one->key))
        park(*one);
    else
        offer(std::move(one));
}

void subscriber::offer(handed_pointer one)
{
    constexpr key_lanes::lane_number all_in_order = 1;
    one->lane = setup_.options.concurrency == 1 ? all_in_order : one->key != 0 ? one->key : hash_of_key(one->what->key);
    const key_lanes::lane_number lane = one->lane;
    lanes_.offer(lane, std::move(one));
}

base::time_us subscriber::rests_until(base::time_us now) const noexcept
{
    const base::time_us until = is_webhook_ && lanes_.has_ready() && !paused_ ? breaker_.until(now) : 0;
    return until == 0 ? never_due : until;
}

std::vector<handed_pointer> subscriber::next_to_go(base::time_us now)
{
    if (is_webhook_ && !breaker_.may_go(now, running_))
        return {};
    if (paused_ || waits_to_seek_ || is_new_ || running_ >= window_ || !lanes_.has_ready())
        return {};
    ++running_;
    std::vector<handed_pointer> some = lanes_.take(is_handler_ && !is_suspected_ ? events_at_once : 1);
    events_out_ += some.size();
    for (const handed_pointer& one : some)
        if (one->first_tried == 0)
            one->first_tried = now;
    return some;
}

void subscriber::not_tried(std::vector<handed_pointer>&& rest)
{
    if (rest.empty())
        return;
    events_out_ -= rest.size();
    for (const handed_pointer& one : rest)
        if (one->failures == 0)
            one->first_tried = 0;
    const key_lanes::lane_number lane = rest.front()->lane;
    lanes_.put_back(lane, std::move(rest));
}

/// What a handler needs is not known before. While none is refused its begin, more and more are handed over at once, so that quick handlers
/// need not wait for the next round; where one is, it is as many as may run.
void subscriber::is_back(key_lanes::lane_number lane, bool was_refused)
{
    --running_;
    lanes_.next(lane);
    if (!is_handler_)
        return;
    if (was_refused)
        window_ = setup_.options.concurrency;
    if (was_refused || ++back_in_window_ >= window_)
    {
        back_in_window_ = 0;
        if (!was_refused)
            window_ = std::min(2 * window_, running_max_);
    }
}

bool subscriber::may_begin() noexcept
{
    if (handlers_.fetch_add(1, std::memory_order_relaxed) < setup_.options.concurrency)
        return true;
    has_ended();
    return false;
}

bool subscriber::ended(handed_pointer one, const delivery_outcome& how, base::time_us now, double random)
{
    --events_out_;
    bytes_in_memory_ -= one->what->data.size();
    rows_in_memory_ -= one->has_rows ? 1 : 0;
    bool has_died = false;
    if (how.end == delivery_end::never_begun)
        ; // it stays open, or keeps its rows: the next process has it
    else if (how.end == delivery_end::delivered)
    {
        breaker_.succeeded();
        settle(*one);
        keep_outcome(*one, notification_state::told, one->failures + 1, now, 0, {});
        if (is_transaction_)
            change_.no_longer_taken.push_back({one->what->number, one->generation});
        is_through(*one);
    }
    else
        has_died = !fail(*one, how, now, random);
    return has_died;
}

/// As far as its topic is concerned.
void subscriber::settle(const handed_event& one)
{
    moved_ = true;
    if (!one.has_rows && one.generation == generation_)
        open_.settle(one.what->number);
}

/// False: it is given up.
bool subscriber::fail(const handed_event& one, const delivery_outcome& how, base::time_us now, double random)
{
    using std::chrono::microseconds;
    const delivery_policy& policy = setup_.options.retry;
    const std::uint32_t failures = one.failures + 1;
    const microseconds since_first(now - one.first_tried);
    const microseconds asked(std::min<std::chrono::milliseconds>(how.delay, std::chrono::years(1'000)));
    std::optional<microseconds> delay;
    if (how.end != delivery_end::permanent)
        breaker_.failed(now);
    if (how.end == delivery_end::failed)
    {
        delay = delay_after(policy, failures, random, since_first);
        if (delay && *delay < asked)
            delay = is_in_time(policy, since_first, asked) ? std::optional<microseconds>(asked) : std::nullopt;
    }
    else if (how.end == delivery_end::later && failures < attempts_of(policy) && is_in_time(policy, since_first, asked))
        delay = asked;
    if (is_ephemeral())
        return fail_without_rows(one, failures, delay);
    settle(one);
    if (!delay)
    {
        keep_outcome(one, notification_state::given_up, failures, now, 0, how);
        change_.dies.push_back({.what = *one.what, .subscription = name(), .attempts = failures,
                                .first_tried = event::time_point(microseconds(one.first_tried)),
                                .died = event::time_point(microseconds(now)), .code = how.code, .text = how.text});
        is_through(one);
        return false;
    }
    const base::time_us due = now + std::min<base::time_us>(delay->count(), never_due - 1 - now);
    put_rows({.what = *one.what, .key = one.key, .failures = failures, .first_tried = one.first_tried,
              .due = due, .redelivered = true, .code = how.code, .text = how.text});
    keep_outcome(one, notification_state::pending, failures, now, due, how);
    next_due_unwritten_ = std::min(next_due_unwritten_, due);
    if (one.key != 0)
        block(one);
    return true;
}

/// Tried again at once, or forgotten: nothing is written of it.
bool subscriber::fail_without_rows(const handed_event& one, std::uint32_t failures, std::optional<std::chrono::microseconds> delay)
{
    if (!delay || delay->count() > 0)
    {
        settle(one);
        return false;
    }
    auto again = std::make_unique<handed_event>(one);
    again->failures = failures;
    again->redelivered = true;
    bytes_in_memory_ += one.what->data.size();
    const key_lanes::lane_number lane = one.lane;
    std::vector<handed_pointer> first;
    first.push_back(std::move(again));
    lanes_.put_back(lane, std::move(first));
    return true;
}

/// Of notifications.
void subscriber::keep_outcome(const handed_event& one, notification_state state, std::uint32_t attempts, base::time_us now, base::time_us next,
                              const delivery_outcome& how)
{
    if (setup_.keep_outcome_us >= 0)
        change_.outcomes.push_back({.id = one.what->id, .state = state, .attempts = attempts, .now = now, .next = next, .code = how.code,
                                    .text = how.text});
}

/// Those of its key that came later stand behind it from now on.
void subscriber::block(const handed_event& one)
{
    blocked_.insert(one.key);
    loaded_.erase(one.key);
    const auto is_same = [&](const handed_event& other) { return other.key == one.key; };
    for (const handed_pointer& behind : lanes_.take_out(one.lane, is_same))
    {
        if (!behind->has_rows)
        {
            park(*behind);
            continue;
        }
        --rows_in_memory_;
        if (behind->due != never_due) // it had a time of its own
            park(*behind);
        else
        {
            bytes_in_memory_ -= behind->what->data.size();
            busy_rows_.erase(behind->what->number); // its rows are as they were
        }
    }
}

/// Behind another of its key.
void subscriber::park(const handed_event& one)
{
    bytes_in_memory_ -= one.what->data.size();
    settle(one);
    put_rows({.what = *one.what, .key = one.key, .failures = one.failures, .first_tried = one.first_tried, .due = never_due,
              .redelivered = one.redelivered, .code = {}, .text = {}});
}

void subscriber::put_rows(waiting_event&& row)
{
    busy_rows_.insert(row.what.number);
    rows_unwritten_.push_back({row.what.number, row.key});
    if (row.key != 0)
        ++unwritten_[row.key];
    bytes_unwritten_ += row.what.data.size();
    change_.wait.push_back(std::move(row));
}

/// Delivered or dead.
void subscriber::is_through(const handed_event& one)
{
    if (!one.has_rows)
        return;
    change_.ends.push_back(one.what->number);
    rows_unwritten_.push_back({one.what->number, 0}); // busy until its rows are gone
    const auto loaded = loaded_.find(one.key);
    if (one.key == 0 || loaded == loaded_.end() || --loaded->second != 0)
        return;
    loaded_.erase(loaded);
    freed_unwritten_.push_back(one.key);
}

bool subscriber::begin_writing(subscription_change& into, bool whatever_it_is)
{
    if (is_ephemeral())
    {
        change_ = {};
        unsaved_ = 0;
        return false;
    }
    if (writing_ || !(moved_ || !change_.empty() || unsaved_ >= unsaved_enough || (whatever_it_is && unsaved_ != 0)))
        return false;
    change_.name = name();
    change_.dead_letters_to = setup_.options.dead_letters_to;
    change_.keep_outcome = setup_.keep_outcome_us;
    change_.moves = true;
    change_.state.topic = setup_.topic;
    change_.state.generation = generation_;
    change_.state.head = open_.head();
    change_.state.open = open_.list();
    change_.state.seen = seen_;
    into = std::exchange(change_, {});
    moved_ = false;
    writing_ = true;
    first_writing_ = open_.first();
    unsaved_writing_ = unsaved_;
    bytes_writing_ = std::exchange(bytes_unwritten_, 0);
    rows_writing_ = std::exchange(rows_unwritten_, {});
    freed_writing_ = std::exchange(freed_unwritten_, {});
    next_due_writing_ = std::exchange(next_due_unwritten_, never_due);
    return true;
}

void subscriber::written()
{
    writing_ = false;
    is_new_ = false;
    durable_first_ = first_writing_;
    unsaved_ -= unsaved_writing_;
    for (const auto& [number, key] : rows_writing_)
    {
        busy_rows_.erase(number);
        if (const auto at = unwritten_.find(key); key != 0 && at != unwritten_.end() && --at->second == 0)
            unwritten_.erase(at);
    }
    rows_writing_.clear();
    bytes_writing_ = 0;
    free_keys_.insert(free_keys_.end(), freed_writing_.begin(), freed_writing_.end());
    freed_writing_.clear();
    next_due_ = std::exchange(skipped_rows_, false) ? 0 : std::min(next_due_, next_due_writing_);
}

void subscriber::not_written(subscription_change&& back)
{
    const auto put_back = [](auto& front, auto& rest) {
        front.insert(front.end(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
        rest = std::move(front);
    };
    put_back(back.no_longer_taken, change_.no_longer_taken);
    put_back(back.wait, change_.wait);
    put_back(back.ends, change_.ends);
    put_back(back.dies, change_.dies);
    put_back(back.outcomes, change_.outcomes);
    bytes_unwritten_ += std::exchange(bytes_writing_, 0);
    put_back(rows_writing_, rows_unwritten_);
    put_back(freed_writing_, freed_unwritten_);
    rows_writing_.clear();
    freed_writing_.clear();
    next_due_unwritten_ = std::min(next_due_unwritten_, next_due_writing_);
    writing_ = false;
    moved_ = true;
}
}
