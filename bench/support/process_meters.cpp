#include "support/process_meters.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace everstep::bench
{
namespace
{
/// The number behind "name:" in a /proc file; 0 where there is none.
std::uint64_t number_in(const std::filesystem::path& file, std::string_view name)
{
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ':')
            return std::stoull(line.substr(name.size() + 1));
    return 0;
}
}

std::uint64_t anonymous_bytes()
{
    const std::uint64_t kib = number_in("/proc/self/status", "RssAnon");
    if (kib == 0)
        throw std::runtime_error("/proc/self/status has no RssAnon");
    return kib * 1024;
}

std::uint64_t heap_bytes()
{
    const struct mallinfo2 all = ::mallinfo2();
    return all.uordblks + all.hblkhd;
}

std::chrono::nanoseconds processor_time()
{
    timespec spent{};
    if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) != 0)
        throw std::system_error(errno, std::generic_category(), "clock_gettime");
    return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

std::uint64_t context_switches(pid_t process)
{
    std::uint64_t sum = 0;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task"))
        for (const std::string_view kind : {"voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"})
            sum += number_in(thread.path() / "status", kind);
    if (sum == 0)
        throw std::runtime_error("the system does not count context switches");
    return sum;
}

void wait_for_rest()
{
    constexpr std::chrono::milliseconds look{20};
    constexpr std::chrono::microseconds little{500}; // as much as looking costs, and more
    constexpr int calm_looks = 5;
    constexpr std::chrono::minutes patience{5};
    const auto begin = std::chrono::steady_clock::now();
    std::chrono::nanoseconds spent = processor_time();
    for (int calm = 0; calm < calm_looks;)
    {
        if (std::chrono::steady_clock::now() - begin > patience)
            throw std::runtime_error("the engine does not come to rest");
        std::this_thread::sleep_for(look);
        const std::chrono::nanoseconds now = processor_time();
        calm = now - spent < little ? calm + 1 : 0;
        spent = now;
    }
}
}
