#pragma once

// One owner of a journal: a lock of our own on `owner.lock`, never on LMDB's lock file, whose lock would be lost by any
// close() of it in this process (H9). An open-file-description lock, which goes with the descriptor and is seen within the
// process too.
//
// A forked child shares the descriptor and would keep the journal locked after the parent's death, so a fork handler closes
// it there and marks the owner as forked: from then on every call of the child is refused (H10). A child made by vfork,
// posix_spawn or a raw clone is not seen; it must exec, which closes the descriptor.

#include <atomic>
#include <stdexcept>
#include <string>
#include <sys/types.h>

namespace everstep::store::lmdb
{
class owner_lock
{
public:
    /// Thrown when another owner has the directory; the text names it as far as is known.
    class taken : public std::runtime_error
    {
    public:
        using std::runtime_error::runtime_error;
    };

    /// Takes the lock on the open directory. Throws taken, or lmdb_error.
    owner_lock(int directory, const std::string& path);
    ~owner_lock();
    owner_lock(const owner_lock&) = delete;
    owner_lock& operator=(const owner_lock&) = delete;

    /// Whether this is a child of the process that took the lock.
    bool in_forked_child() const noexcept { return forked_.load(std::memory_order_relaxed); }

private:
    friend struct owners;

    dev_t device_{};
    ino_t inode_{};
    int descriptor_{-1};
    std::atomic<bool> forked_{false};
};
}
