#include "store/lmdb/open_lmdb.hpp"

#include "store_child.hpp"
#include "store_directory.hpp"
#include "store_journal.hpp"
#include "store_probe.hpp"

#include <array>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace everstep::test;
using everstep::store::lmdb_options;
using everstep::store::open_lmdb;
using why = everstep::store::open_failure::why;

namespace
{
class OpenLmdb : public testing::Test
{
protected:
    lmdb_options options() const { return {.directory = home_ / "journal", .map_bytes = 8 << 20}; }
    std::string file(const std::string& name) const { return home_ / "journal/" + name; }

    void make() const { commit(*open_or_throw(options()), puts({{{1, 0}, "kept"}})); }

    std::string content(const std::string& name) const
    {
        std::ifstream from(file(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(from), {}};
    }

    store_directory home_;
};

TEST_F(OpenLmdb, AJournalIsMadeWhereThereIsNone)
{
    make();
    EXPECT_EQ(get(*open_or_throw(options()), {1, 0}), "kept");
}

TEST_F(OpenLmdb, FilesAreForTheOwnerAlone)
{
    const auto old = ::umask(0);
    make();
    ::umask(old);
    for (const char* name : {"", "data.mdb", "lock.mdb", "owner.lock", "ballast"})
    {
        struct stat found = {};
        ASSERT_EQ(::stat(file(name).c_str(), &found), 0) << name;
        EXPECT_EQ(found.st_mode & 0077, 0u) << name;
    }
}

TEST_F(OpenLmdb, WithoutCreateAnAbsentJournalIsABadDirectory)
{
    lmdb_options asked = options();
    asked.create = false;
    EXPECT_EQ(failure_of(asked).what, why::bad_directory);
    std::filesystem::create_directory(asked.directory);
    EXPECT_EQ(failure_of(asked).what, why::bad_directory);
    EXPECT_FALSE(std::filesystem::exists(file("data.mdb")));
}

TEST_F(OpenLmdb, AFileInPlaceOfTheDirectoryIsABadDirectory)
{
    std::ofstream(home_ / "journal") << "x";
    EXPECT_EQ(failure_of(options()).what, why::bad_directory);
}

TEST_F(OpenLmdb, TheSecondOwnerOfOneProcessIsRefused)
{
    const auto first = open_or_throw(options());
    EXPECT_EQ(failure_of(options()).what, why::in_use);
}

TEST_F(OpenLmdb, TheSecondOwnerInAnotherProcessIsRefusedWithThePidOfTheFirst)
{
    const auto first = open_or_throw(options());
    EXPECT_EQ(in_child([&]
    {
        const auto failure = failure_of(options());
        const bool named = failure.text.find("pid " + std::to_string(::getppid())) != std::string::npos;
        return failure.what == why::in_use && named ? 0 : 1;
    }), 0);
}

TEST_F(OpenLmdb, TwoJournalsOfOneProcessDoNotMeet)
{
    const auto first = open_or_throw(options());
    const auto second = open_or_throw(home_ / "other");
    commit(*first, puts({{{1, 0}, "first"}}));
    EXPECT_EQ(get(*second, {1, 0}), std::nullopt);
}

TEST_F(OpenLmdb, AForkedChildMayOpenAJournalOfItsOwn)
{
    const auto first = open_or_throw(options());
    EXPECT_EQ(in_child([&]
    {
        const auto own = open_or_throw(home_ / "other");
        return commit(*own, puts({{{1, 0}, "x"}})).what == outcome::durable ? 0 : 1;
    }), 0);
}

TEST_F(OpenLmdb, AnExistingJournalIsNotWrittenTo)
{
    make();
    const std::string before = content("data.mdb");
    const auto written = std::filesystem::last_write_time(file("data.mdb"));
    rows(*open_or_throw(options()));
    EXPECT_TRUE(content("data.mdb") == before);
    EXPECT_EQ(std::filesystem::last_write_time(file("data.mdb")), written);
}

TEST_F(OpenLmdb, AHalfMadeJournalIsThrownAwayAndMadeAnew)
{
    std::filesystem::create_directories(file("creating"));
    std::ofstream(file("creating/data.mdb")) << std::string(8192, '\0');
    make();
    EXPECT_FALSE(std::filesystem::exists(file("creating")));
    EXPECT_EQ(get(*open_or_throw(options()), {1, 0}), "kept");
}

TEST_F(OpenLmdb, AFileThatIsNoJournalIsDamaged)
{
    std::filesystem::create_directory(home_ / "journal");
    std::ofstream(file("data.mdb")) << std::string(16384, 'x');
    EXPECT_EQ(failure_of(options()).what, why::damaged);
}

TEST_F(OpenLmdb, ANewerFormatOfLmdbIsRefusedByName)
{
    make();
    {
        std::fstream patched(file("data.mdb"), std::ios::in | std::ios::out | std::ios::binary);
        for (const std::streamoff meta_page : {0, 4096})
        {
            patched.seekp(meta_page + 16 + 4); // after the page's header and the magic number
            patched.put(2);
        }
    }
    EXPECT_EQ(failure_of(options()).what, why::newer_format);
}

TEST_F(OpenLmdb, AMapLargerThanAnyAddressSpaceIsRefused)
{
    lmdb_options asked = options();
    asked.map_bytes = std::uint64_t{1} << 62;
    const auto failure = failure_of(asked);
    EXPECT_EQ(failure.what, why::no_address_space) << failure.text;
}

// The sanitizers' shadows do not fit under a limit of address space; map_size_test has the arithmetic.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if !defined(__has_feature)
#define EVERSTEP_TEST_LIMITS 1
#elif !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define EVERSTEP_TEST_LIMITS 1
#endif
#endif
#ifdef EVERSTEP_TEST_LIMITS
int open_under(std::uint64_t address_space, lmdb_options asked, const std::function<int(everstep::store::open_result&)>& look)
{
    return in_child([&]
    {
        const rlimit limit{address_space, address_space};
        ::setrlimit(RLIMIT_AS, &limit);
        auto opened = open_lmdb(asked);
        return look(opened);
    });
}

TEST_F(OpenLmdb, TheDefaultMapIsATebibyte)
{
    lmdb_options asked = options();
    asked.map_bytes = 0;
    EXPECT_EQ(open_or_throw(asked)->usage().capacity_bytes, std::uint64_t{1} << 40);
}

TEST_F(OpenLmdb, UnderALimitOfAddressSpaceTheMapIsSmaller)
{
    lmdb_options asked = options();
    asked.map_bytes = 0;
    EXPECT_EQ(open_under(1 << 30, asked, [](auto& opened)
    {
        const auto* made = std::get_if<0>(&opened);
        return made != nullptr && (*made)->usage().capacity_bytes <= 1 << 29 ? 0 : 1;
    }), 0);
}

TEST_F(OpenLmdb, AMapOverTheLimitOfAddressSpaceIsRefusedWithTheLimit)
{
    lmdb_options asked = options();
    asked.map_bytes = std::uint64_t{1} << 31;
    EXPECT_EQ(open_under(1 << 30, asked, [](auto& opened)
    {
        const auto* failed = std::get_if<1>(&opened);
        return failed != nullptr && failed->what == why::no_address_space &&
                       failed->text.find("1073741824") != std::string::npos
                   ? 0
                   : 1;
    }), 0);
}
#endif

TEST_F(OpenLmdb, AForeignersDirectoryIsNotPermitted)
{
    std::filesystem::create_directory(home_ / "journal");
    std::filesystem::permissions(home_ / "journal", std::filesystem::perms::none);
    EXPECT_EQ(in_child([&]
    {
        constexpr uid_t nobody = 65534;
        if (::geteuid() == 0 && ::setresuid(nobody, nobody, nobody) != 0)
            return 2;
        return failure_of(options()).what == why::not_permitted ? 0 : 1;
    }), 0);
    std::filesystem::permissions(home_ / "journal", std::filesystem::perms::owner_all);
}

TEST_F(OpenLmdb, ASymbolicLinkInPlaceOfTheLockIsRefused)
{
    std::filesystem::create_directory(home_ / "journal");
    std::ofstream(home_ / "victim") << "x";
    std::filesystem::create_symlink(home_ / "victim", file("owner.lock"));
    EXPECT_EQ(failure_of(options()).what, why::bad_directory);
    EXPECT_EQ(std::filesystem::file_size(home_ / "victim"), 1u);
}
}
