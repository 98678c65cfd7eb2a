// What decode refuses, with the text that a user reads.

#include <new>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "refusal.hpp"
#include "shop_types.hpp"

namespace
{
using everstep::codec_error;
using testing::HasSubstr;

TEST(Reader, DecodeNamesWhatItExpectedAndFound)
{
    EXPECT_EQ(decode_refusal<shop::order>(R"({"lines":[{"sku":null}]})"),
              "shop::order.lines[0].sku: expected a string, found null");
    EXPECT_THAT(decode_refusal<int>("1.5"), HasSubstr("expected a whole number of 64 bits, found a number"));
    EXPECT_THAT(decode_refusal<bool>("1"), HasSubstr("expected true or false"));
    EXPECT_THAT(decode_refusal<double>("\"1\""), HasSubstr("expected a number, found a string"));
    EXPECT_THAT(decode_refusal<std::vector<int>>("{}"), HasSubstr("expected an array, found an object"));
    EXPECT_THAT(decode_refusal<shop::line>("[]"), HasSubstr("expected an object, found an array"));
    EXPECT_THAT(decode_refusal<std::monostate>("true"), HasSubstr("expected null, found true"));
    EXPECT_THAT(decode_refusal<std::vector<std::byte>>("false"), HasSubstr("expected a base64 string, found false"));
}

TEST(Reader, DecodeChecksTheRangeOfNumbers)
{
    EXPECT_THAT(decode_refusal<std::int8_t>("128"), HasSubstr("128 is out of range"));
    EXPECT_THAT(decode_refusal<std::int8_t>("-129"), HasSubstr("-129 is out of range"));
    EXPECT_THAT(decode_refusal<std::uint32_t>("-1"), HasSubstr("-1 is out of range"));
    EXPECT_THAT(decode_refusal<std::int64_t>("9223372036854775808"), HasSubstr("out of range"));
    EXPECT_NE(decode_refusal<std::uint64_t>("18446744073709551616"), "not refused");
    EXPECT_THAT(decode_refusal<double>("1e400"), HasSubstr("out of range"));
    EXPECT_THAT(decode_refusal<float>("1e39"), HasSubstr("out of range"));
    EXPECT_THAT((decode_refusal<std::map<std::uint8_t, int>>(R"({"256":1})")),
                HasSubstr("[\"256\"]: 256 is out of range"));
    EXPECT_THAT((decode_refusal<std::map<int, int>>(R"({"1x":1})")), HasSubstr("[\"1x\"]"));
}

TEST(Reader, DecodeChecksSizes)
{
    EXPECT_THAT((decode_refusal<std::array<int, 2>>("[1]")), HasSubstr("expected an array of 2, found one of 1"));
    EXPECT_THAT((decode_refusal<std::pair<int, int>>("[1,2,3]")), HasSubstr("expected an array of 2, found one of 3"));
    EXPECT_THAT((decode_refusal<std::array<std::byte, 2>>("\"AQID\"")), HasSubstr("expected 2 bytes, found 3"));
    EXPECT_THAT(decode_refusal<char>("\"ab\""), HasSubstr("one ASCII character"));
    EXPECT_THAT(decode_refusal<char>("\"é\""), HasSubstr("one ASCII character"));
}

TEST(Reader, DecodeRefusesUnknownNamesOfValues)
{
    EXPECT_THAT(decode_refusal<shop::color>("\"pink\""), HasSubstr("\"pink\" is no value of shop::color"));
    EXPECT_THAT(decode_refusal<shop::choice>(R"({"f64":1})"), HasSubstr("\"f64\" is no alternative of variant<"));
    EXPECT_THAT(decode_refusal<shop::choice>(R"({})"), HasSubstr("one member"));
    EXPECT_THAT(decode_refusal<shop::choice>(R"({"i32":1,"string":""})"), HasSubstr("one member"));
}

TEST(Reader, DecodeRefusesWhatIsGivenTwice)
{
    EXPECT_EQ(decode_refusal<shop::line>(R"({"sku":"a","price":1,"sku":"b"})"), "shop::line.sku: given twice");
    EXPECT_THAT((decode_refusal<std::map<int, int>>(R"({"1":1,"01":2})")), HasSubstr("twice"));
    EXPECT_THAT((decode_refusal<std::map<double, int>>("[[1,1],[1.0,2]]")), HasSubstr("[1]: is in the map twice"));
    EXPECT_THAT(decode_refusal<std::set<int>>("[1,1]"), HasSubstr("[1]: is in the set twice"));
    EXPECT_THAT(decode_refusal<boost::json::value>(R"({"a":1,"a":2})"), HasSubstr("[\"a\"]: given twice"));
}

struct counted
{
    static inline int alive = 0;
    counted() { ++alive; }
    counted(const counted&) { ++alive; }
    counted& operator=(const counted&) = default;
    ~counted() { --alive; }
    int value{};
};
BOOST_DESCRIBE_STRUCT(counted, (), (value))

TEST(Reader, DecodeIntoLeavesNothingBehindWhenItThrows)
{
    alignas(counted) unsigned char slot[sizeof(counted)];
    EXPECT_THROW(everstep::decode_into<counted>(slot, R"({"value":"no"})"), codec_error);
    EXPECT_EQ(counted::alive, 0);
    everstep::decode_into<counted>(slot, R"({"value":4})");
    auto* made = std::launder(reinterpret_cast<counted*>(slot));
    EXPECT_EQ(made->value, 4);
    made->~counted();
    EXPECT_EQ(counted::alive, 0);
}
}
