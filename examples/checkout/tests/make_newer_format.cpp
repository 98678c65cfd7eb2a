// make_newer_format <journal>: makes a journal look as if a newer everstep had written it, for tests/check.

#include <lmdb.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace
{
void check(int code, const char* what)
{
    if (code == MDB_SUCCESS)
        return;
    std::fprintf(stderr, "make_newer_format: %s: %s\n", what, mdb_strerror(code));
    std::exit(1);
}
}

int main(int count, char** arguments)
{
    if (count != 2)
        return 1;
    MDB_env* environment = nullptr;
    check(mdb_env_create(&environment), "mdb_env_create");
    check(mdb_env_set_maxdbs(environment, 16), "mdb_env_set_maxdbs");
    check(mdb_env_open(environment, arguments[1], 0, 0600), "mdb_env_open");
    MDB_txn* writing = nullptr;
    check(mdb_txn_begin(environment, nullptr, 0, &writing), "mdb_txn_begin");
    MDB_dbi meta = 0;
    check(mdb_dbi_open(writing, "meta", 0, &meta), "mdb_dbi_open");

    // The one record of the table: two numbers, both zero. Its first byte is the format; a reader that finds a greater one than its
    // own reads no further, not even the checksum (runtime/journal/FORMAT.md).
    std::array<char, 16> zero{};
    MDB_val key{zero.size(), zero.data()};
    MDB_val found{};
    check(mdb_get(writing, meta, &key, &found), "mdb_get");
    std::string record(static_cast<const char*>(found.mv_data), found.mv_size);
    ++record.at(0);
    MDB_val changed{record.size(), record.data()};
    check(mdb_put(writing, meta, &key, &changed, 0), "mdb_put");
    check(mdb_txn_commit(writing), "mdb_txn_commit");
    mdb_env_close(environment);
}
