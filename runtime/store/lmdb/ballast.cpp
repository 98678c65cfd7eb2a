#include "store/lmdb/ballast.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace everstep::store::lmdb
{
namespace
{
// Taken on again only when the disk has this many times its size free, or filling and freeing would chase each other.
constexpr std::uint64_t room_factor = 4;

int allocate(const std::string& path, std::uint64_t bytes) noexcept
{
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return errno;
    const int failed = ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes));
    ::close(descriptor);
    return failed;
}
}

ballast::ballast(std::string directory, std::uint64_t bytes)
    : file_(directory + "/ballast"), probe_(directory + "/room"), directory_(std::move(directory)), bytes_(bytes)
{
    struct stat found = {};
    carried_ = bytes_ != 0 && ::stat(file_.c_str(), &found) == 0 &&
               static_cast<std::uint64_t>(found.st_blocks) * 512 >= bytes_;
}

void ballast::take_on() noexcept
{
    if (carried_ || bytes_ == 0)
        return;
    struct statvfs found = {};
    if (::statvfs(directory_.c_str(), &found) != 0 || found.f_bavail * found.f_frsize < room_factor * bytes_)
        return;
    // If we die here, a part of the file is left: the next open sees that it is short and allocates the rest.
    carried_ = allocate(file_, bytes_) == 0;
    if (!carried_)
        ::unlink(file_.c_str());
}

bool ballast::drop() noexcept
{
    const bool freed = bytes_ != 0 && ::unlink(file_.c_str()) == 0;
    carried_ = false;
    return freed;
}

bool ballast::room_for(std::uint64_t bytes) const noexcept
{
    const int failed = allocate(probe_, bytes);
    ::unlink(probe_.c_str());
    return failed == 0;
}
}
