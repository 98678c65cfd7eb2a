#include "store/lmdb/lmdb_error.hpp"

#include <cerrno>
#include <lmdb.h>

namespace everstep::store::lmdb
{
lmdb_error::lmdb_error(const char* function, int code)
    : std::runtime_error(std::string(function) + ": " + mdb_strerror(code)), code_(code)
{
}

void throw_errno(const std::string& what)
{
    const int code = errno;
    throw lmdb_error(what.c_str(), code);
}

bool says_full(int code) noexcept
{
    // EFBIG is the limit of RLIMIT_FSIZE or of the file system: to the journal, one more way of being full.
    return says_map_full(code) || code == ENOSPC || code == EDQUOT || code == EFBIG;
}

bool says_map_full(int code) noexcept
{
    return code == MDB_MAP_FULL;
}
}
