#include <everstep/table.hpp>

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <string>

namespace everstep::inline v0
{
namespace
{
errc refusal(const std::string& name)
{
    try
    {
        const table<int, int> refused{name};
    }
    catch (const engine_error& e)
    {
        return e.why();
    }
    return {};
}

TEST(RowLink, ATablesNameHas1To128Bytes)
{
    EXPECT_EQ(refusal(""), errc::limit);
    EXPECT_EQ(refusal(std::string(129, 'a')), errc::limit);
    EXPECT_EQ(refusal(std::string(128, 'a')), errc{});
}

TEST(RowLink, NamesOfTheEngineAreRefused)
{
    EXPECT_EQ(refusal("everstep.topics"), errc::wrong_use);
    EXPECT_EQ(refusal("everstep"), errc{});
}

TEST(RowLink, APrefixIsTheNamesHash)
{
    const detail::table_identity one = detail::identify_table("stock", "i32", "i32");
    EXPECT_EQ(one.prefix.size(), 8u);
    EXPECT_EQ(one.prefix, detail::identify_table("stock", "i32", "i32").prefix);
    EXPECT_NE(one.prefix, detail::identify_table("stocks", "i32", "i32").prefix);
}

TEST(RowLink, TheNameAfterAPrefixIsAboveAllThatBeginWithIt)
{
    EXPECT_EQ(detail::name_after("ab"), "ac");
    EXPECT_EQ(detail::name_after("a\xFF\xFF"), "b");
    EXPECT_EQ(detail::name_after("\xFF\xFF"), "");
}

TEST(RowLink, TheNameBehindARowIsAboveItsRecordsAndBelowTheNextRow)
{
    const std::string behind = detail::name_behind("ab\1");
    EXPECT_GT(behind, std::string("ab\1\xFF\xFF"));
    EXPECT_LT(behind, std::string("ab\2"));
}
}
}
