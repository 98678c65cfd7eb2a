#include "floor/raw_journal.hpp"

#include "journal/header.hpp"

#include <stdexcept>
#include <utility>

namespace everstep::bench
{
using journal::table;
using journal::table_count;

namespace
{
constexpr std::array<const char*, table_count> table_names = {"history", "run",   "id",    "wake", "finished",
                                                              "inbox",   "state", "child", "meta"};
constexpr std::size_t map_bytes = std::size_t{1} << 40;
constexpr journal::record_key meta_key{0, 0};

void check(int code, const char* what)
{
    if (code != 0)
        throw std::runtime_error(std::string(what) + ": " + mdb_strerror(code));
}

MDB_val as_value(std::string_view bytes) noexcept { return {bytes.size(), const_cast<char*>(bytes.data())}; }

std::string_view as_view(const MDB_val& value) noexcept { return {static_cast<const char*>(value.mv_data), value.mv_size}; }

base::time_us wall_clock()
{
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

/// Ends by abort unless it was committed.
class transaction
{
public:
    transaction(MDB_env* env, unsigned flags) { check(mdb_txn_begin(env, nullptr, flags, &txn_), "mdb_txn_begin"); }
    ~transaction()
    {
        if (txn_ != nullptr)
            mdb_txn_abort(txn_);
    }
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;

    MDB_txn* native() const noexcept { return txn_; }
    void commit() { check(mdb_txn_commit(std::exchange(txn_, nullptr)), "mdb_txn_commit"); }

private:
    MDB_txn* txn_{};
};
}

raw_journal::raw_journal(const std::string& directory)
{
    check(mdb_env_create(&env_), "mdb_env_create");
    try
    {
        check(mdb_env_set_maxdbs(env_, table_count), "mdb_env_set_maxdbs");
        check(mdb_env_set_mapsize(env_, map_bytes), "mdb_env_set_mapsize");
        check(mdb_env_open(env_, directory.c_str(), MDB_NOTLS, 0600), "mdb_env_open");
        open_tables();
    }
    catch (...)
    {
        mdb_env_close(env_);
        throw;
    }
}

raw_journal::~raw_journal() { mdb_env_close(env_); }

void raw_journal::open_tables()
{
    MDB_stat found{};
    check(mdb_env_stat(env_, &found), "mdb_env_stat");
    const unsigned create = found.ms_entries == 0 ? MDB_CREATE : 0; // an existing journal is not written to
    transaction opening(env_, create != 0 ? 0 : MDB_RDONLY);
    for (std::size_t i = 0; i < table_count; ++i)
        check(mdb_dbi_open(opening.native(), table_names[i], create, &tables_[i]), "mdb_dbi_open");
    opening.commit();
}

// If we die in here, the journal holds the commit before or this one, whole; a benchmark's journal is thrown away anyway.
void raw_journal::play(const script& from, std::size_t commit)
{
    transaction writing(env_, 0);
    write(writing.native(), from, from.commit(commit));
    const auto now = std::chrono::steady_clock::now();
    if (now - meta_written_ >= std::chrono::seconds(1))
    {
        put_meta(writing.native());
        meta_written_ = now;
    }
    writing.commit();
}

void raw_journal::play_all(const script& from)
{
    for (std::size_t i = 0; i < from.commits(); ++i)
        play(from, i);
}

void raw_journal::write(MDB_txn* txn, const script& from, std::span<const script::write> writes)
{
    for (std::size_t i = 0; i < writes.size();)
    {
        const table where = writes[i].where;
        MDB_cursor* rows{};
        check(mdb_cursor_open(txn, tables_[static_cast<std::size_t>(where)], &rows), "mdb_cursor_open");
        for (; i < writes.size() && writes[i].where == where; ++i)
        {
            const script::write& one = writes[i];
            MDB_val key = as_value({one.key.data(), one.key.size()});
            if (one.erases)
            {
                check(mdb_cursor_get(rows, &key, nullptr, MDB_SET), "mdb_cursor_get");
                check(mdb_cursor_del(rows, 0), "mdb_cursor_del");
                continue;
            }
            MDB_val value = as_value(from.value_of(one));
            check(mdb_cursor_put(rows, &key, &value, 0), "mdb_cursor_put");
        }
        mdb_cursor_close(rows);
    }
}

void raw_journal::put_meta(MDB_txn* txn)
{
    const auto bytes = journal::encode(
        meta_key, {.format = journal::journal_format, .epoch = 1, .next_run = next_run_, .clock = wall_clock()});
    std::array<char, 16> name{};
    MDB_val key = as_value({name.data(), name.size()});
    MDB_val value = as_value(bytes);
    check(mdb_put(txn, tables_[static_cast<std::size_t>(table::meta)], &key, &value, 0), "mdb_put");
}

void raw_journal::write_meta(std::uint64_t next_run)
{
    next_run_ = next_run;
    transaction writing(env_, 0);
    put_meta(writing.native());
    writing.commit();
}

void raw_journal::read(table where, const visitor& visit) const
{
    const transaction reading(env_, MDB_RDONLY);
    MDB_cursor* rows{};
    check(mdb_cursor_open(reading.native(), tables_[static_cast<std::size_t>(where)], &rows), "mdb_cursor_open");
    MDB_val key{};
    MDB_val value{};
    int code = 0;
    while ((code = mdb_cursor_get(rows, &key, &value, MDB_NEXT)) == 0)
        visit(as_view(key), as_view(value));
    mdb_cursor_close(rows);
    if (code != MDB_NOTFOUND)
        check(code, "mdb_cursor_get");
}

std::uint64_t raw_journal::rows(table where) const
{
    const transaction reading(env_, MDB_RDONLY);
    MDB_stat found{};
    check(mdb_stat(reading.native(), tables_[static_cast<std::size_t>(where)], &found), "mdb_stat");
    return found.ms_entries;
}
}
