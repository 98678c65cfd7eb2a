#pragma once

// LMDB as it is: the journal's tables in one environment with default flags, every commit synced, and no engine. Knows nothing
// of runtime/store, so that a floor is not what it measures.

#include "base/ids.hpp"
#include "floor/script.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <lmdb.h>
#include <string>

namespace everstep::bench
{
class raw_journal
{
public:
    /// Makes the journal where there is none. Throws std::runtime_error with the C function's name, as all calls do.
    explicit raw_journal(const std::string& directory);
    ~raw_journal();
    raw_journal(const raw_journal&) = delete;
    raw_journal& operator=(const raw_journal&) = delete;

    /// Writes one commit of the script. Once a second the meta record rides along, as it does in the engine.
    void play(const script& from, std::size_t commit);
    void play_all(const script& from);

    void write_meta(std::uint64_t next_run);

    using visitor = std::function<void(std::string_view key, std::string_view value)>;
    /// All records of a table in key order.
    void read(journal::table where, const visitor& visit) const;
    std::uint64_t rows(journal::table where) const;

private:
    void open_tables();
    void write(MDB_txn* txn, const script& from, std::span<const script::write> writes);
    void put_meta(MDB_txn* txn);

    MDB_env* env_{};
    std::array<MDB_dbi, journal::table_count> tables_{};
    std::uint64_t next_run_{1};
    std::chrono::steady_clock::time_point meta_written_{};
};
}
