#include "store/lmdb/directory.hpp"

#include "store/lmdb/lmdb_error.hpp"
#include "store_directory.hpp"

#include <cerrno>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

using everstep::store::lmdb::directory;
using everstep::store::lmdb::is_remote;
using everstep::store::lmdb::lmdb_error;
using everstep::test::store_directory;

namespace
{
int code_of_opening(const std::string& path, directory::absent when)
{
    try
    {
        const directory opened(path, when);
        return 0;
    }
    catch (const lmdb_error& failed)
    {
        return failed.code();
    }
}

mode_t mode_of(const std::string& path)
{
    struct stat found = {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
}

TEST(Directory, IsMadeWithItsParentsForTheOwnerAlone)
{
    const store_directory home;
    const auto old = ::umask(0);
    const directory made(home / "a/b/c/", directory::absent::create);
    ::umask(old);
    EXPECT_EQ(mode_of(home / "a/b/c"), 0700u);
    EXPECT_EQ(mode_of(home / "a"), 0700u);
}

TEST(Directory, IsNotMadeWhenAbsenceIsRefused)
{
    const store_directory home;
    EXPECT_EQ(code_of_opening(home / "none", directory::absent::refuse), ENOENT);
    EXPECT_EQ(mode_of(home / "none"), 0u);
}

TEST(Directory, AFileInItsPlaceIsRefused)
{
    const store_directory home;
    std::ofstream(home / "file") << "x";
    EXPECT_EQ(code_of_opening(home / "file", directory::absent::refuse), ENOTDIR);
    EXPECT_EQ(code_of_opening(home / "file/below", directory::absent::create), ENOTDIR);
}

TEST(Directory, AnEmptyNameIsRefused)
{
    EXPECT_EQ(code_of_opening("", directory::absent::create), ENOENT);
}

TEST(Directory, NetworkAndUserSpaceFileSystemsAreRemote)
{
    for (const unsigned long type : {0x6969UL, 0xFF534D42UL, 0x01021997UL, 0x65735546UL})
        EXPECT_TRUE(is_remote(type)) << std::hex << type;
}

TEST(Directory, LocalFileSystemsAreNotRemote)
{
    for (const unsigned long type : {0xEF53UL, 0x58465342UL, 0x9123683EUL, 0x01021994UL, 0x794C7630UL, 0x2FC12FC1UL})
        EXPECT_FALSE(is_remote(type)) << std::hex << type;
}
}
