#pragma once

// An error code of LMDB or of the system, with the function that gave it. Thrown by the wrappers in this folder, caught in
// lmdb_store and open_lmdb; it never leaves the layer. "Not found" is a value, never one of these.

#include <stdexcept>
#include <string>

namespace everstep::store::lmdb
{
class lmdb_error : public std::runtime_error
{
public:
    lmdb_error(const char* function, int code);
    int code() const noexcept { return code_; }

private:
    int code_;
};

/// Throws unless `code` is 0.
inline void check(int code, const char* function)
{
    if (code != 0)
        throw lmdb_error(function, code);
}

/// Throws for errno.
[[noreturn]] void throw_errno(const std::string& what);

/// The disk or the map is full, in all the ways that a system says it.
bool says_full(int code) noexcept;

/// The map is full: more disk would not help.
bool says_map_full(int code) noexcept;
}
