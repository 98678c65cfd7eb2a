#pragma once

#include <atomic>
#include <cstddef>
#include <thread>

namespace everstep::bench
{
/// Watches how many threads this process has, more than when the watch began. Its own is not counted.
class thread_watch
{
public:
    thread_watch();

    std::size_t most() const noexcept { return most_.load(); }

private:
    void watch(const std::stop_token& stop);

    std::atomic<std::size_t> most_{};
    std::size_t before_;
    std::jthread thread_;
};
}
