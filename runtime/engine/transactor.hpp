#pragma once

// Transactions: one thread that runs their bodies, one at a time, in the order in which they become durable.
//
// A body reads what is durable under what earlier transactions have written (row_overlay), so each sees all that went before it. What it
// wrote is one element of the committer's queue, with the entry of its operation where a workflow asked for it: the transactor appends
// that to the run's history itself, and the run's shard appends nothing while the job is out. A shard takes a transaction's end when it is
// durable; so does a caller, of failures as well: what a body made its mind up by may not be durable yet when it throws.
//
// Elements stand in a queue of their own with the committer, which takes what a caller waits for, and all before it, with the callers.
//
// Threads: submit and put-functions from any; bodies on the transactor's own.

#include "engine/lane.hpp"
#include "engine/mailbox.hpp"
#include "engine/open_transaction.hpp"
#include "engine/resident_run.hpp"
#include "engine/row_overlay.hpp"
#include "engine/shard_host.hpp"

#include <everstep/detail/engine_link.hpp>

#include <atomic>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace everstep::core
{
/// A transaction that has ended: told when what it depends on is durable. One of the two pointers is set.
struct ended_transaction
{
    step_attempt* job{};
    std::unique_ptr<detail::outside_transaction> outside;
    std::exception_ptr failure;     ///< of one from outside
    transaction_number through{};   ///< 0: it wrote no rows
};
inline void look_ahead_at(const ended_transaction&) noexcept {}

class transactor
{
public:
    /// `alarm` is its number with the time source.
    transactor(shard_host& host, std::size_t alarm);
    ~transactor();
    void start();
    /// What is not durable is refused. No more calls come out of it after this.
    void stop() noexcept;

    /// Jobs whose run's turns are durable. They come home when they are durable themselves.
    void submit(std::span<step_attempt* const> jobs);
    void submit(std::unique_ptr<detail::outside_transaction> one, admission when_full);
    void put_durable();
    void put_alarm();
    void put_closing();

    /// put_closing() was heard, and nothing is on its way any more. Any thread.
    bool is_quiet() const noexcept { return quiet_.load(std::memory_order_acquire); }
    /// The body that runs now; empty: none. Any thread.
    std::string running() const;

private:
    struct news
    {
        std::vector<step_attempt*> jobs;
        std::vector<std::unique_ptr<detail::outside_transaction>> outside;
        bool durable{};
        bool alarm{};
        bool closing{};
        bool stop{};

        bool empty() const noexcept { return jobs.empty() && outside.empty() && !durable && !alarm && !closing && !stop; }
        void clear()
        {
            jobs.clear();
            outside.clear();
            durable = alarm = closing = stop = false;
        }
    };
    enum class outcome : std::uint8_t
    {
        ended,
        unreadable ///< the journal could not be read: nothing is written, and it is to be tried again
    };

    void work();
    void iterate();
    bool has_more() const;
    bool is_overloaded() const;
    void sort_outside();
    void run_some();
    bool run_next(std::deque<step_attempt*>& jobs);
    bool run_next_own();
    open_transaction::place place(detail::sake whose);
    outcome run(step_attempt& job);
    void run(std::unique_ptr<detail::outside_transaction> one, urgency how);
    template <class Body>
    void call(open_transaction& opened, const step_attempt* job, detail::sake whose, Body&& body);
    void stall();
    template <class AppendEntry>
    transaction_number write(open_transaction& opened, AppendEntry&& append);
    void hold(ended_transaction&& what);
    void flush(urgency how, bool here = false);
    void release();
    void let_go(ended_transaction& what);
    void send_home();
    void refuse_waiting(errc why);
    void refuse_all(errc why);
    void warn_of_slow_body();

    shard_host& host_;
    const std::size_t alarm_;
    std::thread thread_;
    mailbox_of<news> mailbox_;
    news news_;

    std::deque<std::unique_ptr<detail::outside_transaction>> outside_; ///< wait for their turn
    std::deque<std::unique_ptr<detail::outside_transaction>> own_;     ///< the same, of those that nobody waits for
    std::deque<step_attempt*> urgent_;                                 ///< of runs that a caller waits for
    std::deque<step_attempt*> background_;
    lane_of<ended_transaction> lane_{urgency::background_transaction};
    row_overlay overlay_;
    known_tables known_;
    std::vector<body_job*> homecoming_; ///< of one shard
    base::time_us now_{};
    std::uint32_t inflight_hint_{};
    bool live_{true};
    bool stalled_{}; ///< the journal could not be read: until the alarm
    std::atomic<bool> quiet_{};
    std::atomic<std::size_t> outside_waiting_{};

    mutable std::mutex running_mutex_;
    const step_attempt* running_job_{}; ///< under running_mutex_, with the next
    bool running_outside_{};
    std::atomic<base::time_us> running_since_{}; ///< 0: nothing runs, or it was warned of
};
}
