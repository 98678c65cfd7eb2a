#pragma once

// One subscription while the engine is open: which events it has in memory, which of them may go to the handler, what their ends mean, and
// what is to be written of that. Knows no threads and calls nobody.
//
//     page --take()--> lanes --next_to_go()--> with the handler --ended()--> settled, or a row that waits, or a dead letter
//
//     what changed --begin_writing()--> one transaction --written()--> what waited for it to be durable is looked at
//
// An event that fails is settled as far as its topic is concerned: from then on its rows stand for it, and it comes back when it is due.
// While a key has rows, later events of it get rows, too, and wait behind; when the one in front is through, the next are loaded.
//
// Threads: the deliverer's only.

#include "engine/time_source.hpp"
#include "feature/breaker.hpp"
#include "feature/event_page.hpp"
#include "feature/filter_match.hpp"
#include "feature/handed_event.hpp"
#include "feature/key_lanes.hpp"
#include "feature/open_numbers.hpp"
#include "feature/subscription_rows.hpp"
#include "store/store.hpp"

#include <everstep/detail/subscription_setup.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace everstep::core
{
/// Events of one lane that go to the handler at once, one after the other.
inline constexpr std::size_t events_at_once = 64;

/// What a call of the handler came to.
enum class delivery_end : std::uint8_t
{
    delivered,
    failed,
    permanent,  ///< never again
    later,      ///< again after `delay`
    never_begun ///< the engine closes
};

struct delivery_outcome
{
    delivery_end end{};
    std::string code;
    std::string text;
    std::chrono::milliseconds delay{}; ///< failed: at least
};

class subscriber
{
public:
    explicit subscriber(detail::subscription_setup setup);

    const detail::subscription_setup& setup() const noexcept { return setup_; }
    const std::string& name() const noexcept { return setup_.name; }

    /// What the journal has of it; where that is nothing it begins at `next`, or at the begin. Events below `next` are there.
    void load(const store::snapshot& now, event_number next);
    bool is_webhook() const noexcept { return is_webhook_; }
    bool is_ephemeral() const noexcept { return setup_.options.ephemeral; }
    /// Until read_order() says otherwise.
    void pause() noexcept
    {
        paused_ = true;
        hold();
    }
    /// Before load().
    void suspect() noexcept { is_suspected_ = true; }
    /// Reads what people want of it. At begin, and when they have changed it.
    void read_order(const store::snapshot& now);

    /// Room for events from head() on.
    bool wants_events() const noexcept;
    event_number head() const noexcept { return open_.head(); }
    void take(const page_pointer& page);
    /// The one that it has not taken all of; null: it needs another.
    const page_pointer& page() const noexcept { return page_; }

    /// Rows are due, or keys have become free: load_rows() is to be called.
    bool wants_rows(base::time_us now) const noexcept;
    void load_rows(const store::snapshot& at, base::time_us now);
    /// Below it all are settled, and that is durable.
    event_number durable_first() const noexcept { return durable_first_; }

    /// When the next row is due; never_due: none.
    base::time_us next_due() const noexcept { return next_due_; }
    /// Somebody has put rows.
    void expect_rows() noexcept { next_due_ = 0; }

    /// The next to be given to the handler, one after the other; empty: none, now.
    std::vector<handed_pointer> next_to_go(base::time_us now);
    /// When next_to_go() is to be asked again though nothing has happened; never_due: not for that.
    base::time_us rests_until(base::time_us now) const noexcept;
    /// Of what was given: it has not been tried, and goes again. Before ended() of the one in front of it.
    void not_tried(std::vector<handed_pointer>&& rest);
    /// True: it has run out of attempts, and is a dead letter. `random` is from 0 to 1.
    bool ended(handed_pointer one, const delivery_outcome& how, base::time_us now, double random);
    /// All that was given at once has ended. `was_refused`: because of may_begin().
    void is_back(key_lanes::lane_number lane, bool was_refused);

    /// No handler begins, until read_order() says otherwise. Any thread.
    void hold() noexcept { held_.store(true, std::memory_order_relaxed); }
    bool is_held() const noexcept { return held_.load(std::memory_order_relaxed); }
    /// Handlers that run now may be `concurrency` at most, whatever the pool does. Any thread; true: has_ended() is to follow.
    bool may_begin() noexcept;
    void has_ended() noexcept { handlers_.fetch_sub(1, std::memory_order_relaxed); }

    /// Whether a failed attempt is told to the log: once in a minute, whatever fails.
    bool tells_of_failure(base::time_us now) noexcept
    {
        if (now < silent_until_)
            return false;
        silent_until_ = now + 60'000'000;
        return true;
    }

    /// Given, and not back.
    std::size_t running() const noexcept { return running_; }
    bool is_paused() const noexcept { return paused_; }
    /// read_order() is to be called again: what was with the handler is back.
    bool can_seek() const noexcept { return waits_to_seek_ && running_ == 0; }
    /// The journal has no place of it yet: nothing goes to its handler.
    bool is_new() const noexcept { return is_new_; }

    /// There is something to write: it is handed over, and nothing more is until written().
    bool begin_writing(subscription_change& into, bool whatever_it_is);
    /// It is durable.
    void written();
    /// It could not be written: it comes again.
    void not_written(subscription_change&& back);

private:
    void pass_over_rows(const table_reader& in);
    void load_open(const store::snapshot& now, const std::vector<event_number>& open);
    bool is_taken(event_number number, std::uint64_t since);
    void admit(std::shared_ptr<const event> what, bool is_old);
    void offer(handed_pointer one);
    void load_due(const table_reader& in, base::time_us now);
    void load_behind(const table_reader& in, std::uint64_t key);
    bool stands_behind(const table_reader& in, event_number number);
    void load_row(const table_reader& in, event_number number);
    void settle(const handed_event& one);
    bool fail(const handed_event& one, const delivery_outcome& how, base::time_us now, double random);
    bool fail_without_rows(const handed_event& one, std::uint32_t failures, std::optional<std::chrono::microseconds> delay);
    void block(const handed_event& one);
    void park(const handed_event& one);
    void put_rows(waiting_event&& row);
    bool has_room_for_bytes() const noexcept;
    bool has_room_for_rows() const noexcept;
    void is_through(const handed_event& one);
    void keep_outcome(const handed_event& one, notification_state state, std::uint32_t attempts, base::time_us now, base::time_us next,
                      const delivery_outcome& how);

    detail::subscription_setup setup_;
    const bool is_transaction_;
    const bool is_handler_;
    const bool is_webhook_;
    const std::size_t in_memory_max_;
    const std::size_t running_max_; ///< of what was given at once

    open_numbers open_;
    event_number durable_first_{1}, first_writing_{1};
    page_pointer page_;
    key_lanes lanes_;
    std::size_t running_{};     ///< as the lanes gave them
    std::size_t events_out_{};  ///< in these
    std::size_t window_;        ///< of running_: more than concurrency while handlers are quick
    std::size_t back_in_window_{};
    std::atomic<std::uint32_t> handlers_{};
    std::atomic<bool> held_{};
    std::size_t bytes_in_memory_{};
    std::size_t bytes_unwritten_{}, bytes_writing_{}; ///< of rows
    std::size_t rows_in_memory_{};                    ///< events with rows that are in the lanes or out
    bool paused_{};
    bool waits_to_seek_{};
    breaker breaker_; ///< of a webhook
    base::time_us silent_until_{};
    bool is_suspected_{}; ///< processes died in its handler: events go one by one, so that it is seen which kills
    std::uint64_t generation_{};

    // Events with rows.
    std::unordered_set<std::uint64_t> blocked_;               ///< keys that have some
    std::unordered_map<std::uint64_t, std::uint32_t> loaded_; ///< how many of a key are in memory
    std::unordered_set<event_number> busy_rows_;              ///< in memory, or not durable as they are to be: not to be read
    std::unordered_map<std::uint64_t, std::uint32_t> unwritten_; ///< how many of a key have rows that are not durable
    std::vector<std::uint64_t> free_keys_;                    ///< to be looked at: whether something waits behind
    base::time_us next_due_{};
    bool skipped_rows_{}; ///< that were due, and busy

    std::unordered_map<event_number, std::uint64_t> taken_; ///< by transactions, when the engine opened; and since which seek
    event_number opened_at_{};      ///< events below it were there
    std::size_t old_events_left_{}; ///< of them, so many may have been delivered by the process before
    std::unordered_set<event_number> with_rows_; ///< events from the head on: the topic is not to give them once more
    event_number seen_{};           ///< before a seek it was here: what is below may have been delivered

    // What is to be written, and what waits for that: `unwritten` for the next transaction, `writing` for the one under way.
    struct row_of
    {
        event_number number;
        std::uint64_t key; ///< 0: none that counts
    };
    subscription_change change_;
    bool is_new_{}; ///< the journal has no place of it
    bool moved_{};
    bool writing_{};
    std::size_t unsaved_{}; ///< events read since the state that is durable
    std::size_t unsaved_writing_{};
    std::vector<row_of> rows_unwritten_, rows_writing_;
    std::vector<std::uint64_t> freed_unwritten_, freed_writing_;
    base::time_us next_due_unwritten_{never_due}, next_due_writing_{never_due};
};
}
