#pragma once

// Publishes events with so many calls of engine::async_publish under way: each that is durable is followed by the next.

#include <everstep/engine.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <string>

namespace everstep::bench
{
inline constexpr const char* topic_name = "orders";

class publishers
{
public:
    publishers(engine& to, std::size_t in_flight) : shop_(to), in_flight_(in_flight) {}

    /// Returns when all of them are durable. Throws what a call threw.
    void publish(std::size_t events);

private:
    struct ended;
    void next();
    void count(std::exception_ptr failure);

    engine& shop_;
    const std::size_t in_flight_;
    std::atomic<std::size_t> left_{}; ///< to be published when another has ended
    std::mutex mutex_;
    std::condition_variable done_;
    std::size_t under_way_{};
    std::exception_ptr failure_;
};
}
