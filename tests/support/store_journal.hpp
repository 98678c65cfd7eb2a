#pragma once

// Opens the store on disk, or says why not.

#include "store/lmdb/open_lmdb.hpp"

#include <stdexcept>

namespace everstep::test
{
inline std::unique_ptr<store::store> open_or_throw(const store::lmdb_options& options)
{
    auto opened = store::open_lmdb(options);
    if (const auto* failed = std::get_if<store::open_failure>(&opened))
        throw std::runtime_error(failed->text);
    return std::move(std::get<0>(opened));
}

/// A small map, so that sanitizers and tests of many stores are quick.
inline std::unique_ptr<store::store> open_or_throw(const std::string& directory)
{
    return open_or_throw(store::lmdb_options{.directory = directory, .map_bytes = 64 << 20, .ballast_bytes = 1 << 20});
}

/// Why it cannot be opened; throws when it can.
inline store::open_failure failure_of(const store::lmdb_options& options)
{
    auto opened = store::open_lmdb(options);
    if (auto* failed = std::get_if<store::open_failure>(&opened))
        return std::move(*failed);
    throw std::runtime_error("it was opened");
}
}
