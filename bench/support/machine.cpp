#include "support/machine.hpp"

#include "support/folder.hpp"
#include "support/latencies.hpp"

#include <boost/version.hpp>

#include <array>
#include <cmath>
#include <fcntl.h>
#include <fstream>
#include <lmdb.h>
#include <ostream>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

namespace everstep::bench
{
namespace
{
/// What follows the colon on the first line of a /proc file that begins with `key`.
std::string proc_value(const char* file, const std::string& key)
{
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(key))
        {
            const auto begin = line.find_first_not_of(" \t", line.find(':') + 1);
            return begin == std::string::npos ? std::string() : line.substr(begin);
        }
    return "unknown";
}

/// "ext4 (/dev/vda)": the mount with the longest path that holds the directory.
std::string file_system(const std::string& directory)
{
    const std::string whole = std::filesystem::canonical(directory).string() + "/";
    std::ifstream in("/proc/mounts");
    std::string found = "unknown";
    std::size_t longest = 0;
    for (std::string device, mount, type, rest; in >> device >> mount >> type && std::getline(in, rest);)
    {
        const std::string prefix = mount == "/" ? mount : mount + "/";
        if (whole.starts_with(prefix) && prefix.size() >= longest)
        {
            longest = prefix.size();
            found = type + " (" + device + ")";
        }
    }
    return found;
}

}

double sync_microseconds(const std::string& directory)
{
    const folder here(directory);
    const int file = ::open((here.path() + "/sync").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return 0;
    constexpr std::size_t syncs = 200;
    latencies times(syncs);
    const std::array<char, 4096> page{};
    bool good = ::write(file, page.data(), page.size()) == static_cast<ssize_t>(page.size()) && ::fsync(file) == 0;
    times.record(true);
    for (std::size_t i = 0; good && i < syncs; ++i)
    {
        const auto begin = clock::now();
        good = ::pwrite(file, page.data(), page.size(), 0) == static_cast<ssize_t>(page.size()) && ::fdatasync(file) == 0;
        times.add(clock::now() - begin);
    }
    ::close(file);
    return good ? times.quantile(0.5) : 0;
}

void print_machine(std::ostream& to, const settings& chosen)
{
    utsname kernel{};
    ::uname(&kernel);
    to << "processor   " << proc_value("/proc/cpuinfo", "model name") << ", " << std::thread::hardware_concurrency()
       << " in use\n";
    to << "memory      " << proc_value("/proc/meminfo", "MemTotal") << '\n';
    to << "kernel      " << kernel.sysname << ' ' << kernel.release << '\n';
    to << "disk        " << file_system(chosen.directory) << ", 4 KiB fdatasync p50 " << std::lround(chosen.sync_us)
       << " us\n";
    to << "sync mode   every commit synced (LMDB's default flags and MDB_NOTLS); ours and floor alike\n";
    to << "versions    everstep " EVERSTEP_VERSION ", LMDB " << MDB_VERSION_MAJOR << '.' << MDB_VERSION_MINOR << '.'
       << MDB_VERSION_PATCH << ", Boost " << BOOST_VERSION / 100'000 << '.' << BOOST_VERSION / 100 % 1'000 << ", "
#if defined(__clang__)
       << "clang " __clang_version__;
#else
       << "GCC " __VERSION__;
#endif
#if defined(NDEBUG)
    to << ", release build\n";
#else
    to << ", NOT a release build: these figures mean nothing\n";
#endif
}
}
