#include "store/lmdb/transaction.hpp"

#include "store/lmdb/key_bytes.hpp"
#include "store/lmdb/lmdb_error.hpp"

namespace everstep::store::lmdb
{
namespace
{
constexpr MDB_dbi free_pages = 0; // LMDB's own trees have fixed numbers, as its mdb_stat program knows them too
constexpr MDB_dbi table_of_tables = 1;
constexpr std::uint64_t meta_pages = 2;

MDB_txn* begin(const environment& owner, unsigned flags)
{
    MDB_txn* txn{};
    int code = mdb_txn_begin(owner.native(), nullptr, flags, &txn);
    if (code == MDB_READERS_FULL && owner.check_readers() > 0)
        code = mdb_txn_begin(owner.native(), nullptr, flags, &txn);
    check(code, "mdb_txn_begin");
    return txn;
}

/// To take a slot in the table of readers needs LMDB's lock; one that was put by has its own.
MDB_txn* begin_reading(const environment& owner)
{
    MDB_txn* const spare = owner.take_spare_reader();
    if (spare == nullptr)
        return begin(owner, MDB_RDONLY);
    const int code = mdb_txn_renew(spare);
    if (code != MDB_SUCCESS)
        mdb_txn_abort(spare);
    check(code, "mdb_txn_renew");
    return spare;
}

MDB_txn* begin_writing(const environment& owner) { return begin(owner, 0); }
}

transaction::transaction(const environment& owner, begin_function begin) : owner_(&owner), rows_(owner.row_dbi()), txn_(begin(owner)) {}

transaction::~transaction()
{
    if (txn_ != nullptr && !owner_->forked())
        mdb_txn_abort(txn_);
}

std::optional<std::string_view> transaction::get(table where, key at) const
{
    key_bytes bytes(at);
    MDB_val name = bytes.value();
    MDB_val found{};
    const int code = mdb_get(txn_, owner_->dbi(where), &name, &found);
    if (code == MDB_NOTFOUND)
        return std::nullopt;
    check(code, "mdb_get");
    return as_view(found);
}

std::optional<std::string_view> transaction::row(std::string_view name) const
{
    if (!rows_)
        return std::nullopt;
    MDB_val wanted = as_value(name);
    MDB_val found{};
    const int code = mdb_get(txn_, *rows_, &wanted, &found);
    if (code == MDB_NOTFOUND)
        return std::nullopt;
    check(code, "mdb_get");
    return as_view(found);
}

std::uint64_t transaction::used_bytes() const
{
    std::uint64_t pages = meta_pages;
    std::uint64_t page_bytes{};
    const auto add = [&](MDB_dbi tree)
    {
        MDB_stat found{};
        check(mdb_stat(txn_, tree, &found), "mdb_stat");
        pages += found.ms_branch_pages + found.ms_leaf_pages + found.ms_overflow_pages;
        page_bytes = found.ms_psize;
    };
    add(free_pages);
    add(table_of_tables);
    for (std::size_t i = 0; i < table_count; ++i)
        add(owner_->dbi(static_cast<table>(i)));
    if (rows_)
        add(*rows_);
    return pages * page_bytes;
}

read_txn::read_txn(const environment& owner) : transaction(owner, &begin_reading) {}

read_txn::~read_txn()
{
    if (native() == nullptr || owner().forked())
        return;
    mdb_txn_reset(native());
    if (owner().keep_spare_reader(native()))
        forget();
}

void read_txn::keep_tables() &&
{
    check(mdb_txn_commit(forget()), "mdb_txn_commit");
}

write_txn::write_txn(const environment& owner) : transaction(owner, &begin_writing) {}

void write_txn::commit() &&
{
    check(mdb_txn_commit(forget()), "mdb_txn_commit");
}
}
