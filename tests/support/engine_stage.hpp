#pragma once

// One life of an engine over a disk, and the calls of its callers. Calls wait without real time: where they may, they let virtual time
// fly to whatever the engine waits for next.

#include "engine/engine_core.hpp"
#include "engine_disk.hpp"
#include "engine_effects.hpp"
#include "engine_journal.hpp"
#include "engine_time.hpp"

#include <everstep/codec.hpp>
#include <everstep/engine_options.hpp>
#include <everstep/run_status.hpp>
#include <everstep/update.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace everstep::test
{
/// What outlives every engine: the disk, the world outside, what callers were told, and the time.
class engine_world
{
public:
    explicit engine_world(std::unique_ptr<engine_disk> on) : disk(std::move(on)), effects(bell) {}

    engine_bell bell;
    std::unique_ptr<engine_disk> disk;
    engine_effects effects;
    base::time_us wall{1'000'000'000'000'000};
    std::map<std::string, std::string> told;
    std::vector<std::string> broken; ///< promises

    void log(const log_line& line)
    {
        const std::scoped_lock lock(mutex_);
        log_.push_back(std::string(line.text));
    }
    bool has_logged(const std::string& part) const
    {
        const std::scoped_lock lock(mutex_);
        return std::any_of(log_.begin(), log_.end(), [&](const std::string& line) { return line.find(part) != std::string::npos; });
    }

    /// While no engine is open.
    engine_journal look() const { return read_journal(*disk->open()); }

    void tell(const std::string& what, const std::string& answer)
    {
        const auto [at, first] = told.emplace(what, answer);
        if (!first && at->second != answer)
            broken.push_back(what + " was '" + at->second + "' and is now '" + answer + "'");
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> log_;
};

/// The engine has died, or was closed, by order of the test.
struct life_over
{
};

/// What is to happen to one life.
struct life_plan
{
    fated_store::fate_of decide;            ///< of its commits
    std::uint64_t close_at{};               ///< the commit at which it is closed in good order; 0: none
    bool ends_at_alarm{};                   ///< when the engine waits for a time
    std::function<void(engine_options&)> change;
};

class engine_stage
{
public:
    using adder = std::function<void(detail::engine_core&)>;

    engine_stage(engine_world& world, const adder& add, life_plan plan = {}) : world_(world), plan_(std::move(plan))
    {
        engine_options options;
        options.journal = world_.disk->journal();
        options.shards = 1;
        options.pool_threads_max = 4;
        options.log = [this](const log_line& line) { world_.log(line); };
        if (plan_.change)
            plan_.change(options);
        detail::engine_parts parts;
        parts.make_store = [this](const engine_options&) {
            auto disk = world_.disk->open();
            at_open_ = read_journal(*disk);
            auto made = std::make_unique<fated_store>(std::move(disk), [this](std::uint64_t commit) { return decide(commit); }, world_.bell);
            store_ = made.get();
            return made;
        };
        parts.make_time = [this](const boost::asio::any_io_executor&) {
            auto made = std::make_unique<watched_time>(world_.wall, world_.bell);
            time_ = made.get();
            world_.effects.begin_life(at_open_, [clock = time_] { return clock->now(); }, [disk = store_] { return read_journal(*disk); });
            return made;
        };
        core_ = std::make_shared<detail::engine_core>(std::move(options), std::move(parts));
        core_->given.add(world_.effects);
        add(*core_);
        try
        {
            core_->open();
        }
        catch (const engine_error&)
        {
            core_.reset();
            if (!crashed_)
                throw;
            throw life_over{};
        }
    }
    ~engine_stage() { close(); }
    engine_stage(const engine_stage&) = delete;
    engine_stage& operator=(const engine_stage&) = delete;

    void close()
    {
        if (!core_)
            return;
        world_.wall = std::max(world_.wall, time_->wall());
        while (!core_->close(std::chrono::hours(1)).empty())
        {
        }
        core_.reset();
        world_.effects.end_life();
    }

    // What callers do. Answers are text: "ok", the JSON value, "failed <code>: <text>", "no reply", "refused <errc>: <text>".

    template <detail::workflow_function Function>
    std::string start(Function* function, const std::string& id, const detail::input_of<Function>& input, admission when_full = admission::wait)
    {
        return ask({detail::request_kind::start, when_full, key_of(function), id, encode(input)}, "start " + id, false);
    }
    template <detail::workflow_function Function, class Value>
    std::string signal_with_start(Function* function, const std::string& id, const detail::input_of<Function>& input, const std::string& name,
                                  const Value& value, const std::string& message)
    {
        detail::request what{detail::request_kind::start, admission::wait, key_of(function), id, encode(input)};
        what.message = {name, std::string(type_name<Value>()), message, encode(value)};
        return ask(std::move(what), {}, false);
    }
    template <class Function>
    std::string reply(Function* function, const std::string& id)
    {
        return ask({detail::request_kind::reply, admission::wait, key_of(function), id, {}}, "reply " + id);
    }
    template <class Function>
    std::string result(Function* function, const std::string& id)
    {
        return ask({detail::request_kind::result, admission::wait, key_of(function), id, {}}, "result " + id);
    }
    template <class Function>
    std::string cancel(Function* function, const std::string& id, const std::string& reason = {})
    {
        return ask({detail::request_kind::cancel, admission::wait, key_of(function), id, reason}, {}, false);
    }
    template <class Function>
    std::string resume(Function* function, const std::string& id, const std::string& reason = {})
    {
        return ask({detail::request_kind::resume, admission::wait, key_of(function), id, reason}, {}, false);
    }
    template <detail::workflow_function Function>
    std::string start(Function* function, const std::string& id, const detail::input_of<Function>& input, std::chrono::microseconds delay,
                      std::chrono::microseconds timeout)
    {
        detail::request what{detail::request_kind::start, admission::wait, key_of(function), id, encode(input)};
        what.delay_us = delay.count();
        what.timeout_us = timeout.count();
        return ask(std::move(what), "start " + id, false);
    }
    /// terminate, pause, restart.
    template <class Function>
    std::string order(detail::request_kind what, Function* function, const std::string& id, const std::string& why = {})
    {
        return ask({what, admission::wait, key_of(function), id, why}, {}, false);
    }
    template <class Function>
    std::string fork(Function* function, const std::string& from, const std::string& id, std::uint64_t entries)
    {
        detail::request what{detail::request_kind::fork, admission::wait, key_of(function), id, "ann"};
        what.message.name = from;
        what.number = entries;
        return ask(std::move(what), {}, false);
    }
    /// Ends a step by hand: by a failure with this code, or by a value where there is none.
    template <class Function>
    std::string resolve(Function* function, const std::string& id, const std::string& step, const std::string& failure, const std::string& payload)
    {
        detail::request what{detail::request_kind::resolve, admission::wait, key_of(function), id, "ann"};
        what.message = {step, failure, {}, payload};
        return ask(std::move(what), {}, false);
    }
    /// "3", or "no: code text"
    template <class Function, class Value>
    std::string update(Function* function, const std::string& id, const std::string& name, const Value& value, const std::string& message)
    {
        detail::request what{detail::request_kind::update, admission::wait, key_of(function), id};
        what.message = {name, std::string(type_name<Value>()), message, encode(detail::update_request{message, encode(value)})};
        const std::string told = ask(std::move(what), {}, false);
        if (told.find("\"code\"") == std::string::npos)
            return told;
        const auto answer = decode<detail::promise_answer>(told);
        return answer.code.empty() ? answer.value : "no: " + answer.code + " " + answer.text;
    }
    /// A message with an id: the one that comes again after a crash is not another one.
    template <class Function, class Value>
    std::string signal(Function* function, const std::string& id, const std::string& name, const Value& value, const std::string& message)
    {
        detail::request what{detail::request_kind::signal, admission::wait, key_of(function), id};
        what.message = {name, std::string(type_name<Value>()), message, encode(value)};
        return ask(std::move(what), {}, false);
    }
    /// Answers a promise: "true", or "false" where it had been.
    template <class Value>
    std::string complete(const std::string& token, const Value& value)
    {
        detail::request what{detail::request_kind::complete, admission::wait, nullptr, token};
        what.message.payload = encode(detail::promise_answer{{}, {}, encode(value)});
        return ask(std::move(what), {}, false);
    }
    template <class Function>
    run_status status(Function* function, const std::string& id)
    {
        const auto got = send({detail::request_kind::status, admission::wait, key_of(function), id, {}});
        until([&] { return got->ready(); }, false);
        return got->value().status;
    }

    /// Cancels the run unless an earlier life has.
    template <class Function>
    void cancel_once(Function* function, const std::string& name, const std::string& reason)
    {
        const engine_journal now = journal();
        const auto at = now.find(name);
        if (at == now.end() || !at->second.has("cancel_asked"))
            cancel(function, name.substr(name.find('/') + 1), reason);
    }

    /// Until the journal has the entry. Time stands still.
    void until_has(const std::string& name, const std::string& brief, std::size_t times = 1)
    {
        until([&] {
            const engine_journal now = journal();
            const auto at = now.find(name);
            return at != now.end() && at->second.count(brief) >= times;
        }, false);
    }
    /// Until a body of "run/step" has begun in this life, or the journal has its end, or the run's. Time stands still.
    void until_began(const std::string& name, const std::string& step)
    {
        until([&] {
            if (world_.effects.count_in_life(name.substr(name.find('/') + 1) + "/" + step) != 0)
                return true;
            const engine_journal now = journal();
            const auto at = now.find(name);
            return at != now.end() && (at->second.has("step_done " + step) || at->second.header.end_seq != 0);
        }, false);
    }

    /// Until something is so. Throws life_over when the life's plan says so first.
    template <class Is>
    void until(Is&& is, bool time_flies)
    {
        for (;;)
        {
            const std::uint64_t rung = world_.bell.rung();
            if (is())
                return;
            if (crashed_ && !sees_crash)
                throw life_over{};
            if (close_)
                throw life_over{};
            const base::time_us alarm = time_->alarm();
            if (time_flies && alarm != watched_time::never)
            {
                if (plan_.ends_at_alarm)
                {
                    world_.wall = std::max(world_.wall, alarm);
                    throw life_over{};
                }
                time_->advance_to(alarm);
                continue;
            }
            world_.bell.wait(rung);
        }
    }

    engine_journal journal() const { return read_journal(*store_); }
    engine_run run(const std::string& name) const
    {
        const engine_journal runs = journal();
        const auto at = runs.find(name);
        return at == runs.end() ? engine_run{} : at->second;
    }
    detail::engine_core& core() { return *core_; }
    std::weak_ptr<detail::engine_core> link() const { return core_; }
    watched_time& time() { return *time_; }
    fated_store& store() { return *store_; }
    engine_world& world() { return world_; }
    engine_effects& effects() { return world_.effects; }

    /// The script wants to see refusals after a crash itself.
    bool sees_crash{};

    class pending
    {
    public:
        explicit pending(engine_bell& bell) : bell_(bell) {}
        bool ready() const
        {
            const std::scoped_lock lock(mutex_);
            return answer_.has_value();
        }
        detail::answer value() const
        {
            const std::scoped_lock lock(mutex_);
            return *answer_;
        }
        void set(detail::answer&& a)
        {
            {
                const std::scoped_lock lock(mutex_);
                answer_ = std::move(a);
            }
            bell_.ring();
        }

    private:
        engine_bell& bell_;
        mutable std::mutex mutex_;
        std::optional<detail::answer> answer_;
    };

    std::shared_ptr<pending> send(detail::request what)
    {
        struct receiver final : detail::receiver
        {
            explicit receiver(std::shared_ptr<pending> to) : to_(std::move(to)) {}
            void take(detail::answer&& a) noexcept override { to_->set(std::move(a)); }
            std::shared_ptr<pending> to_;
        };
        auto got = std::make_shared<pending>(world_.bell);
        detail::submit(core_, std::move(what), std::make_unique<receiver>(got));
        return got;
    }
    std::string wait(const std::shared_ptr<pending>& got, bool time_flies = true)
    {
        until([&] { return got->ready(); }, time_flies);
        return text_of(got->value());
    }

    template <class Function>
    static detail::function_key key_of(Function* function)
    {
        return reinterpret_cast<detail::function_key>(function);
    }

private:
    std::string ask(detail::request what, const std::string& told_as, bool time_flies = true)
    {
        const auto got = send(std::move(what));
        until([&] { return got->ready(); }, time_flies);
        const detail::answer a = got->value();
        const std::string text = text_of(a);
        const bool over = a.what == detail::answer_kind::engine_error && (a.why == errc::unknown || a.why == errc::closed);
        if (over && !sees_crash)
            throw life_over{};
        // A parked run may go on one day; what it ended in never changes.
        if (!told_as.empty() && !over && text.find("is parked") == std::string::npos && text.find("refused") == std::string::npos)
            world_.tell(told_as, text);
        return text;
    }

    static std::string text_of(const detail::answer& a)
    {
        switch (a.what)
        {
        case detail::answer_kind::value: return a.bytes.empty() ? "ok" : a.bytes;
        case detail::answer_kind::run_failed: return "failed " + a.code + ": " + a.text;
        case detail::answer_kind::no_reply: return "no reply";
        case detail::answer_kind::engine_error: return "refused " + std::string(name_of(a.why)) + ": " + a.text;
        }
        return {};
    }

    fate decide(std::uint64_t commit)
    {
        if (plan_.close_at == commit)
            close_ = true;
        const fate chosen = plan_.decide ? plan_.decide(commit) : fate::durable;
        if (chosen == fate::unknown_absent || chosen == fate::unknown_present)
            crashed_ = true;
        return chosen;
    }

    engine_world& world_;
    life_plan plan_;
    engine_journal at_open_;
    std::atomic<bool> crashed_{};
    std::atomic<bool> close_{};
    fated_store* store_{};
    watched_time* time_{};
    std::shared_ptr<detail::engine_core> core_;
};

/// Adds workflows: `adds("checkout", checkout)`.
template <detail::workflow_function Function>
engine_stage::adder adds(std::string name, Function* function)
{
    return [name = std::move(name), function](detail::engine_core& core) {
        core.workflows.add({name, engine_stage::key_of(function), detail::traits_of_function<Function>::value, 1});
    };
}
}
