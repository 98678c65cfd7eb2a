#include "store/lmdb/owner_lock.hpp"

#include "store/lmdb/lmdb_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <mutex>
#include <pthread.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace everstep::store::lmdb
{
// All owners of this process: pthread_atfork has no argument, so its handlers need a place that outlives every store.
struct owners
{
    std::mutex mutex; // held over a fork, so that no descriptor is ever locked and not listed
    std::vector<owner_lock*> list;

    static owners& of_process()
    {
        static owners& all = *new owners; // never destroyed: a fork may come after static destruction
        return all;
    }

    static void before_fork() { of_process().mutex.lock(); }
    static void after_fork_in_parent() { of_process().mutex.unlock(); }
    static void after_fork_in_child()
    {
        owners& all = of_process();
        for (owner_lock* owner : all.list)
        {
            owner->forked_.store(true, std::memory_order_relaxed);
            ::close(owner->descriptor_);
            owner->descriptor_ = -1;
        }
        all.list.clear();
        all.mutex.unlock();
    }

private:
    owners() { check(::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child), "pthread_atfork"); }
};

namespace
{
std::string owner_text(int descriptor, const std::string& path)
{
    std::array<char, 16> digits{};
    const ssize_t size = ::pread(descriptor, digits.data(), digits.size(), 0);
    std::string text = "the journal in " + path + " is in use by another process";
    const std::string_view pid(digits.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    const auto end = std::ranges::find_if_not(pid, [](char c) { return c >= '0' && c <= '9'; });
    if (end != pid.begin())
        text += ", pid " + std::string(pid.begin(), end);
    return text;
}

// Only for the text of others' refusals, so a failure (a full disk) does not matter.
void write_pid(int descriptor)
{
    std::array<char, 16> digits{};
    char* end = std::to_chars(digits.data(), digits.data() + digits.size() - 1, ::getpid()).ptr;
    *end++ = '\n';
    const auto size = end - digits.data();
    if (::pwrite(descriptor, digits.data(), static_cast<std::size_t>(size), 0) == size)
        static_cast<void>(::ftruncate(descriptor, size) == 0);
}

bool lock_whole_file(int descriptor)
{
    struct flock whole = {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    return ::fcntl(descriptor, F_OFD_SETLK, &whole) == 0;
}
}

owner_lock::owner_lock(int directory, const std::string& path)
{
    owners& all = owners::of_process();
    const std::lock_guard lock(all.mutex);
    struct stat found = {};
    if (::fstat(directory, &found) != 0)
        throw_errno("fstat " + path);
    device_ = found.st_dev;
    inode_ = found.st_ino;
    const auto same = [&](const owner_lock* other) { return other->device_ == device_ && other->inode_ == inode_; };
    if (std::ranges::any_of(all.list, same))
        throw taken("the journal in " + path + " is already open in this process");

    all.list.reserve(all.list.size() + 1); // nothing below may throw once the descriptor is there
    descriptor_ = ::openat(directory, "owner.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor_ < 0)
        throw_errno("open " + path + "/owner.lock");
    if (!lock_whole_file(descriptor_))
    {
        const int code = errno;
        const std::string text = owner_text(descriptor_, path);
        ::close(descriptor_);
        if (code != EAGAIN && code != EACCES)
            check(code, ("lock " + path + "/owner.lock").c_str());
        throw taken(text);
    }
    write_pid(descriptor_);
    all.list.push_back(this);
}

owner_lock::~owner_lock()
{
    owners& all = owners::of_process();
    const std::lock_guard lock(all.mutex);
    std::erase(all.list, this);
    if (descriptor_ >= 0)
        ::close(descriptor_);
}
}
