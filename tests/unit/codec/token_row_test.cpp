// The grammar: depth, escapes, what is not JSON.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "refusal.hpp"
#include "shop_types.hpp"

namespace
{
using everstep::decode;
using everstep::encode;
using testing::HasSubstr;

shop::node nested(int levels)
{
    shop::node top;
    shop::node* at = &top;
    for (int i = 1; i < levels; ++i)
        at = &at->below.emplace_back();
    return top;
}

TEST(TokenRow, NestingEndsAtTheSameLevelOnBothSides)
{
    const std::string deepest = encode(nested(16)); // 16 objects, 16 arrays
    EXPECT_EQ(decode<shop::node>(deepest), nested(16));
    EXPECT_THAT(encode_refusal(nested(17)), HasSubstr("deeper than 32 levels"));

    const std::string deeper = "{\"below\":[" + deepest + "]}";
    EXPECT_THAT(decode_refusal<shop::node>(deeper), HasSubstr("deeper than 32 levels"));
}

TEST(TokenRow, DecodeRefusesWhatIsNotJson)
{
    EXPECT_THAT(decode_refusal<shop::line>("{\"sku\":tru}"), HasSubstr("shop::line: not JSON at byte"));
    EXPECT_THAT(decode_refusal<int>(""), HasSubstr("not JSON"));
    EXPECT_THAT(decode_refusal<int>("1 2"), HasSubstr("more than one JSON value, at byte 2"));
    EXPECT_THAT(decode_refusal<int>("-"), HasSubstr("not JSON"));
    EXPECT_THAT(decode_refusal<std::string>("\"\xff\""), HasSubstr("not JSON"));
    EXPECT_THAT(decode_refusal<std::string>(R"("\ud800")"), HasSubstr("not JSON"));
    EXPECT_THAT(decode_refusal<std::vector<std::byte>>("\"A\""), HasSubstr("not base64"));
    EXPECT_THAT(decode_refusal<std::vector<std::byte>>("\"A*==\""), HasSubstr("not base64"));
}

TEST(TokenRow, BlanksAroundValuesAreFine) { EXPECT_EQ(decode<std::vector<int>>(" [ 1 ,\n2 ]\t"), (std::vector{1, 2})); }
}
