#include "store/lmdb/open_lmdb.hpp"

#include "store/lmdb/lmdb_error.hpp"
#include "store/lmdb/lmdb_store.hpp"
#include "store/lmdb/map_size.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <limits>
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

namespace everstep::store
{
namespace
{
using lmdb::directory;
using lmdb::environment;
using lmdb::lmdb_error;
using lmdb::owner_lock;
using why = open_failure::why;

constexpr std::uint64_t first_map_bytes = 1 << 20; // of a journal in the making: empty tables

why reason(int code)
{
    switch (code)
    {
    case EACCES:
    case EPERM:
    case EROFS:
        return why::not_permitted;
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return why::bad_directory;
    case ENOMEM:
        return why::no_address_space;
    case MDB_VERSION_MISMATCH:
        return why::newer_format;
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
        return why::damaged;
    default:
        return lmdb::says_full(code) ? why::no_space : why::io;
    }
}

open_failure describe(const std::string& path, const lmdb_error& failed)
{
    open_failure failure{reason(failed.code()), "cannot open the journal in " + path + ": " + failed.what()};
    if (failure.what == why::no_address_space)
    {
        const std::uint64_t limit = lmdb::address_space_limit();
        failure.text += "; its map finds no address space";
        if (limit != std::numeric_limits<std::uint64_t>::max())
            failure.text += " under the limit of " + std::to_string(limit) + " bytes (ulimit -v)";
    }
    return failure;
}

// LMDB maps its lock file, and a hole in it would be SIGBUS on a full disk, so it gets its blocks now. No environment of
// this process has the file open (the owner's lock says so): closing it drops nobody's lock (H9).
void reserve_lock_file(const std::string& file)
{
    constexpr off_t bytes = 72 * 1024; // 1,024 readers and the header, rounded up
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        lmdb::throw_errno("open " + file);
    const int failed = ::posix_fallocate(descriptor, 0, bytes);
    ::close(descriptor);
    lmdb::check(failed, "allocate lock.mdb");
}

// A new journal is made aside and renamed, so that data.mdb is never seen without its tables. If we die before the rename,
// the next open finds no data.mdb, throws the half-made one away and begins again; nothing was acknowledged yet.
void make_journal(const directory& home, const owner_lock& owner)
{
    const std::string aside = home.file("creating");
    std::filesystem::remove_all(aside);
    if (::mkdir(aside.c_str(), 0700) != 0)
        lmdb::throw_errno("mkdir " + aside);
    reserve_lock_file(aside + "/lock.mdb");
    const std::uint64_t size = first_map_bytes;
    environment(aside, std::span(&size, 1), owner).create_tables();
    if (::rename((aside + "/data.mdb").c_str(), home.file("data.mdb").c_str()) != 0)
        lmdb::throw_errno("rename " + aside + "/data.mdb");
    std::filesystem::remove_all(aside);
}

open_result open_owned(const lmdb_options& options, const directory& home)
{
    auto owner = std::make_unique<owner_lock>(home.descriptor(), home.path());
    if (::access(home.file("data.mdb").c_str(), F_OK) != 0)
    {
        if (!options.create)
            return open_failure{why::bad_directory, "there is no journal in " + home.path()};
        make_journal(home, *owner);
    }
    // Also for a journal that is there: the one that made it may have died before this.
    home.sync();
    reserve_lock_file(home.file("lock.mdb"));
    const auto sizes = lmdb::map_sizes(options.map_bytes, lmdb::address_space_limit());
    auto opened = std::make_unique<environment>(home.path(), sizes, *owner);
    if (const char* missing = opened->open_tables())
        return open_failure{why::damaged, home.path() + "/data.mdb is not a whole journal: it has no table " + missing};
    lmdb::ballast carried(home.path(), options.ballast_bytes);
    return std::make_unique<lmdb::lmdb_store>(std::move(owner), std::move(opened), std::move(carried));
}
}

open_result open_lmdb(const lmdb_options& options)
{
    try
    {
        const directory home(options.directory, options.create ? directory::absent::create : directory::absent::refuse);
        if (home.remote() && !options.allow_remote_filesystem)
            return open_failure{why::remote_filesystem,
                                home.path() + " is on a network or user-space file system, where locks and maps cannot "
                                              "be trusted; allow_remote_filesystem overrides"};
        return open_owned(options, home);
    }
    catch (const owner_lock::taken& failed)
    {
        return open_failure{why::in_use, failed.what()};
    }
    catch (const lmdb_error& failed)
    {
        return describe(options.directory, failed);
    }
    catch (const std::filesystem::filesystem_error& failed)
    {
        return describe(options.directory, lmdb_error(failed.what(), failed.code().value()));
    }
}
}
