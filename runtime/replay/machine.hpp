#pragma once

// The replay core: what one run's code asks for, held against what its history says. Pure: entries in, verdicts out; no clock, no
// threads, no I/O. Live and in replay it is driven alike: a completion is one entry, applied; the code runs until it waits; then
// the next. So interleavings repeat exactly.
//
//   start(branch, asked)   the code began to wait for an operation   -> deliver at once, record an entry, wait, or diverged
//   apply(entry)           the next entry of the history              -> deliver to the operation that it is about, nothing, or diverged
//   next()                 the code waits                             -> deliver what a cancel, a stop or a signal ends; else wait
//   finish()               the code has ended                         -> fine, or diverged (entries are left)
//
// Which entry may come when:
//
//   entry         | operation waits for it | effect
//   --------------+------------------------+---------------------------------------------------------------
//   step_done     | step, transaction, undo | value delivered
//   step_failed   | step, transaction, undo | failure delivered
//   step_retry    | step, transaction, undo | attempts, due and progress noted; nothing delivered
//   step_dropped  | step, transaction      | cancelled delivered
//   timer_set     | (inside start)         | due noted
//   timer_fired   | timer                  | value delivered
//   replied       | (inside start)         | value delivered
//   published     | (inside start)         | value delivered
//   sent, child_started, answered | (inside start) | value delivered
//   resolved      | step, transaction, undo | value or failure delivered
//   signalled     | any or none            | kept; next() delivers it to the first receive of its name
//   cancel_asked  | any or none            | noted; next() delivers it to timers, receives and forevers; steps are waited for
//   resumed       | any or none            | attempts of pending steps begin anew
//   children_cancelled, child_adopted, ids_adopted, paused, forked | any or none | nothing; ids_adopted: they have come
//   completed, failed, cancelled, continued, terminated | none | the history ends
//
// Anything else is a divergence: the code no longer fits its history.

#include "journal/entry.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace everstep::replay
{
/// One line of execution, the workflow itself or one branch of it: counts its operations, and knows whether it is asked to stop.
struct branch_counter
{
    journal::path prefix;
    std::uint32_t next{};
    const branch_counter* above{}; ///< null: the workflow itself
    std::uint32_t forgiven{};      ///< cancels of the run that a compensation of this branch has answered
    std::uint32_t stopped_at{};     ///< it lost a race, or another branch failed: the stop's number; 0: not
    std::uint32_t stops_forgiven{}; ///< stops up to this one, of it and of those above it, that a compensation of this branch has answered
};

/// What the code asks for.
struct asked
{
    journal::operation_kind kind{};
    journal::timer_clock clock{};
    std::string_view name;
    std::string_view type;
    std::string_view file;
    std::uint32_t line{};
    base::time_us due{};      ///< timer: on its clock
    std::string_view payload; ///< reply, event, signal, child, answer; a step's arguments
    std::string_view text;    ///< signal, child: the other run
    std::string_view code;    ///< child: its close policy; answer: the update's id
    /// Of the payload with today's type, where it is compared. Throws.
    std::string (*renew)(std::string_view payload) = nullptr;
    void* operation{};        ///< given back with the delivery
    bool is_new{};            ///< no process before this one can have begun it
};

/// Operations whose entry is made when they begin.
constexpr bool is_recorded_at_start(journal::operation_kind kind) noexcept
{
    return kind == journal::operation_kind::timer || kind == journal::operation_kind::reply || kind == journal::operation_kind::publish ||
           kind == journal::operation_kind::signal || kind == journal::operation_kind::child || kind == journal::operation_kind::answer;
}

/// Entries that are no operation's, and may stand where the code goes on.
constexpr bool is_unasked(journal::entry_kind kind) noexcept
{
    using enum journal::entry_kind;
    return kind == resumed || kind == signalled || kind == children_cancelled || kind == child_adopted || kind == ids_adopted || kind == paused ||
           kind == forked;
}

/// Waits that end at once when their branch is cancelled: nothing of the world outside goes on behind them.
constexpr bool is_let_go(journal::operation_kind kind) noexcept
{
    return kind == journal::operation_kind::timer || kind == journal::operation_kind::forever || kind == journal::operation_kind::receive;
}

/// Whether its body is user code that is attempted until it ends: a step, a transaction, or an undo of either.
constexpr bool is_attempted(journal::operation_kind kind) noexcept
{
    return kind == journal::operation_kind::step || kind == journal::operation_kind::transaction || kind == journal::operation_kind::undo;
}

/// An operation that the code waits for.
struct pending
{
    asked what;
    journal::path where;
    branch_counter* of{};
    std::uint32_t attempts{};  ///< failed so far
    base::time_us due{};       ///< timer: when it fires; step: when the next attempt may begin, 0 is now
    base::time_us started_at{}; ///< now() when the code asked
    bool recorded{};            ///< timer, reply: its entry is in the history
    mutable void* job{};        ///< for the shard: the attempt that is under way
};

enum class verdict : std::uint8_t
{
    wait,     ///< start: nothing to deliver yet; apply: nothing to deliver
    deliver,  ///< see delivered
    record,   ///< start: the operation needs entry(); append it, then apply it
    diverged, ///< see text()
    limits    ///< see text()
};

enum class delivered : std::uint8_t
{
    value,
    failed,
    cancelled
};

class machine
{
public:
    /// `at` is when the run was started: now() until the first entry is applied.
    explicit machine(base::time_us at) noexcept : now_(at) {}

    /// The code waits for an operation. `next` is the entry that comes next in the history, at `seq`; null where the history is
    /// exhausted. Entries that belong to the start of an operation are taken from there (start_took_next() says so) and never
    /// come to apply() otherwise; live, verdict::record asks for them: append entry(), then apply it.
    verdict start(branch_counter& branch, const asked& what, const journal::entry* next, std::uint32_t seq);
    bool start_took_next() const noexcept { return took_next_; }
    /// After verdict::record: what is to be appended, before it is applied.
    journal::entry entry() const noexcept;

    verdict apply(const journal::entry& e, std::uint32_t seq);
    /// The code waits. One delivery a call, then the code runs: what it does may decide about the next.
    verdict next();
    /// After verdict::deliver: to which operation, and what. Strings are those of the entry applied, or live until the next call.
    void* operation() const noexcept { return operation_; }
    delivered what() const noexcept { return delivered_; }
    const journal::path& where() const noexcept { return where_; }
    /// Of a value: the result or signal.
    std::string_view payload() const noexcept { return payload_; }

    /// The code has ended. `next`: as in start; left-over entries are a divergence.
    verdict finish(const journal::entry* next, std::uint32_t seq);

    /// Its waits throw `cancelled` from here on; next() says which of them at once.
    void stop(branch_counter& branch) noexcept;
    /// Compensation begins: from here on no wait of the branch throws `cancelled`.
    void begin_compensation(branch_counter& branch) const noexcept;
    /// Whether waits of the branch throw `cancelled`.
    bool is_cancelled(const branch_counter& branch) const noexcept;
    bool is_cancelled(const pending& p) const noexcept { return p.what.kind != journal::operation_kind::undo && is_cancelled(*p.of); }
    /// Whether any wait may.
    bool has_cancels() const noexcept { return cancels_ != 0 || stops_ != 0; }
    /// Why its waits throw `cancelled`.
    std::string_view why_cancelled(const branch_counter& branch) const noexcept
    {
        return branch.forgiven < cancels_ ? cancel_reason() : "another branch has ended the wait for both";
    }

    /// Cancels the run as a cancel_asked entry does; what has delivered it is in the history.
    void cancel(std::string_view reason);
    /// The operation is waited for no longer: nothing comes of it.
    void drop(const void* operation) noexcept;

    /// The oldest signal of that name which nobody has received; false: there is none. It is payload() then.
    bool take_signal(std::string_view name);
    /// Whether a signal with this message id has come.
    bool has_signal(std::string_view id) const { return signals_ && signals_->ids.contains(id); }
    /// Calls `take` with the newest of those, the oldest first.
    template <class Take>
    void newest_signal_ids(std::size_t at_most, Take&& take) const
    {
        if (signals_)
            for (std::size_t n = signals_->in_order.size() - std::min(at_most, signals_->in_order.size()); n < signals_->in_order.size(); ++n)
                take(std::string_view(*signals_->in_order[n]));
    }
    bool has_answered(std::string_view update) const { return signals_ && signals_->answered.contains(update); }
    /// Calls `take` with each signal that nobody has received, as its entry was.
    template <class Take>
    void each_unread(Take&& take) const
    {
        if (signals_)
            for (const signal& one : signals_->unread)
                take(journal::entry{.kind = journal::entry_kind::signalled, .operation = {}, .clock = {}, .where = {}, .at = one.at, .due = 0,
                                    .attempts = 0, .line = 0, .file = {}, .name = one.name, .type = one.type, .code = one.id, .text = {},
                                    .payload = one.payload});
    }
    /// Signals that nobody has received.
    std::size_t unread() const noexcept { return signals_ ? signals_->unread.size() : 0; }

    base::time_us now() const noexcept { return now_; }
    std::string_view cancel_reason() const noexcept { return cancel_reason_; }
    bool replied() const noexcept { return reply_seq_ != 0; }
    std::uint32_t reply_seq() const noexcept { return reply_seq_; }
    /// Most runs wait for one operation at a time.
    using pending_list = boost::container::small_vector<pending, 1>;
    const pending_list& waiting() const noexcept { return pending_; }
    /// What failed attempts of the operation have said last, encoded; empty: nothing.
    std::string_view progress_of(const journal::path& where) const noexcept;
    /// The one at this path; it is there.
    const pending& waiting_at(const journal::path& where) const;
    const std::string& text() const noexcept { return text_; }
    /// Entries so far, the start left out: the same in replay.
    std::uint32_t entries() const noexcept { return entries_; }

private:
    struct signal
    {
        std::string name;
        std::string payload;
        std::string type;
        std::string id;
        base::time_us at{};
    };
    struct signals
    {
        std::deque<signal> unread;
        std::set<std::string, std::less<>> ids; ///< all that had one
        std::deque<const std::string*> in_order; ///< of them, the oldest first
        std::set<std::string, std::less<>> answered; ///< updates
        std::string taken;                      ///< payload_, where it is a signal's
    };

    verdict deliver(std::size_t index, delivered what);
    verdict diverge(const journal::entry& e, std::uint32_t seq, const pending* instead);
    verdict diverge_in_payload(const journal::entry& e, std::uint32_t seq, const pending& instead);
    void apply_signal(const journal::entry& e);
    void keep_id(std::string_view id);
    void adopt_ids(std::string_view bytes);
    signals& kept_signals();
    void keep_progress(const journal::path& where, std::string_view progress);
    verdict apply_to(std::size_t index, const journal::entry& e, std::uint32_t seq);
    std::size_t find(const journal::path& where) const noexcept;
    static bool fits(const journal::entry& e, const pending& p) noexcept;
    static bool has_same_payload(const journal::entry& e, const asked& what) noexcept;

    pending_list pending_;
    base::time_us now_;
    std::uint32_t reply_seq_{};
    std::uint32_t cancels_{}, stops_{};
    std::uint32_t entries_{};
    bool took_next_{};
    delivered delivered_{};
    void* operation_{};
    journal::path where_;
    std::string_view payload_;
    std::unique_ptr<signals> signals_; ///< null: there were none
    using progress_list = std::vector<std::pair<journal::path, std::string>>;
    std::unique_ptr<progress_list> progress_; ///< of pending operations; null: none has said anything
    std::string cancel_reason_;
    std::string text_;
};

/// An entry about an attempted operation that the code waits for.
journal::entry entry_about(const pending& p, journal::entry_kind kind, base::time_us at) noexcept;

/// "step 'charge' (orders.cpp:88)", with the result type where `with_type`.
std::string describe(const asked& what, bool with_type);
std::string describe(const journal::entry& e, bool with_type);
}
