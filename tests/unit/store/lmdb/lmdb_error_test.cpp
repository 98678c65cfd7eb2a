#include "store/lmdb/lmdb_error.hpp"

#include <cerrno>
#include <gtest/gtest.h>
#include <lmdb.h>

using namespace everstep::store::lmdb;

namespace
{
TEST(LmdbError, NamesTheFunctionAndWhatItSaid)
{
    EXPECT_STREQ(lmdb_error("mdb_put", ENOSPC).what(), "mdb_put: No space left on device");
    EXPECT_EQ(lmdb_error("mdb_put", ENOSPC).code(), ENOSPC);
}

TEST(LmdbError, SuccessIsNoError)
{
    EXPECT_NO_THROW(check(MDB_SUCCESS, "mdb_put"));
    EXPECT_THROW(check(EIO, "mdb_put"), lmdb_error);
}

TEST(LmdbError, AFullDiskHasManyNames)
{
    for (const int code : {ENOSPC, EDQUOT, EFBIG, MDB_MAP_FULL})
        EXPECT_TRUE(says_full(code)) << code;
    for (const int code : {EIO, EINVAL, ENOMEM, MDB_PANIC, MDB_TXN_FULL, MDB_CORRUPTED})
        EXPECT_FALSE(says_full(code)) << code;
}

TEST(LmdbError, OnlyTheMapIsHelpedByALargerMap)
{
    EXPECT_TRUE(says_map_full(MDB_MAP_FULL));
    EXPECT_FALSE(says_map_full(ENOSPC));
}
}
