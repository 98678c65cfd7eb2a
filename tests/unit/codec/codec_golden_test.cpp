// The bytes of each kind, pinned: they are in journals.

#include <limits>

#include <gtest/gtest.h>

#include "shop_types.hpp"

namespace
{
using everstep::decode;
using everstep::encode;

template <class T>
void expect_golden(const T& value, const std::string& json)
{
    EXPECT_EQ(encode(value), json);
    EXPECT_TRUE(decode<T>(json) == value) << json;
}

std::vector<std::byte> bytes(std::initializer_list<int> from)
{
    std::vector<std::byte> all;
    for (const int b : from)
        all.push_back(static_cast<std::byte>(b));
    return all;
}

TEST(CodecGolden, TruthAndNothingAreWords)
{
    expect_golden(true, "true");
    expect_golden(false, "false");
    expect_golden(std::monostate{}, "null");
    expect_golden(everstep::detail::unit{}, "null");
}

TEST(CodecGolden, WholeNumbersKeepTheirLimits)
{
    expect_golden(std::numeric_limits<std::int8_t>::min(), "-128");
    expect_golden(std::numeric_limits<std::uint8_t>::max(), "255");
    expect_golden(std::numeric_limits<std::int16_t>::min(), "-32768");
    expect_golden(std::numeric_limits<std::uint32_t>::max(), "4294967295");
    expect_golden(std::numeric_limits<std::int64_t>::min(), "-9223372036854775808");
    expect_golden(std::numeric_limits<std::int64_t>::max(), "9223372036854775807");
    expect_golden(std::numeric_limits<std::uint64_t>::max(), "18446744073709551615");
    expect_golden(std::byte{200}, "200");
}

TEST(CodecGolden, RealNumbersAreTheShortestThatReadBackTheSame)
{
    expect_golden(0.1, "0.1");
    expect_golden(3.0, "3");
    expect_golden(1e22, "1e+22");
    expect_golden(0.1F, "0.1");
    expect_golden(std::numeric_limits<double>::max(), "1.7976931348623157e+308");
    expect_golden(std::numeric_limits<double>::denorm_min(), "5e-324");
    expect_golden(std::numeric_limits<float>::denorm_min(), "1e-45");
}

TEST(CodecGolden, NegativeZeroKeepsItsSign)
{
    expect_golden(-0.0, "-0");
    EXPECT_TRUE(std::signbit(decode<double>("-0")));
    EXPECT_TRUE(std::signbit(decode<float>("-0.0")));
    EXPECT_TRUE(std::signbit(decode<boost::json::value>(encode(boost::json::value(-0.0))).as_double()));
}

TEST(CodecGolden, CharIsAStringOfOne)
{
    expect_golden('x', "\"x\"");
    expect_golden('"', "\"\\\"\"");
    expect_golden('\0', "\"\\u0000\"");
}

TEST(CodecGolden, StringsEscapeOnlyWhatTheyMust)
{
    using namespace std::string_literals;
    expect_golden("plain text"s, "\"plain text\"");
    expect_golden("a\"b\\c/d"s, R"("a\"b\\c/d")");
    expect_golden("\b\t\n\f\r\v\x1f\x7f"s, "\"\\b\\t\\n\\f\\r\\u000b\\u001f\x7f\"");
    expect_golden("nul \0 inside"s, "\"nul \\u0000 inside\"");
    expect_golden("größer 価格 😀"s, "\"größer 価格 😀\"");
    expect_golden(""s, "\"\"");
}

TEST(CodecGolden, BytesAreBase64)
{
    expect_golden(bytes({}), "\"\"");
    expect_golden(bytes({0}), "\"AA==\"");
    expect_golden(bytes({1, 2}), "\"AQI=\"");
    expect_golden(bytes({255, 254, 253, 0}), "\"//79AA==\"");
    expect_golden(std::array<std::byte, 3>{std::byte{1}, std::byte{2}, std::byte{3}}, "\"AQID\"");
    expect_golden(std::array<std::byte, 0>{}, "\"\"");
}

TEST(CodecGolden, SequencesAreArrays)
{
    expect_golden(std::vector<int>{1, 2, 3}, "[1,2,3]");
    expect_golden(std::vector<int>{}, "[]");
    expect_golden(std::vector<bool>{true, false}, "[true,false]");
    expect_golden(std::array<int, 2>{4, 5}, "[4,5]");
    expect_golden(std::array<int, 0>{}, "[]");
    expect_golden(std::set<std::string>{"b", "a"}, R"(["a","b"])");
    expect_golden(std::tuple<int, std::string, bool>{1, "x", true}, R"([1,"x",true])");
    expect_golden(std::tuple<>{}, "[]");
    expect_golden(std::pair<int, char>{1, 'x'}, R"([1,"x"])");
}

TEST(CodecGolden, MapsAreObjectsWhereTheKeyCanBeAName)
{
    expect_golden(std::map<std::string, int>{{"a", 1}, {"b\n", 2}}, R"({"a":1,"b\n":2})");
    expect_golden(std::map<int, bool>{{-5, true}, {7, false}}, R"({"-5":true,"7":false})");
    expect_golden(std::map<std::uint64_t, int>{{18446744073709551615U, 1}}, R"({"18446744073709551615":1})");
    expect_golden(std::map<shop::color, int>{{shop::color::green, 2}}, R"({"green":2})");
    expect_golden(std::map<double, int>{{0.5, 1}}, "[[0.5,1]]");
    expect_golden(std::map<std::pair<int, int>, int>{{{1, 2}, 3}}, "[[[1,2],3]]");
    expect_golden(std::map<std::string, int>{}, "{}");
}

TEST(CodecGolden, OptionalsStayApartFromWhatTheyHold)
{
    using inner = std::optional<int>;
    expect_golden(inner{}, "null");
    expect_golden(inner{5}, "5");
    expect_golden(std::optional<inner>{}, "null");
    expect_golden(std::optional<inner>{inner{}}, "[null]");
    expect_golden(std::optional<inner>{inner{5}}, "[5]");
    expect_golden(std::optional<std::monostate>{std::monostate{}}, "[null]");
    expect_golden(std::optional<boost::json::value>{nullptr}, "[null]");
}

TEST(CodecGolden, VariantsAreTaggedWithTheTypeName)
{
    using shop::choice;
    expect_golden(choice{std::in_place_index<0>, 1}, R"({"i32":1})");
    expect_golden(choice{std::in_place_index<3>, 1}, R"({"i32#1":1})");
    expect_golden(choice{"text"}, R"({"string":"text"})");
    expect_golden(choice{std::monostate{}}, R"({"monostate":null})");
    expect_golden(choice{std::vector<shop::line>{{"a", 1.5, 2}}},
                  R"({"vector<shop::line>":[{"sku":"a","price":1.5,"count":2}]})");
}

TEST(CodecGolden, TimesAreTicks)
{
    using namespace std::chrono;
    expect_golden(milliseconds{-5}, "-5");
    expect_golden(duration<double>{0.25}, "0.25");
    expect_golden(sys_time<seconds>{seconds{1'700'000'000}}, "1700000000");
}

TEST(CodecGolden, EnumsAreTheirNames) { expect_golden(shop::color::blue, "\"blue\""); }

TEST(CodecGolden, StructsHoldTheirBasesFirst)
{
    using namespace std::chrono_literals;
    shop::order o;
    o.at = std::chrono::sys_time<std::chrono::milliseconds>(1234ms);
    o.id = "o-1";
    o.lines = {{"sku", 9.99, 1}};
    o.gift = shop::color::red;
    o.marks = {{"m", 1}};
    expect_golden(
        o, R"({"at":1234,"id":"o-1","lines":[{"sku":"sku","price":9.99,"count":1}],"gift":"red","marks":{"m":1}})");
    expect_golden(shop::nothing{}, "{}");
    expect_golden(shop::account("ann"), R"({"owner_":"ann"})");
    expect_golden(shop::node{1, {{2, {}}}}, R"({"value":1,"below":[{"value":2,"below":[]}]})");
}

TEST(CodecGolden, MoveOnlyValuesComeBack)
{
    shop::parcel p;
    p.content = std::make_unique<shop::line>(shop::line{"a", 0.5, 3});
    p.weight = std::make_unique<std::optional<int>>();
    expect_golden(p, R"({"content":{"sku":"a","price":0.5,"count":3},"weight":[null]})");
    expect_golden(shop::parcel{}, R"({"content":null,"weight":null})");
}

TEST(CodecGolden, EveryKindAtOnce)
{
    shop::crate c;
    c.chosen = std::string("x");
    c.by_place = {{{1, 2}, "shelf"}};
    c.maybe = std::optional<int>{};
    c.paid = shop::money(250);
    c.any = 1.0;
    expect_golden(c, R"({"open":false,"letter":"a","small":0,"large":0,"ratio":0,"weight":0,"seal":"","mark":"AAAA",)"
                     R"("pair_of_numbers":[0,0],"words":[],"by_color":{},"by_place":[[[1,2],"shelf"]],"maybe":[null],)"
                     R"("chosen":{"string":"x"},"three":[0,"",{}],"took":0,"any":1.0,"paid":250,)"
                     R"("whose":{"owner_":""},"bits":[],"one":0})");
}
}
