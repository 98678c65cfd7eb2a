#pragma once

// The store on disk: LMDB in one directory, one owner, every commit synced.
//
// Files: data.mdb and lock.mdb are LMDB's; owner.lock says who has it; ballast is space to finish in when the disk is full.
// Lifetime: no call may be in progress when the store is destroyed. Not destroying it is always safe: a crash is the normal
// stop. Fork: a child has no store. Every call there throws store::forked; its copy of the owner's lock is closed.

#include "store/store.hpp"

#include <memory>
#include <string>
#include <variant>

namespace everstep::store
{
struct lmdb_options
{
    std::string directory;
    /// 0: 1 TiB of address space, less where that is not to be had. It bounds the journal's size; the file starts small.
    std::uint64_t map_bytes = 0;
    bool create = true;                    ///< make the directory and the journal when they are not there
    std::uint64_t ballast_bytes = 8 << 20; ///< freed when the disk is full; 0: none
    bool allow_remote_filesystem = false;  ///< NFS, CIFS, 9p, FUSE: locks and maps there have lost journals (H12)
};

struct open_failure
{
    enum class why
    {
        in_use,
        newer_format,     ///< of LMDB itself; the journal's own format is the caller's to check
        no_space,
        no_address_space, ///< RLIMIT_AS, or map_bytes, leaves no room for the map
        not_permitted,
        bad_directory,
        remote_filesystem,
        damaged,
        io
    } what;
    std::string text; ///< one line for people
};

using open_result = std::variant<std::unique_ptr<store>, open_failure>;

/// Opens the journal in a directory. An existing journal is not written to; a new one appears whole, by a rename, and
/// survives a power cut from then on. Never throws for what it finds on disk. A forked child may open
/// directories of its own; those of its parent are in use.
open_result open_lmdb(const lmdb_options& options);
}
