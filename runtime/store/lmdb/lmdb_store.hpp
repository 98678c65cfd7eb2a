#pragma once

// The store over one LMDB environment. Opened by open_lmdb, which has the words on files, lifetime and fork.

#include "store/lmdb/ballast.hpp"
#include "store/lmdb/directory.hpp"
#include "store/lmdb/environment.hpp"
#include "store/lmdb/owner_lock.hpp"
#include "store/lmdb/transaction.hpp"
#include "store/lmdb/write_order.hpp"

#include <atomic>
#include <memory>

namespace everstep::store::lmdb
{
class lmdb_store final : public store
{
public:
    /// The environment has its tables open.
    lmdb_store(std::unique_ptr<owner_lock> owner, std::unique_ptr<environment> opened, ballast carried);

    void read(const std::function<void(const snapshot&)>& visit) const override;
    space usage() const override;
    std::uint32_t check_readers() override;

private:
    commit_result do_commit(std::span<const batch* const> parts, const late_parts& late) override;
    void write(std::span<const batch* const> parts, const late_parts& late);
    void write_gathered(write_txn& within, std::span<const batch* const> parts);
    commit_result refuse(int code, const std::string& text);
    bool is_full(int code) const;
    void require_parent() const;

    std::unique_ptr<owner_lock> owner_;
    std::unique_ptr<environment> environment_; // closed before the owner's lock is given up
    ballast ballast_;
    std::uint64_t capacity_bytes_;
    std::atomic<std::uint64_t> used_bytes_{};

    // Of the committing thread alone.
    std::atomic_flag committing_;
    write_order order_;
    std::size_t writes_{}; // of the last commit, with the records that its ranges have erased, or tried to
    std::string failure_; // why nothing is committed any more; empty: nothing failed
};
}
