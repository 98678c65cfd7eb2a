// boost::json::value as a part of a value.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "refusal.hpp"
#include "shop_types.hpp"

namespace
{
using everstep::decode;
using everstep::encode;
using testing::HasSubstr;

TEST(JsonValue, JsonValuesCountWithTheLevelsAroundThem)
{
    boost::json::value deep = 1;
    for (int i = 0; i < 32; ++i)
        deep = boost::json::array{std::move(deep)};
    EXPECT_EQ(decode<boost::json::value>(encode(deep)), deep);
    EXPECT_THAT(encode_refusal(std::vector<boost::json::value>{deep}), HasSubstr("deeper than 32 levels"));
}

TEST(JsonValue, JsonValuesKeepTheKindsOfTheirNumbers)
{
    boost::json::object object;
    object["d"] = 3.0;
    object["i"] = -3;
    object["u"] = 18446744073709551615U;
    object["e"] = 1e300;
    object["a"] = boost::json::array{nullptr, true, "x"};
    const boost::json::value value = object;
    EXPECT_EQ(encode(value), R"({"d":3.0,"i":-3,"u":18446744073709551615,"e":1e+300,"a":[null,true,"x"]})");
    const boost::json::value back = decode<boost::json::value>(encode(value));
    EXPECT_EQ(back, value);
    EXPECT_TRUE(back.at("d").is_double());
    EXPECT_TRUE(back.at("i").is_int64());
    EXPECT_TRUE(back.at("u").is_uint64());
}
}
