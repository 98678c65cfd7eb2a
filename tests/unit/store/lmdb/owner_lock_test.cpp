#include "store/lmdb/owner_lock.hpp"

#include "store/lmdb/directory.hpp"
#include "store_child.hpp"
#include "store_directory.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <unistd.h>

using everstep::store::lmdb::directory;
using everstep::store::lmdb::owner_lock;
using namespace everstep::test;

namespace
{
class OwnerLock : public testing::Test
{
protected:
    std::string refusal(const std::string& path) const
    {
        const directory opened(path, directory::absent::refuse);
        try
        {
            const owner_lock second(opened.descriptor(), path);
            return "";
        }
        catch (const owner_lock::taken& failed)
        {
            return failed.what();
        }
    }

    store_directory home_;
    directory opened_{home_.path(), directory::absent::refuse};
};

TEST_F(OwnerLock, IsRefusedTwiceInOneProcess)
{
    const owner_lock first(opened_.descriptor(), home_.path());
    EXPECT_NE(refusal(home_.path()).find("already open in this process"), std::string::npos);
}

TEST_F(OwnerLock, IsRefusedUnderAnotherNameOfTheDirectory)
{
    const owner_lock first(opened_.descriptor(), home_.path());
    const store_directory elsewhere;
    std::filesystem::create_directory_symlink(home_.path(), elsewhere / "link");
    EXPECT_NE(refusal(elsewhere / "link"), "");
}

TEST_F(OwnerLock, IsFreeAgainWhenItsOwnerIsGone)
{
    std::optional<owner_lock> first;
    first.emplace(opened_.descriptor(), home_.path());
    first.reset();
    EXPECT_EQ(refusal(home_.path()), "");
}

TEST_F(OwnerLock, AnotherProcessIsToldThePidOfTheOwner)
{
    const owner_lock first(opened_.descriptor(), home_.path());
    const std::string expected = "in use by another process, pid " + std::to_string(::getpid());
    EXPECT_EQ(in_child([&] { return refusal(home_.path()).find(expected) != std::string::npos ? 0 : 1; }), 0);
}

TEST_F(OwnerLock, AForkedChildKnowsThatItIsNotTheOwner)
{
    const owner_lock first(opened_.descriptor(), home_.path());
    EXPECT_EQ(in_child([&] { return first.in_forked_child() ? 0 : 1; }), 0);
    EXPECT_FALSE(first.in_forked_child());
}

TEST_F(OwnerLock, AForkedChildDoesNotKeepTheLockOfItsParent)
{
    std::optional<owner_lock> first;
    first.emplace(opened_.descriptor(), home_.path());
    const waiting_child child;
    first.reset();
    EXPECT_EQ(refusal(home_.path()), "");
}

TEST_F(OwnerLock, AForkedChildEndsWithoutFreeingTheLockOfItsParent)
{
    std::optional<owner_lock> first;
    first.emplace(opened_.descriptor(), home_.path());
    in_child([&]
    {
        first.reset();
        return 0;
    });
    EXPECT_EQ(in_child([&] { return refusal(home_.path()).empty() ? 1 : 0; }), 0);
}
}
