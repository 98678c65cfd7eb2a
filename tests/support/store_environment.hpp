#pragma once

// An LMDB environment with its tables in a directory of its own, without the store around it.

#include "store/lmdb/directory.hpp"
#include "store/lmdb/environment.hpp"
#include "store_directory.hpp"

namespace everstep::test
{
class store_environment
{
public:
    store_environment() { environment_.create_tables(); }

    const store::lmdb::environment& operator*() const { return environment_; }
    const store::lmdb::environment* operator->() const { return &environment_; }
    const std::string& path() const { return home_.path(); }
    const store::lmdb::owner_lock& owner() const { return owner_; }

private:
    static constexpr std::uint64_t map_bytes_ = 1 << 20;

    store_directory home_;
    store::lmdb::directory opened_{home_.path(), store::lmdb::directory::absent::refuse};
    store::lmdb::owner_lock owner_{opened_.descriptor(), home_.path()};
    store::lmdb::environment environment_{home_.path(), std::span(&map_bytes_, 1), owner_};
};
}
