#pragma once

// An engine with subscriptions over a store in memory that outlives it. A test waits for whatever it likes: it looks again after every
// commit, call of a handler, log line and alarm. Time is moved by hand.

#include "engine/engine_core.hpp"
#include "engine_time.hpp"
#include "feature/deliverer.hpp"
#include "store/memory_store.hpp"

#include <everstep/detail/subscription_setup.hpp>
#include <everstep/detail/transaction_call.hpp>
#include <everstep/subscription.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace everstep::core
{
/// Hands a store to an engine, keeps it, and tells of its commits.
class told_store final : public store::store
{
public:
    told_store(std::shared_ptr<everstep::store::memory_store> of, test::engine_bell& bell) : of_(std::move(of)), bell_(bell) {}
    void read(const std::function<void(const everstep::store::snapshot&)>& visit) const override { of_->read(visit); }
    everstep::store::space usage() const override { return of_->usage(); }
    std::uint32_t check_readers() override { return of_->check_readers(); }

private:
    everstep::store::commit_result do_commit(std::span<const everstep::store::batch* const> parts, const late_parts& late) override
    {
        auto result = of_->commit(parts, late);
        bell_.ring();
        return result;
    }
    std::shared_ptr<everstep::store::memory_store> of_;
    test::engine_bell& bell_;
};

/// Where handlers wait for the test.
class gate
{
public:
    ~gate() { open(); }
    void open()
    {
        const std::scoped_lock lock(mutex_);
        is_open_ = true;
        opened_.notify_all();
    }
    void wait()
    {
        std::unique_lock lock(mutex_);
        opened_.wait(lock, [this] { return is_open_; });
    }
    /// False: it was opened before.
    bool wait_for_stop(const std::stop_token& stop)
    {
        std::unique_lock lock(mutex_);
        return !opened_.wait(lock, stop, [this] { return is_open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable_any opened_;
    bool is_open_{};
};

/// What handlers were called with, in the order of their calls: "1 2 3r ", where "r" says that one was flagged as redelivered.
class call_list
{
public:
    explicit call_list(test::engine_bell& bell) : bell_(bell) {}
    void add(const event& e, const delivery& d) { add(e.number, d.redelivered()); }
    void add(event_number number, bool redelivered = false)
    {
        {
            const std::scoped_lock lock(mutex_);
            text_ += std::to_string(number) + (redelivered ? "r " : " ");
            ++count_;
        }
        bell_.ring();
    }
    std::string text() const
    {
        const std::scoped_lock lock(mutex_);
        return text_;
    }
    std::size_t count() const
    {
        const std::scoped_lock lock(mutex_);
        return count_;
    }

private:
    test::engine_bell& bell_;
    mutable std::mutex mutex_;
    std::string text_;
    std::size_t count_{};
};

class subscribed_engine
{
public:
    static constexpr base::time_us begin_of_time = 1'000'000'000;
    static constexpr base::time_us second = 1'000'000;

    explicit subscribed_engine(std::shared_ptr<store::memory_store> on = std::make_shared<store::memory_store>(), engine_options options = {})
        : store(std::move(on))
    {
        if (options.journal.empty())
            options.journal = ":memory:";
        options.shards = 1;
        options.log = [this](const log_line& line) {
            {
                const std::scoped_lock lock(mutex_);
                log_ += std::string(line.text) + "\n";
            }
            bell.ring();
        };
        detail::engine_parts parts;
        parts.make_store = [this](const engine_options&) { return std::make_unique<told_store>(store, bell); };
        parts.make_time = [this](const boost::asio::any_io_executor&) {
            auto made = std::make_unique<test::watched_time>(begin_of_time, bell);
            time = made.get();
            return made;
        };
        core = std::make_shared<detail::engine_core>(std::move(options), std::move(parts));
        core->attach(std::make_unique<deliverer>(*core));
        core->add_topic("orders");
        core->add_topic("dead");
    }
    ~subscribed_engine() { close(); }
    subscribed_engine(const subscribed_engine&) = delete;
    subscribed_engine& operator=(const subscribed_engine&) = delete;

    template <class Handler>
    subscribed_engine& subscribe(const std::string& name, Handler&& handler, subscription_options options = {}, const std::string& topic = "orders")
    {
        detail::subscribe(*core, {topic, name, detail::erase_handler(std::forward<Handler>(handler)), std::move(options)});
        return *this;
    }
    template <class Result, class Reply, class Input>
    subscribed_engine& subscribe_workflow(const std::string& name, workflow<Result, Reply> (*function)(context&, Input),
                                          subscription_options options = {})
    {
        detail::subscribe(*core, {"orders", name, detail::event_workflow{key_of(function), &detail::input_of_event<Input>}, std::move(options)});
        return *this;
    }
    template <class Result, class Reply, class Input>
    subscribed_engine& add(const std::string& name, workflow<Result, Reply> (*function)(context&, Input))
    {
        core->workflows.add({.name = name, .function = key_of(function), .traits = detail::traits_for<Result, Reply, Input>::value, .version = 1});
        return *this;
    }
    void open() { core->open(); }
    void close()
    {
        while (!core->close(std::chrono::hours(1)).empty())
        {
        }
    }
    /// What a crash now would leave.
    std::shared_ptr<store::memory_store> crash() const { return std::shared_ptr(store->clone()); }

    template <class Body>
    void transact(Body&& body)
    {
        detail::transact_and_wait(core, body, admission::wait);
    }
    /// Durable when it returns.
    template <class Value = int>
    void publish(const publish_options& attributes = {}, const Value& data = 1)
    {
        transact([&](transaction& tx) { tx.publish("orders", data, attributes); });
    }
    void publish_many(std::size_t count, const std::string& key = {})
    {
        transact([&](transaction& tx) {
            for (std::size_t n = 0; n < count; ++n)
                tx.publish("orders", 1, {.key = key});
        });
    }
    everstep::subscription of(const std::string& name) const { return {core, name}; }
    std::string result(detail::function_key function, const std::string& id) const
    {
        const detail::answer a = detail::ask(core, {detail::request_kind::result, admission::wait, function, id, {}});
        return a.what == detail::answer_kind::value ? a.bytes : std::string(name_of(a.why)) + a.code;
    }
    template <class Read>
    void look(Read&& read) const
    {
        core->read_tables([&](detail::row_source& rows) {
            const table_reader in(rows);
            read(in);
        });
    }
    /// "<id> <attempts> <code>; " of each.
    std::string dead(const std::string& name = "mail") const
    {
        std::string all;
        of(name).dead_letters([&](const dead_letter& one) {
            all += one.what.id + " " + std::to_string(one.attempts) + " " + one.code + "; ";
            return true;
        });
        return all;
    }

    template <class Is>
    void until(Is&& is) const
    {
        for (;;)
        {
            const std::uint64_t rung = bell.rung();
            if (is())
                return;
            bell.wait(rung);
        }
    }
    /// Until nothing is left for the subscription to do, and that is durable.
    void until_through(const std::string& name = "mail") const
    {
        until([&] { return of(name).status().backlog == 0; });
    }
    /// Until the engine has told its alarm that it waits for this time.
    void until_alarm(base::time_us when) const
    {
        until([&] { return time->alarm() == when; });
    }
    bool has_logged(const std::string& part) const
    {
        const std::scoped_lock lock(mutex_);
        return log_.find(part) != std::string::npos;
    }
    template <class Function>
    static detail::function_key key_of(Function* function)
    {
        return reinterpret_cast<detail::function_key>(function);
    }

    mutable test::engine_bell bell;
    std::shared_ptr<everstep::store::memory_store> store;
    test::watched_time* time{};
    std::shared_ptr<detail::engine_core> core;

private:
    mutable std::mutex mutex_;
    std::string log_;
};
}
