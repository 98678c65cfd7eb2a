#pragma once

// Samples of a latency from many threads, in a row that was made beforehand: adding one is an atomic increment and a store.

#include "support/spread.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <vector>

namespace everstep::bench
{
using clock = std::chrono::steady_clock;

class latencies
{
public:
    explicit latencies(std::size_t samples_max) : samples_(samples_max) {}

    /// Samples are dropped unless it is on, and where the row is full.
    void record(bool on) noexcept { on_.store(on, std::memory_order_relaxed); }
    void add(clock::duration sample) noexcept
    {
        if (!on_.load(std::memory_order_relaxed))
            return;
        const std::size_t at = count_.fetch_add(1, std::memory_order_relaxed);
        if (at < samples_.size())
            samples_[at] = std::chrono::duration<float, std::micro>(sample).count();
    }

    /// Microseconds; 0 where there are no samples. Only when nobody adds any more.
    double quantile(double share);
    /// The same for many shares, closer together towards 1.
    spread shape();

private:
    std::vector<float> samples_;
    std::atomic<std::size_t> count_{};
    std::atomic<bool> on_{};
};
}
