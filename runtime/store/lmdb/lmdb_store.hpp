#pragma once

// The store over one LMDB environment. Opened by open_lmdb, which has the words on files, lifetime and fork.

#include "store/lmdb/ballast.hpp"
#include "store/lmdb/directory.hpp"
#include "store/lmdb/environment.hpp"
#include "store/lmdb/owner_lock.hpp"
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

    commit_result commit(std::span<const batch* const> parts) override;
    void read(const std::function<void(const snapshot&)>& visit) const override;
    space usage() const override;
    std::uint32_t check_readers() override;

private:
    void write(std::span<const batch* const> parts);
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
    std::size_t range_erases_{}; // records that the last commit's ranges have erased, or tried to
    std::string failure_; // why nothing is committed any more; empty: nothing failed
};
}
