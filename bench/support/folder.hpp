#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace everstep::bench
{
/// A new directory, removed with all that is in it.
class folder
{
public:
    explicit folder(const std::string& within)
    {
        std::filesystem::create_directories(within);
        path_ = within + "/everstep_bench_XXXXXX";
        if (::mkdtemp(path_.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), "mkdtemp " + path_);
    }
    ~folder()
    {
        std::error_code ignored; // what is left over is in a directory of its own, with our name on it
        std::filesystem::remove_all(path_, ignored);
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;

    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};
}
