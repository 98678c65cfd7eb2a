#pragma once

// A service behind a page: elsewhere, so each call takes its time, and while it is down a time-out. It knows the orders that it has had.

#include "support/order.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <vector>

namespace everstep::bench
{
class remote_service
{
public:
    static constexpr std::chrono::milliseconds timeout{500};

    /// Of orders with slots from first_slot on.
    explicit remote_service(std::size_t orders_max) : had_(orders_max) {}

    /// Whether it has the order now; false, after the time-out, where it was down when the call came. Any thread, many at once.
    bool call(const order& placed);

    void go_down() noexcept { down_ = true; }
    void come_back() noexcept { down_ = false; }

    /// Calls that failed.
    std::size_t failures() const noexcept { return failures_; }
    /// Orders that it has, each counted once.
    std::size_t orders() const noexcept { return orders_; }

private:
    std::vector<std::atomic<bool>> had_;
    std::atomic<std::size_t> orders_{};
    std::atomic<std::size_t> failures_{};
    std::atomic<bool> down_{};
};
}
