#pragma once

// Transactions: a read one and a write one are different types, and a write one can be used where reading is enough.
// Neither is ever held over a wait, a fiber switch or user code; views of values die with it.

#include "store/lmdb/environment.hpp"

#include <utility>

namespace everstep::store::lmdb
{
class transaction
{
public:
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;

    MDB_txn* native() const noexcept { return txn_; }
    const environment& owner() const noexcept { return *owner_; }
    /// The table of rows, where it was there when this began.
    std::optional<MDB_dbi> row_dbi() const noexcept { return rows_; }

    std::optional<std::string_view> get(table where, key at) const;
    std::optional<std::string_view> row(std::string_view name) const;

    /// Bytes of all pages in use: those of the tables, of LMDB's own two trees, and the two meta pages.
    std::uint64_t used_bytes() const;

protected:
    using begin_function = MDB_txn* (*)(const environment&);
    transaction(const environment& owner, begin_function begin);
    transaction(transaction&& other) noexcept : owner_(other.owner_), rows_(other.rows_), txn_(std::exchange(other.txn_, nullptr)) {}
    transaction& operator=(transaction&&) = delete;

    /// Aborts, unless the handle was forgotten, or belongs to the parent of this forked child.
    ~transaction();

    MDB_txn* forget() noexcept { return std::exchange(txn_, nullptr); }

private:
    const environment* owner_;
    std::optional<MDB_dbi> rows_; ///< looked up before the transaction begins: a handle that came later is none of its
    MDB_txn* txn_{};
};

class read_txn : public transaction
{
public:
    /// When the table of readers is full, the slots of the dead are freed first (H8).
    explicit read_txn(const environment& owner);
    read_txn(read_txn&&) noexcept = default;
    /// Puts the handle by for the next one, where few enough are.
    ~read_txn();

    /// Ends it, and keeps the table handles that were opened in it.
    void keep_tables() &&;
};

class write_txn : public transaction
{
public:
    explicit write_txn(const environment& owner);
    write_txn(write_txn&&) noexcept = default;

    /// LMDB frees the handle also when this fails, so it is forgotten first. Throws lmdb_error.
    void commit() &&;
};
}
