#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace shop
{
/// A directory that goes with the test.
class scratch
{
public:
    scratch() : path_((std::filesystem::temp_directory_path() / "everstep-checkout-XXXXXX").string())
    {
        if (!::mkdtemp(path_.data()))
            std::abort();
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    ~scratch() { std::filesystem::remove_all(path_); }

    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};
}
