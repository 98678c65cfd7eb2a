#pragma once

// A service that answers after a while, as a bank does: it costs its caller time and nobody a processor. Three ways to wait for it,
// one for each place of a step.

#include "support/order.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <thread>

namespace everstep::bench
{
class slow_service
{
public:
    explicit slow_service(std::chrono::milliseconds answers_after);
    ~slow_service();
    slow_service(const slow_service&) = delete;
    slow_service& operator=(const slow_service&) = delete;

    receipt blocking() const;
    /// In a body with place fiber.
    receipt yielding();
    /// On the executor of whoever awaits it.
    boost::asio::awaitable<receipt> awaiting() const;

private:
    std::chrono::milliseconds answers_after_;
    receipt receipt_;
    boost::asio::io_context timers_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;
};
}
