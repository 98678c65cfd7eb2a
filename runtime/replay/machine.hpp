#pragma once

// The replay core: what one run's code asks for, held against what its history says. Pure: entries in, verdicts out; no clock, no
// threads, no I/O. Live and in replay it is driven alike: a completion is one entry, applied; the code runs until it waits; then
// the next. So interleavings repeat exactly.
//
//   start(branch, asked)   the code began to wait for an operation   -> deliver at once, record an entry, wait, or diverged
//   apply(entry)           the next entry of the history              -> deliver to a pending operation, nothing, or diverged
//   finish()               the code has ended                         -> fine, or diverged (entries are left)
//
// Which entry may come when:
//
//   entry         | operation waits for it | effect
//   --------------+------------------------+---------------------------------------------------------------
//   step_done     | step, transaction, undo | value delivered
//   step_failed   | step, transaction, undo | failure delivered
//   step_retry    | step, transaction, undo | attempts and due noted; nothing delivered
//   step_dropped  | step, transaction      | cancelled delivered
//   timer_set     | (inside start)         | due noted
//   timer_fired   | timer                  | value delivered
//   replied       | (inside start)         | value delivered
//   published     | (inside start)         | value delivered
//   cancel_asked  | any or none            | cancelled delivered to timers and forevers; steps are waited for
//   resumed       | any or none            | attempts of pending steps begin anew
//   completed, failed, cancelled | none    | the history ends
//
// Anything else is a divergence: the code no longer fits its history.

#include "journal/entry.hpp"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace everstep::replay
{
/// Counts the operations of one line of execution: the workflow itself, or one branch of it.
struct branch_counter
{
    journal::path prefix;
    std::uint32_t next{};
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
    std::string_view payload; ///< reply
    void* operation{};        ///< given back with the delivery
};

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
    std::uint32_t attempts{};  ///< failed so far
    base::time_us due{};       ///< timer: when it fires; step: when the next attempt may begin, 0 is now
    base::time_us started_at{}; ///< now() when the code asked
    bool recorded{};            ///< timer, reply: its entry is in the history
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
    /// After verdict::deliver: to which operation, and what. Strings are those of the entry applied.
    void* operation() const noexcept { return operation_; }
    delivered what() const noexcept { return delivered_; }
    const journal::path& where() const noexcept { return where_; }

    /// The code has ended. `next`: as in start; left-over entries are a divergence.
    verdict finish(const journal::entry* next, std::uint32_t seq);

    /// Compensation begins: from here on no wait throws `cancelled`.
    void begin_compensation() noexcept { cancel_pending_ = false; }

    base::time_us now() const noexcept { return now_; }
    bool cancel_pending() const noexcept { return cancel_pending_; }
    std::string_view cancel_reason() const noexcept { return cancel_reason_; }
    bool replied() const noexcept { return reply_seq_ != 0; }
    std::uint32_t reply_seq() const noexcept { return reply_seq_; }
    /// Most runs wait for one operation at a time.
    using pending_list = boost::container::small_vector<pending, 1>;
    const pending_list& waiting() const noexcept { return pending_; }
    /// The one at this path; it is there.
    const pending& waiting_at(const journal::path& where) const;
    const std::string& text() const noexcept { return text_; }

private:
    verdict deliver(std::size_t index, delivered what);
    verdict diverge(const journal::entry& e, std::uint32_t seq, const pending* instead);
    verdict apply_cancel(const journal::entry& e);
    verdict apply_to(std::size_t index, const journal::entry& e, std::uint32_t seq);
    std::size_t find(const journal::path& where) const noexcept;
    static bool fits(const journal::entry& e, const pending& p) noexcept;

    pending_list pending_;
    base::time_us now_;
    std::uint32_t reply_seq_{};
    bool cancel_pending_{};
    bool took_next_{};
    delivered delivered_{};
    void* operation_{};
    journal::path where_;
    std::string cancel_reason_;
    std::string text_;
};

/// An entry about an attempted operation that the code waits for.
journal::entry entry_about(const pending& p, journal::entry_kind kind, base::time_us at) noexcept;

/// "step 'charge' (orders.cpp:88)", with the result type where `with_type`.
std::string describe(const asked& what, bool with_type);
std::string describe(const journal::entry& e, bool with_type);
}
