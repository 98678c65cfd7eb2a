// How the public engine is put together: which store it opens, and what a store's refusal becomes.

#include "store_directory.hpp"

#include <everstep/engine.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace everstep;

namespace
{
errc why_not(engine& shop)
{
    try
    {
        shop.open();
    }
    catch (const engine_error& e)
    {
        return e.why();
    }
    return errc{};
}
}

TEST(EmbeddedEngine, WithoutAJournalIsWrongUse)
{
    engine shop{{}};
    EXPECT_EQ(why_not(shop), errc::wrong_use);
}

TEST(EmbeddedEngine, InMemoryLeavesNoFile)
{
    engine shop{{.journal = ":memory:"}};
    shop.open();
    EXPECT_FALSE(std::filesystem::exists(":memory:"));
}

TEST(EmbeddedEngine, MakesTheDirectoryOfItsJournal)
{
    const test::store_directory home;
    engine shop{{.journal = home.path() + "/a/b"}};
    shop.open();
    EXPECT_TRUE(std::filesystem::exists(home.path() + "/a/b/data.mdb"));
}

TEST(EmbeddedEngine, AJournalThatAnotherEngineHasIsInUse)
{
    const test::store_directory home;
    engine first{{.journal = home.path()}};
    first.open();
    engine second{{.journal = home.path()}};
    EXPECT_EQ(why_not(second), errc::in_use);
}

TEST(EmbeddedEngine, AFileInTheDirectorysPlaceIsABadDirectory)
{
    const test::store_directory home;
    std::ofstream(home.path() + "/file") << "not a directory";
    engine shop{{.journal = home.path() + "/file"}};
    EXPECT_EQ(why_not(shop), errc::bad_directory);
}

TEST(EmbeddedEngine, GivesTheJournalFreeWhenItIsGone)
{
    const test::store_directory home;
    {
        engine first{{.journal = home.path()}};
        first.open();
    }
    engine second{{.journal = home.path()}};
    second.open();
    EXPECT_TRUE(second.close(std::chrono::seconds(10)).empty());
}

TEST(EmbeddedEngine, EveryStateOfARunHasAName)
{
    std::string names;
    for (int n = 1; n <= 5; ++n)
        names += std::string(name_of(static_cast<run_state>(n))) + " ";
    EXPECT_EQ(names, "running completed failed cancelled parked ");
}
