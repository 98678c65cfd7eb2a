#pragma once

// This header *defines* pwrite, writev, fdatasync and fsync for the whole program, which takes precedence over libc also for a shared
// liblmdb: calls meet the faults of store_faults.hpp. Include it in exactly one source file of a test program; inline functions would be
// weak, and lose against those of the address sanitizer.

#include "store_faults.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace everstep::test
{
inline ssize_t real_pwrite(int descriptor, const void* bytes, std::size_t size, off_t offset)
{
    return ::syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}
}

extern "C" ssize_t pwrite(int descriptor, const void* bytes, std::size_t size, off_t offset)
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

extern "C" ssize_t writev(int descriptor, const iovec* parts, int count)
{
    using everstep::test::store_faults;
    if (store_faults::strikes(store_faults::fault::write))
        return -1;
    if (store_faults::strikes(store_faults::fault::short_write))
        return ::syscall(SYS_write, descriptor, parts[0].iov_base, parts[0].iov_len / 2);
    return ::syscall(SYS_writev, descriptor, parts, count);
}

extern "C" int fdatasync(int descriptor)
{
    using everstep::test::store_faults;
    if (store_faults::strikes(store_faults::fault::sync))
        return -1;
    ++store_faults::synced;
    return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

extern "C" int fsync(int descriptor)
{
    struct stat found = {};
    if (everstep::test::store_faults::fsynced != nullptr && ::fstat(descriptor, &found) == 0)
        everstep::test::store_faults::fsynced->emplace_back(found.st_dev, found.st_ino);
    return static_cast<int>(::syscall(SYS_fsync, descriptor));
}
