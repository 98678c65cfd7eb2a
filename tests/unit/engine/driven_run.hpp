#pragma once

// A run on its own: the driver, and a recorder that keeps what is recorded, so that a test can play the shard and then replay what it
// recorded. Steps do not run; the test says what they came to.

#include "engine/run_driver.hpp"

#include <everstep/detail/engine_link.hpp>
#include <everstep/workflow.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace everstep::core
{
using journal::entry;
using journal::entry_kind;
using journal::operation_kind;
using journal::park_reason;

class driven_run final : public recorder
{
public:
    template <detail::workflow_function Function>
    driven_run(Function* function, const detail::input_of<Function>& input)
        : input_(everstep::encode(input))
    {
        code_ = {.name = "flow", .function = reinterpret_cast<detail::function_key>(function),
                 .traits = detail::traits_of_function<Function>::value, .version = 1};
        header_.id = "o-1";
        header_.started_at = now;
        header_.seed = {11, 22};
    }
    /// The same code over another run's history.
    template <detail::workflow_function Function>
    driven_run(Function* function, const detail::input_of<Function>& input, std::vector<std::string> history)
        : driven_run(function, input)
    {
        history_ = std::move(history);
    }

    driven_run(const driven_run&) = delete;
    driven_run& operator=(const driven_run&) = delete;

    driver_state begin()
    {
        driver_ = std::make_unique<run_driver>(header_, code_, given, slot_, limits);
        const std::vector<std::string> kept = history_; // what is recorded meanwhile moves the rest
        return driver_->begin(input_, std::vector<std::string_view>(kept.begin(), kept.end()), *this);
    }
    driver_state apply(entry e)
    {
        e.at = now += 1'000;
        std::uint32_t seq = 0;
        record(e, seq);
        return driver_->apply(e, seq, *this);
    }

    /// What the first pending operation comes to, or the one after so many.
    driver_state succeed(std::string_view payload, std::size_t after = 0)
    {
        entry e = pending_entry(entry_kind::step_done, after);
        e.attempts = 1;
        e.payload = payload;
        return apply(e);
    }
    driver_state fail(std::string_view code, std::string_view text = "text")
    {
        entry e = pending_entry(entry_kind::step_failed);
        e.attempts = 3;
        e.code = code;
        e.text = text;
        return apply(e);
    }
    /// By a cancel, when so many attempts have failed.
    driver_state drop(std::uint32_t attempts)
    {
        entry e = pending_entry(entry_kind::step_dropped);
        e.attempts = attempts;
        return apply(e);
    }
    driver_state fire() { return apply(pending_entry(entry_kind::timer_fired)); }
    driver_state cancel(std::string_view reason = "by hand")
    {
        entry e;
        e.kind = entry_kind::cancel_asked;
        e.text = reason;
        return apply(e);
    }
    driver_state resume()
    {
        entry e;
        e.kind = entry_kind::resumed;
        return apply(e);
    }

    bool record(const entry& e, std::uint32_t& seq) override
    {
        if (history_.size() >= entries_max)
            return false;
        std::string body;
        journal::encode(e, body);
        history_.push_back(std::move(body));
        seq = static_cast<std::uint32_t>(history_.size());
        return true;
    }

    void publish(const journal::event& e) override
    {
        published.push_back(std::string(e.topic) + " " + std::string(e.id) + " " + std::string(e.source) + " " + std::string(e.type) + " " +
                            std::string(e.data));
    }
    void put_state(std::string_view name, std::string_view value, bool may_be_there) override
    {
        (may_be_there ? compared : states).push_back(std::string(name) + " " + std::string(value));
    }
    std::vector<std::string> states;    ///< that were set: name and value
    std::vector<std::string> compared;  ///< the same of those that a life before may have set
    std::vector<std::string> published; ///< "topic id source type data"

    /// "step charge at 0", the operations that the code waits for.
    std::vector<std::string> waiting() const
    {
        std::vector<std::string> all;
        for (const replay::pending& p : driver_->machine().waiting())
            all.push_back(std::string(name_of(p.what.kind)) + " " + std::string(p.what.name) + " at " + p.where.text());
        return all;
    }
    const replay::pending& first() const { return driver_->machine().waiting().front(); }
    run_driver& driver() const { return *driver_; }
    /// Before begin().
    registered_workflow& code() noexcept { return code_; }
    const std::vector<std::string>& history() const { return history_; }

    base::time_us now{1'000'000};
    std::size_t entries_max{1'000'000};
    driver_limits limits{.payload_bytes_max = 1'000, .turn_operations_max = 100};
    services given;

private:
    entry pending_entry(entry_kind kind, std::size_t after = 0) const
    {
        const replay::pending& p = driver_->machine().waiting()[after];
        entry e;
        e.kind = kind;
        e.operation = p.what.kind;
        e.where = p.where;
        e.name = p.what.name;
        e.type = p.what.type;
        e.file = p.what.file;
        e.line = p.what.line;
        return e;
    }

    journal::run_header header_;
    registered_workflow code_;
    std::string input_;
    driver_scratch slot_;
    std::vector<std::string> history_; ///< bodies of entries 1…
    std::unique_ptr<run_driver> driver_;
};
}
