#pragma once

// Faults between LMDB and the kernel: this header *defines* pwrite, writev, fdatasync and fsync for the whole program, which
// takes precedence over libc also for a shared liblmdb.

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

namespace everstep::test
{
/// What happens to calls on files, one at a time: armed by a test, disarmed by the fault itself.
struct store_faults
{
    enum class fault
    {
        none,
        write,              ///< a write of pages fails, nothing written
        short_write,        ///< half of a write of pages is done
        sync,               ///< the sync of pages fails, they were written
        meta_write,         ///< the write of the meta page fails, nothing written
        meta_write_and_lie  ///< the write of the meta page is done and fails
    };
    static inline std::atomic<fault> armed{fault::none};
    static inline std::atomic<int> error{EIO};

    static inline std::atomic<std::uint64_t> synced{};           ///< fdatasync calls that were let through
    static inline std::atomic<std::uint64_t> written_in_sync{};  ///< writes to descriptors with O_DSYNC
    static inline std::vector<std::pair<dev_t, ino_t>>* fsynced = nullptr; ///< set it to see what is synced

    static void arm(fault next, int code = EIO)
    {
        error = code;
        armed = next;
    }

    static bool strikes(fault kind)
    {
        fault expected = kind;
        if (!armed.compare_exchange_strong(expected, fault::none))
            return false;
        errno = error;
        return true;
    }

    static bool is_meta(int descriptor) { return (::fcntl(descriptor, F_GETFL) & O_DSYNC) != 0; }
};

inline ssize_t real_pwrite(int descriptor, const void* bytes, std::size_t size, off_t offset)
{
    return ::syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}
}

extern "C" [[gnu::used]] inline ssize_t pwrite(int descriptor, const void* bytes, std::size_t size, off_t offset)
{
    using everstep::test::store_faults;
    using fault = store_faults::fault;
    if (store_faults::is_meta(descriptor))
    {
        ++store_faults::written_in_sync;
        if (store_faults::armed == fault::meta_write_and_lie)
            everstep::test::real_pwrite(descriptor, bytes, size, offset);
        if (store_faults::strikes(fault::meta_write) || store_faults::strikes(fault::meta_write_and_lie))
            return -1;
    }
    else
    {
        if (store_faults::strikes(fault::write))
            return -1;
        if (store_faults::strikes(fault::short_write))
            return everstep::test::real_pwrite(descriptor, bytes, size / 2, offset);
    }
    return everstep::test::real_pwrite(descriptor, bytes, size, offset);
}

extern "C" [[gnu::used]] inline ssize_t writev(int descriptor, const iovec* parts, int count)
{
    using everstep::test::store_faults;
    if (store_faults::strikes(store_faults::fault::write))
        return -1;
    if (store_faults::strikes(store_faults::fault::short_write))
        return ::syscall(SYS_write, descriptor, parts[0].iov_base, parts[0].iov_len / 2);
    return ::syscall(SYS_writev, descriptor, parts, count);
}

extern "C" [[gnu::used]] inline int fdatasync(int descriptor)
{
    using everstep::test::store_faults;
    if (store_faults::strikes(store_faults::fault::sync))
        return -1;
    ++store_faults::synced;
    return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

extern "C" [[gnu::used]] inline int fsync(int descriptor)
{
    struct stat found = {};
    if (everstep::test::store_faults::fsynced != nullptr && ::fstat(descriptor, &found) == 0)
        everstep::test::store_faults::fsynced->emplace_back(found.st_dev, found.st_ino);
    return static_cast<int>(::syscall(SYS_fsync, descriptor));
}
