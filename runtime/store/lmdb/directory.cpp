#include "store/lmdb/directory.hpp"

#include "store/lmdb/lmdb_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace everstep::store::lmdb
{
namespace
{
constexpr mode_t owner_only = 0700;

int open_directory(const std::string& path)
{
    return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void sync_directory(const std::string& path)
{
    const int descriptor = open_directory(path);
    if (descriptor < 0)
    {
        if (errno == EACCES)
            return; // not readable for us, so we made nothing in it either
        throw_errno("open " + path);
    }
    const int failed = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    if (failed != 0 && failed != EINVAL) // EINVAL: this file system has no sync of directories
        check(failed, ("fsync " + path).c_str());
}

// Each new directory is synced into its parent before anything is put inside: a crash leaves a chain that starts at the root.
void create_with_parents(const std::filesystem::path& path)
{
    if (std::filesystem::is_directory(path))
        return;
    const auto parent = path.parent_path();
    if (!parent.empty() && parent != path)
        create_with_parents(parent);
    if (::mkdir(path.c_str(), owner_only) != 0 && errno != EEXIST)
        throw_errno("mkdir " + path.string());
    sync_directory(parent.empty() ? "." : parent.string());
}

std::string without_trailing_slash(std::string path)
{
    while (path.size() > 1 && path.back() == '/')
        path.pop_back();
    return path;
}
}

directory::directory(const std::string& path, absent when) : path_(without_trailing_slash(path)), descriptor_(-1)
{
    if (path_.empty())
        throw lmdb_error("the directory's name is empty", ENOENT);
    if (when == absent::create)
        create_with_parents(path_);
    descriptor_ = open_directory(path_);
    if (descriptor_ < 0)
        throw_errno("open " + path_);
}

directory::~directory()
{
    ::close(descriptor_);
}

bool directory::remote() const
{
    struct statfs found = {};
    if (::fstatfs(descriptor_, &found) != 0)
        throw_errno("fstatfs " + path_);
    return is_remote(static_cast<unsigned long>(found.f_type));
}

void directory::sync() const
{
    sync_directory(path_);
    sync_directory(path_ + "/..");
}

bool is_remote(unsigned long file_system_type) noexcept
{
    static constexpr std::array<unsigned long, 10> remote = {
        0x6969,     // NFS
        0x517B,     // SMB
        0xFE534D42, // SMB2
        0xFF534D42, // CIFS
        0x01021997, // 9p
        0x65735546, // FUSE
        0x00C36400, // Ceph
        0x5346414F, // AFS
        0x73757245, // Coda
        0x786F4256  // VirtualBox shared folder
    };
    return std::ranges::find(remote, file_system_type & 0xFFFFFFFF) != remote.end();
}
}
