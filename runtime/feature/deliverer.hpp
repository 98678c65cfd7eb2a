#pragma once

// Deliveries: one thread that reads the events which subscriptions have yet to have, gives them to their handlers, and writes what became
// of them. Asleep while there is nothing to do; commits, ends of handlers and one alarm wake it.
//
//     log --event_page--> subscribers --> pool (handlers), transactor (transactions), shards (runs) --ended--> subscribers
//                                                                 subscribers --one transaction--> everstep.subscription, …
//
// Handlers run where steps do, so a handler that blocks holds a thread of the pool and nobody else. What is written rides in the
// commits to come; one such transaction is under way at a time, with all that came during the last.
//
// Threads: see each function; the loop and the subscribers are the deliverer's own.

#include "engine/attachment.hpp"
#include "engine/engine_core.hpp"
#include "engine/mailbox.hpp"
#include "feature/delivery_job.hpp"
#include "feature/event_retention.hpp"
#include "feature/subscriber.hpp"
#include "feature/webhook_link.hpp"

#include <everstep/detail/subscription_setup.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace everstep::core
{
class deliverer final : public attachment, public job_home
{
public:
    explicit deliverer(detail::engine_core& of);
    ~deliverer() override;

    /// Before the engine is opened. Throws engine_error: wrong_use, not_found, limit.
    void add(detail::subscription_setup&& what);
    /// For how long events of a topic are kept. Before the engine is opened. Throws engine_error (wrong_use).
    void keep(std::string topic, const topic_options& kept);
    /// Null: none of this name. Any thread after the engine was opened.
    const detail::subscription_setup* find(std::string_view name) const noexcept;
    /// A subscription is paused: no other handler of it begins. Until put_changed(). Any thread.
    void hold(std::string_view name) noexcept;
    /// What people want of a subscription has changed, or they have put rows: look. Any thread.
    void put_changed(std::string_view name);
    /// The part that it has yet to write is durable, or never will be; for tests. Any thread.
    bool is_idle() const noexcept { return idle_.load(std::memory_order_acquire); }

    // attachment
    void start(std::size_t alarm) override;
    void put_durable(event_number next) noexcept override;
    void put_alarm() noexcept override;
    void put_closing() noexcept override;
    bool is_quiet() const noexcept override { return quiet_.load(std::memory_order_acquire); }
    void stop() noexcept override;

    // job_home
    void take_back(std::span<body_job* const> finished) noexcept override;

private:
    /// The transaction that writes what became of deliveries, when it has ended.
    struct written_changes
    {
        std::vector<subscription_change> changes;
        std::exception_ptr failure;
    };
    class write_of_changes;
    class write_of_pause;
    struct news
    {
        std::vector<body_job*> finished;
        std::vector<written_changes> written;
        std::vector<std::string> changed;
        event_number next{};
        bool durable{};
        bool alarm{};
        bool closing{};
        bool stop{};

        bool empty() const noexcept
        {
            return finished.empty() && written.empty() && changed.empty() && !durable && !alarm && !closing && !stop;
        }
        void clear()
        {
            finished.clear();
            written.clear();
            changed.clear();
            durable = alarm = closing = stop = false;
        }
    };
    struct topic_pages
    {
        std::string topic;
        std::deque<page_pointer> recent;
    };

    void work();
    void iterate();
    bool has_more() const;
    bool wants_to_read(const subscriber& one) const;
    template <class Read>
    bool read(Read&& with);
    void look_at_orders();
    void feed();
    page_pointer page_for(const store::snapshot& at, const subscriber& one);
    void dispatch();
    event_number first_held(std::string_view topic) const;
    bool wants_to_forget() const;
    void forget();
    void launch(subscriber& of, std::vector<handed_pointer>&& what, std::vector<body_job*>& to_pool);
    void end(std::unique_ptr<delivery_job> job);
    void judge_answer(subscriber& of, delivery_outcome& how);
    void open_webhooks();
    void fail(subscriber& of, handed_pointer what, const delivery_outcome& how);
    void take_written(written_changes& what);
    void write();
    void stall(const std::string& text);
    void rest();
    subscriber* subscriber_of(std::string_view name) noexcept;
    std::size_t running() const noexcept;

    detail::engine_core& core_;
    std::vector<std::unique_ptr<subscriber>> subscribers_; ///< fixed when the engine is opened
    std::size_t alarm_{};
    std::thread thread_;
    mailbox_of<news> mailbox_;
    news news_;
    std::stop_source stop_;

    std::map<const subscriber*, std::unique_ptr<webhook_link>> hooks_;
    event_retention retention_;
    std::vector<topic_pages> pages_;
    std::vector<std::string> changed_; ///< whose orders are to be read
    event_number next_{};              ///< events below it are durable
    base::time_us now_{};
    base::time_us stalled_until_{}; ///< the journal could not be read; 0: it can
    base::time_us armed_{};
    std::uint32_t inflight_hint_{}; ///< the transactor's
    std::vector<subscriber*> writers_; ///< of the transaction under way, in its order
    bool live_{true};
    bool writing_{};
    bool is_over_{}; ///< nothing more will be written
    std::atomic<event_number> told_next_{};
    std::atomic<bool> quiet_{true};
    std::atomic<bool> idle_{};

    std::mutex started_mutex_;
    std::condition_variable started_;
    enum class begin : std::uint8_t
    {
        pending,
        durable,
        failed,
        full
    };
    begin begun_{begin::pending}; ///< under started_mutex_: where new subscriptions begin
    void set_begun(begin how);
};
}
