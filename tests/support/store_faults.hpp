#pragma once

// Faults between LMDB and the kernel, for programs of which one source file includes store_fault_calls.hpp.

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/types.h>
#include <utility>
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
}
