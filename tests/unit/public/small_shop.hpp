#pragma once

// An engine for one test: in memory unless told otherwise, quiet, with one shard.

#include <everstep/engine.hpp>

#include <boost/describe.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace everstep::test
{
/// A step that is tried once.
inline constexpr step_options once{.retry = {.attempts = 1}};
inline constexpr step_options at_once{.retry = {.first = std::chrono::milliseconds(0), .jitter = 0, .attempts = 3}};

/// Opened by a test, and opened by a thread of the engine or a body.
class gate
{
public:
    void open()
    {
        const std::scoped_lock lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void wait() const
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return open_; });
    }

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    bool open_{};
};

/// Bodies of a test tell it that they have begun, and wait until they may end.
struct turnstile
{
    gate began;
    gate may_end;
};

class small_shop
{
public:
    explicit small_shop(std::string journal = ":memory:", const std::function<void(engine_options&)>& change = {})
    {
        engine_options options;
        options.journal = std::move(journal);
        options.shards = 1;
        options.map_bytes = 64u << 20;
        options.log = [this](const log_line& line) {
            const std::scoped_lock lock(mutex_);
            lines_.push_back(std::string(line.text));
            logged_.notify_all();
        };
        if (change)
            change(options);
        engine_ = std::make_unique<engine>(std::move(options));
    }
    ~small_shop() { engine_.reset(); }
    small_shop(const small_shop&) = delete;
    small_shop& operator=(const small_shop&) = delete;

    engine* operator->() { return engine_.get(); }
    engine& operator*() { return *engine_; }
    void reset() { engine_.reset(); }

    /// Adds one workflow under the name "it", opens, and starts a run of it with the id "a".
    template <detail::workflow_function Function>
    run<detail::result_of<Function>, detail::reply_of<Function>> start(Function* function, const detail::input_of<Function>& input)
    {
        engine_->add("it", function);
        engine_->open();
        return engine_->start(function, "a", input);
    }

    void wait_for_line(const std::string& part)
    {
        std::unique_lock lock(mutex_);
        logged_.wait(lock, [&] {
            for (const std::string& line : lines_)
                if (line.find(part) != std::string::npos)
                    return true;
            return false;
        });
    }

private:
    std::mutex mutex_;
    std::condition_variable logged_;
    std::vector<std::string> lines_;
    std::unique_ptr<engine> engine_;
};

/// Why an engine call was refused; errc{} where it was not.
template <class Call>
errc why_not(Call&& call)
{
    try
    {
        std::forward<Call>(call)();
    }
    catch (const engine_error& e)
    {
        return e.why();
    }
    return errc{};
}

/// "code: text" of the failure that a call throws; "" where it throws none.
template <class Call>
std::string failure_of(Call&& call)
{
    try
    {
        std::forward<Call>(call)();
    }
    catch (const run_failed& e)
    {
        return e.code() + ": " + e.text();
    }
    return {};
}
}
