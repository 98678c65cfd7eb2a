#pragma once

// A server of web pages, as most are: each of its threads serves one customer at a time, and who finds none free waits for one.

#include "support/latencies.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace everstep::bench
{
class page_server
{
public:
    /// Returns when the customer of this number, from 0 on, has the answer. Called on many threads at once.
    using page = std::function<void(std::uint32_t customer)>;

    page_server(std::size_t threads, page shown);

    /// So many customers come at the same moment. Returns when all have the answer; `waits` is told how long each took from that moment
    /// on. Throws what a page threw. One call at a time.
    void serve(std::size_t customers, latencies& waits);

private:
    void work(const std::stop_token& stop);
    std::exception_ptr show_to(std::uint32_t customer) const;

    page page_;
    std::mutex mutex_;
    std::condition_variable_any come_;
    std::condition_variable answered_;
    clock::time_point came_at_;
    latencies* waits_{};
    std::uint32_t next_{};
    std::size_t waiting_{};
    std::size_t unanswered_{};
    std::exception_ptr failure_;
    std::vector<std::jthread> threads_;
};
}
