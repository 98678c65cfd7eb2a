#include <everstep/op_name.hpp>

#include <gtest/gtest.h>

#include <type_traits>

namespace everstep::test
{
namespace
{
TEST(OpName, LiteralKeepsItsText)
{
    const op_name name("charge");
    EXPECT_EQ(name.text(), "charge");
}

TEST(OpName, PlaceIsThatOfTheCaller)
{
    const op_name name("charge"); const std::uint32_t here = __LINE__;
    EXPECT_EQ(name.line(), here);
    EXPECT_EQ(name.file(), "op_name_test.cpp");
}

TEST(OpName, StringIsOwned)
{
    std::string text = "line 17";
    const op_name name(text);
    text = "another";
    EXPECT_EQ(name.text(), "line 17");
}

TEST(OpName, MovedNameKeepsItsText)
{
    op_name first(std::string("line 17, which is long enough to be on the heap"));
    const op_name second(std::move(first));
    EXPECT_EQ(second.text(), "line 17, which is long enough to be on the heap");
}

TEST(OpName, EmptyStringIsHeld)
{
    const op_name name{std::string()};
    EXPECT_EQ(name.text(), "");
}

TEST(OpName, ZeroByteIsKept)
{
    const op_name name(std::string("a\0b", 3));
    EXPECT_EQ(name.text().size(), 3u);
}

static_assert(!std::is_copy_constructible_v<op_name>);
static_assert(std::is_nothrow_move_constructible_v<op_name>);
static_assert(sizeof(op_name) <= 32);
}
}
