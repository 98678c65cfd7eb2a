// What encode refuses, with the text that a user reads.

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "refusal.hpp"
#include "shop_types.hpp"

namespace
{
using everstep::codec_error;
using everstep::encode;
using testing::HasSubstr;

TEST(Writer, EncodeNamesThePathToTheMember)
{
    shop::order o;
    o.lines = {{"a", 1, 1}, {"b", std::nan(""), 1}};
    EXPECT_EQ(encode_refusal(o), "shop::order.lines[1].price: NaN cannot be kept");
}

TEST(Writer, EncodeNamesTheKeyInAMap)
{
    EXPECT_EQ(encode_refusal(std::map<std::string, double>{{"k", INFINITY}}),
              "map<string,f64>[\"k\"]: infinity cannot be kept");
    EXPECT_EQ(encode_refusal(std::map<int, float>{{7, -INFINITY}}), "map<i32,f32>[\"7\"]: infinity cannot be kept");
    EXPECT_EQ(encode_refusal(std::variant<int, double>{std::nan("")}), "variant<i32,f64>[\"f64\"]: NaN cannot be kept");
}

TEST(Writer, EncodeLeavesTheTextAsItWas)
{
    std::string to = "before";
    EXPECT_THROW(encode(std::vector<double>{1, 2, NAN}, to), codec_error);
    EXPECT_EQ(to, "before");
    encode(std::vector<double>{1, 2}, to);
    EXPECT_EQ(to, "before[1,2]");
}

TEST(Writer, EncodeRefusesWhatIsNoText)
{
    EXPECT_THAT(encode_refusal(std::string("0123456789\xff")), HasSubstr("not UTF-8 (at byte 10)"));
    EXPECT_THAT(encode_refusal('\x80'), HasSubstr("not ASCII"));
    EXPECT_THAT(encode_refusal(boost::json::value("\xc0\x80")), HasSubstr("not UTF-8"));
    EXPECT_THAT(encode_refusal(boost::json::value{{"\xff", 1}}), HasSubstr("not UTF-8"));
}

TEST(Writer, EncodeRefusesAnEnumWithoutAName)
{
    EXPECT_EQ(encode_refusal(static_cast<shop::color>(3)), "shop::color: 3 is no named value of shop::color");
    EXPECT_THAT((encode_refusal(std::map<shop::color, int>{{static_cast<shop::color>(0), 1}})),
                HasSubstr("0 is no named"));
}

struct throws_when_moved
{
    throws_when_moved() = default;
    throws_when_moved(throws_when_moved&&) { throw 1; }
    int unused{};
};
BOOST_DESCRIBE_STRUCT(throws_when_moved, (), (unused))

TEST(Writer, EncodeRefusesAVariantWithoutAValue)
{
    std::variant<int, throws_when_moved> v;
    try
    {
        v.emplace<1>(throws_when_moved{});
    }
    catch (int)
    {
    }
    ASSERT_TRUE(v.valueless_by_exception());
    EXPECT_THAT(encode_refusal(v), HasSubstr("variant without a value"));
}
}
