#include "support/threads.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>

namespace everstep::bench
{
namespace
{
constexpr std::chrono::milliseconds period{10};

std::size_t threads_now()
{
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}
}

thread_watch::thread_watch() : before_(threads_now()), thread_([this](const std::stop_token& stop) { watch(stop); }) {}

void thread_watch::watch(const std::stop_token& stop)
{
    while (!stop.stop_requested())
    {
        const std::size_t now = threads_now();
        const std::size_t others = now - std::min(now, before_ + 1);
        most_ = std::max(most_.load(), others);
        std::this_thread::sleep_for(period);
    }
}
}
