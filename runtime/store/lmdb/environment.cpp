#include "store/lmdb/environment.hpp"

#include "store/lmdb/key_bytes.hpp"
#include "store/lmdb/lmdb_error.hpp"
#include "store/lmdb/transaction.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <limits>
#include <utility>

namespace everstep::store::lmdb
{
namespace
{
constexpr std::array<const char*, table_count> table_names = {"history", "run",   "id",    "wake", "finished",
                                                              "inbox",   "state", "child", "meta"};
constexpr const char* row_table_name = "row";
constexpr unsigned readers_max = 1024;
constexpr mdb_mode_t owner_only = 0600;

void lmdb_assertion_failed(MDB_env*, const char* text)
{
    // A damaged page, or a broken invariant in LMDB: what it would write next cannot be trusted (H19).
    std::fprintf(stderr, "everstep: LMDB stopped: %s\n", text);
    std::fflush(stderr);
    std::abort();
}

// One line of mdb_reader_list: "pid thread txnid", or a heading, or "-" for a reader without a transaction.
int note_oldest(const char* line, void* oldest)
{
    std::string_view text(line);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.remove_suffix(1);
    text.remove_prefix(std::min(text.size(), text.rfind(' ') + 1)); // npos + 1 is 0
    std::uint64_t number{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed == std::errc() && end == text.data() + text.size())
    {
        auto& least = *static_cast<std::uint64_t*>(oldest);
        least = std::min(least, number);
    }
    return 0;
}
}

environment::environment(const std::string& directory, std::span<const std::uint64_t> map_sizes, const owner_lock& owner)
    : owner_(owner)
{
    for (const std::uint64_t size : map_sizes)
    {
        try
        {
            open_with(directory, size);
            return;
        }
        catch (const lmdb_error& failed)
        {
            if (failed.code() != ENOMEM || size == map_sizes.back())
                throw;
        }
    }
}

void environment::open_with(const std::string& directory, std::uint64_t map_bytes)
{
    check(mdb_env_create(&env_), "mdb_env_create");
    try
    {
        check(mdb_env_set_assert(env_, lmdb_assertion_failed), "mdb_env_set_assert");
        check(mdb_env_set_maxdbs(env_, table_count + 1), "mdb_env_set_maxdbs");
        check(mdb_env_set_maxreaders(env_, readers_max), "mdb_env_set_maxreaders");
        check(mdb_env_set_mapsize(env_, static_cast<std::size_t>(map_bytes)), "mdb_env_set_mapsize");
        check(mdb_env_open(env_, directory.c_str(), MDB_NOTLS, owner_only), "mdb_env_open");
        mdb_filehandle_t descriptor{};
        check(mdb_env_get_fd(env_, &descriptor), "mdb_env_get_fd");
        if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) // LMDB leaves it open for every exec'd child to write (H10)
            throw_errno("fcntl data.mdb");
        check_readers();
    }
    catch (...)
    {
        mdb_env_close(env_);
        env_ = nullptr;
        throw;
    }
}

environment::~environment()
{
    if (env_ == nullptr || forked())
        return;
    while (MDB_txn* const spare = take_spare_reader())
        mdb_txn_abort(spare);
    mdb_env_close(env_);
}

void environment::create_tables()
{
    write_txn writing(*this);
    for (std::size_t i = 0; i < table_count; ++i)
        check(mdb_dbi_open(writing.native(), table_names[i], MDB_CREATE, &tables_[i]), "mdb_dbi_open");
    order_tables(writing.native());
    make_row_table(writing.native());
    // If we die here, the tables are not there; this is still the directory of a journal in the making, and the next open
    // throws it away and begins again.
    std::move(writing).commit();
}

const char* environment::open_tables()
{
    read_txn reading(*this);
    for (std::size_t i = 0; i < table_count; ++i)
    {
        const int code = mdb_dbi_open(reading.native(), table_names[i], 0, &tables_[i]);
        if (code == MDB_NOTFOUND || code == MDB_INCOMPATIBLE)
            return table_names[i];
        check(code, "mdb_dbi_open");
    }
    order_tables(reading.native());
    MDB_dbi rows{};
    const int code = mdb_dbi_open(reading.native(), row_table_name, 0, &rows);
    if (code == MDB_INCOMPATIBLE)
        return row_table_name;
    if (code != MDB_NOTFOUND)
    {
        check(code, "mdb_dbi_open");
        rows_.store(rows, std::memory_order_release);
    }
    std::move(reading).keep_tables();
    return nullptr;
}

MDB_dbi environment::make_row_table(MDB_txn* within)
{
    if (const auto there = row_dbi())
        return *there;
    // If we die before the commit, there is none, as before; LMDB closes the handle of an aborted transaction itself.
    check(mdb_dbi_open(within, row_table_name, MDB_CREATE, &new_rows_), "mdb_dbi_open");
    return new_rows_;
}

void environment::row_table_committed() noexcept
{
    if (new_rows_ != no_dbi)
        rows_.store(std::exchange(new_rows_, no_dbi), std::memory_order_release);
}

void environment::order_tables(MDB_txn* within)
{
    for (const MDB_dbi one : tables_)
        check(mdb_set_compare(within, one, compare_keys), "mdb_set_compare");
}

std::uint64_t environment::map_bytes() const
{
    MDB_envinfo found{};
    check(mdb_env_info(env_, &found), "mdb_env_info");
    return found.me_mapsize;
}

bool environment::panicked() const
{
    try
    {
        const write_txn attempt(*this);
        return false;
    }
    catch (const lmdb_error&)
    {
        return true;
    }
}

std::uint32_t environment::check_readers() const
{
    int dead{};
    check(mdb_reader_check(env_, &dead), "mdb_reader_check");
    return static_cast<std::uint32_t>(dead);
}

MDB_txn* environment::take_spare_reader() const noexcept
{
    for (auto& place : spare_readers_)
        if (place.load(std::memory_order_relaxed) != nullptr)
            if (MDB_txn* const taken = place.exchange(nullptr, std::memory_order_acquire))
                return taken;
    return nullptr;
}

bool environment::keep_spare_reader(MDB_txn* reset) const noexcept
{
    for (auto& place : spare_readers_)
    {
        MDB_txn* none = nullptr;
        if (place.compare_exchange_strong(none, reset, std::memory_order_release, std::memory_order_relaxed))
            return true;
    }
    return false;
}

std::uint64_t environment::oldest_reader_lag() const
{
    auto oldest = std::numeric_limits<std::uint64_t>::max();
    if (mdb_reader_list(env_, note_oldest, &oldest) < 0)
        throw lmdb_error("mdb_reader_list", EIO);
    MDB_envinfo found{};
    check(mdb_env_info(env_, &found), "mdb_env_info");
    return found.me_last_txnid > oldest ? found.me_last_txnid - oldest : 0;
}
}
