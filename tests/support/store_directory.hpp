#pragma once

// A directory of a test's own, removed with everything in it; and a file system of its own, small enough to fill.

#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <sys/mount.h>
#include <unistd.h>

namespace everstep::test
{
class store_directory
{
public:
    store_directory()
    {
        std::string name = (std::filesystem::temp_directory_path() / "everstep_store_XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("mkdtemp " + name);
        path_ = name;
    }
    ~store_directory()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    store_directory(const store_directory&) = delete;
    store_directory& operator=(const store_directory&) = delete;

    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

/// A tmpfs of so many bytes. It is unmounted at once and lives on behind a descriptor, so that a test that dies leaves
/// nothing. Needs root: where mounting is refused, mounted() is false.
class small_disk
{
public:
    explicit small_disk(std::size_t bytes)
    {
        const store_directory at;
        const std::string size = "size=" + std::to_string(bytes);
        if (::mount("tmpfs", at.path().c_str(), "tmpfs", 0, size.c_str()) != 0)
            return;
        descriptor_ = ::open(at.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ::umount2(at.path().c_str(), MNT_DETACH);
        path_ = "/proc/self/fd/" + std::to_string(descriptor_);
    }
    ~small_disk()
    {
        if (descriptor_ >= 0)
            ::close(descriptor_);
    }
    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;

    bool mounted() const { return descriptor_ >= 0; }
    const std::string& path() const { return path_; }
    std::uint64_t free_bytes() const { return std::filesystem::space(path_).available; }

private:
    int descriptor_ = -1;
    std::string path_;
};
}
