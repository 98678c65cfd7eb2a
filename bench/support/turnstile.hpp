#pragma once

// The service of workflows that go on after a cut: counts the bodies that begin, wakes who waits for a number of them, and can hold
// the first ones until all of them are there.

#include "support/order.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <latch>
#include <optional>
#include <stdexcept>
#include <thread>

namespace everstep::bench
{
class turnstile
{
public:
    /// The first `held` bodies block until so many have begun.
    explicit turnstile(std::size_t held = 0) : receipt_(make_receipt()), held_(held)
    {
        if (held != 0)
            gate_.emplace(static_cast<std::ptrdiff_t>(held));
    }

    /// A step's body. Any thread.
    receipt pass()
    {
        const std::size_t nth = passed_.fetch_add(1, std::memory_order_relaxed) + 1;
        if (nth <= held_)
            gate_->arrive_and_wait();
        return receipt_;
    }

    std::size_t passed() const noexcept { return passed_.load(std::memory_order_relaxed); }

    /// Until so many bodies have begun, or more. Throws std::runtime_error where that takes minutes: runs were lost.
    void wait_for(std::size_t bodies) const
    {
        constexpr std::chrono::minutes patience{5};
        const auto begin = std::chrono::steady_clock::now();
        while (passed() < bodies)
        {
            if (std::chrono::steady_clock::now() - begin > patience)
                throw std::runtime_error("of " + std::to_string(bodies) + " bodies " + std::to_string(passed()) +
                                         " have begun");
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    }

private:
    receipt receipt_;
    std::size_t held_;
    std::optional<std::latch> gate_;
    std::atomic<std::size_t> passed_{};
};
}
