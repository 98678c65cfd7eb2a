#pragma once

#include <everstep/error.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace everstep::inline v0::detail
{
/// What one attempt says of itself while it runs: shared by the attempt, what it has handed out, and the engine. Most attempts have none.
class heart
{
public:
    /// Engine time, on any thread.
    struct clock
    {
        std::int64_t (*now)(const void* of){};
        const void* of{};
    };

    explicit heart(std::size_t progress_bytes_max) noexcept : progress_bytes_max_(progress_bytes_max) {}

    // By the engine, before the body begins.
    void watch(clock with)
    {
        clock_ = with;
        beat();
    }
    void set_before(std::string_view progress) { before_ = progress; }
    void set_undoes(std::string&& token) noexcept { undoes_ = std::move(token); }

    /// The last progress of the attempts before, encoded; empty: none.
    const std::string& before() const noexcept { return before_; }
    /// The token of the step that is undone.
    const std::string& undoes() const noexcept { return undoes_; }

    /// Nothing once the body has ended.
    void beat()
    {
        const std::scoped_lock lock(mutex_);
        touch();
    }
    /// Throws permanent_error (limit).
    void beat(std::string&& progress)
    {
        if (progress.size() > progress_bytes_max_)
            throw permanent_error{"limit", "the progress has " + std::to_string(progress.size()) + " bytes, the limit is " +
                                               std::to_string(progress_bytes_max_) +
                                               ": say less, keep the rest elsewhere and say where it lies, or raise "
                                               "engine_options::payload_bytes_max"};
        const std::scoped_lock lock(mutex_);
        if (!ended_)
            progress_ = std::move(progress);
        touch();
    }

    /// The body has returned or thrown: from here on nothing changes.
    void end() noexcept
    {
        const std::scoped_lock lock(mutex_);
        ended_ = true;
    }
    std::int64_t last_beat() const noexcept { return last_.load(std::memory_order_relaxed); }
    /// Of this attempt, encoded; empty: none. After end().
    std::string_view progress() const noexcept { return progress_; }

private:
    /// The clock is gone once the body has ended.
    void touch() noexcept
    {
        if (!ended_ && clock_.now)
            last_.store(clock_.now(clock_.of), std::memory_order_relaxed);
    }

    std::mutex mutex_;
    std::atomic<std::int64_t> last_{};
    clock clock_;
    bool ended_{};
    const std::size_t progress_bytes_max_;
    std::string progress_;
    std::string before_;
    std::string undoes_;
};
}
