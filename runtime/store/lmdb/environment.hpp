#pragma once

// The LMDB environment: file, map and tables. Default flags plus MDB_NOTLS, nothing that weakens a sync (H1).

#include "store/lmdb/owner_lock.hpp"
#include "store/store.hpp"

#include <array>
#include <atomic>
#include <lmdb.h>
#include <optional>
#include <string>

namespace everstep::store::lmdb
{
class environment
{
public:
    /// Opens data.mdb in the directory, with the first of the sizes that the address space has room for, and removes the
    /// reader slots of dead processes (H8). Throws lmdb_error. `owner` outlives it.
    environment(const std::string& directory, std::span<const std::uint64_t> map_sizes, const owner_lock& owner);

    /// In a forked child nothing is closed: lock file and reader slots are the parent's, and LMDB's versions differ in
    /// whether they know.
    ~environment();
    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;

    void create_tables();

    /// The name of a table that is not there, nullptr when all are. Writes nothing.
    const char* open_tables();

    MDB_env* native() const noexcept { return env_; }
    MDB_dbi dbi(table where) const noexcept { return tables_[static_cast<std::size_t>(where)]; }
    /// The table of rows. Journals of format 1 have none: nothing until the first row is written. Any thread.
    std::optional<MDB_dbi> row_dbi() const noexcept
    {
        const MDB_dbi found = rows_.load(std::memory_order_acquire);
        return found == no_dbi ? std::nullopt : std::optional(found);
    }
    /// In `within`, where it is not there yet; others see it when that has been committed, and row_table_committed() was called.
    MDB_dbi make_row_table(MDB_txn* within);
    void row_table_committed() noexcept;
    void row_table_aborted() noexcept { new_rows_ = no_dbi; }
    std::uint64_t map_bytes() const;
    bool forked() const noexcept { return owner_.in_forked_child(); }

    /// Whether a write of the meta page failed: LMDB refuses everything from then on, and the last commit may be on disk
    /// or not (H3). Only on the committing thread.
    bool panicked() const;

    std::uint32_t check_readers() const;

    /// A read transaction that was reset, to be renewed; null: there is none. Any thread.
    MDB_txn* take_spare_reader() const noexcept;
    /// False: enough are kept. A kept one holds its slot in the table of readers, and nothing in the file. Any thread.
    bool keep_spare_reader(MDB_txn* reset) const noexcept;

    /// Commits since the oldest live reader began.
    std::uint64_t oldest_reader_lag() const;

private:
    void open_with(const std::string& directory, std::uint64_t map_bytes);
    void order_tables(MDB_txn* within);

    const owner_lock& owner_;
    MDB_env* env_{};
    static constexpr MDB_dbi no_dbi = ~MDB_dbi{0};
    std::array<MDB_dbi, table_count> tables_{};
    std::atomic<MDB_dbi> rows_{no_dbi};
    MDB_dbi new_rows_{no_dbi}; ///< of the committing thread: made in its transaction
    mutable std::array<std::atomic<MDB_txn*>, 4> spare_readers_{};
};
}
