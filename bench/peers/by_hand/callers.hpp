#pragma once

// Threads with a connection each that do runs one after the other: what a program with this database does.

#include "by_hand/hand_store.hpp"

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace everstep::bench::peers
{
class callers
{
public:
    /// Each of `count` threads calls `work` with its own connection and rising numbers, until `numbers` are given out or stop().
    callers(const std::string& where, std::size_t count, std::size_t numbers,
            std::function<void(hand_store&, std::size_t number)> work);

    std::size_t completed() const noexcept { return completed_; }
    void stop() noexcept { stopping_ = true; }
    /// Waits for the threads. Throws what the first of them threw.
    void join();
    /// One of them threw: join() tells.
    bool failed() const noexcept { return failed_; }

private:
    void call(const std::string& where);

    std::size_t numbers_;
    std::function<void(hand_store&, std::size_t)> work_;
    std::atomic<std::size_t> next_{};
    std::atomic<std::size_t> completed_{};
    std::atomic<bool> stopping_{};
    std::atomic<bool> failed_{};
    std::mutex mutex_; ///< guards failure_
    std::exception_ptr failure_;
    std::vector<std::jthread> threads_;
};
}
