// The short way from a text to its tokens gives what the general parser gives, or leaves the text to it.

#include <gtest/gtest.h>

#include "codec/plain_json.hpp"
#include "codec/token_row.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include "random_value.hpp"
#include "refusal.hpp"

namespace
{
using everstep::detail::read_plain;
using everstep::detail::reader_storage;
using everstep::detail::token;

std::string shown(const std::vector<token>& row)
{
    std::string all;
    for (const token& one : row)
        all.append(std::to_string(one.kind_and_span))
            .append(":")
            .append(std::to_string(one.size))
            .append(one.begin == nullptr ? "" : std::string(one.text()))
            .append("\n");
    return all;
}

/// What the general parser makes of the text; "refused" where it is no JSON.
std::string parsed(std::string_view json)
{
    reader_storage by;
    by.parser.handler().start(json);
    boost::json::error_code error;
    const std::size_t used = by.parser.write_some(false, json.data(), json.size(), error);
    return error || used != json.size() ? "refused" : shown(by.parser.handler().row());
}

/// What the short way makes of it; "left to the parser" where it is not for it.
std::string plain(std::string_view json)
{
    reader_storage by;
    by.parser.handler().start(json);
    return read_plain(json, by.parser.handler()) ? shown(by.parser.handler().row()) : "left to the parser";
}

TEST(PlainJson, ReadsWhatEncodeWrites)
{
    for (const std::string_view json :
         {R"({"id":"A-1","sku":"Stuhl \u00fcber","lines":[1,-2,0],"price":12.50,"gone":null,"paid":true,"late":false})",
          R"([])", R"({})", R"("12345678")", R"("1234567")", R"("123456789")", R"("")", "[[[[]]]]", "-17", "0", "0.5",
          "-0.25", "-0.0", R"({"a":{"b":[{}]}})", "999999999999999999",
          "\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x9a\x80 plain again\""})
    {
        const bool has_escape = json.find('\\') != json.npos;
        EXPECT_EQ(plain(json), has_escape ? "left to the parser" : parsed(json)) << json;
        EXPECT_NE(parsed(json), "refused") << json;
    }
}

TEST(PlainJson, LeavesEverythingElseToTheParser)
{
    for (const std::string_view json : {"",
                                        " 1",
                                        "1 ",
                                        "[1, 2]",
                                        "{\"a\" :1}",
                                        "\"\\n\"",
                                        "1e3",
                                        "1E3",
                                        "1.5e3",
                                        "-0",
                                        "01",
                                        "-",
                                        "1.",
                                        ".5",
                                        "+1",
                                        "1234567890123456789",
                                        "tru",
                                        "nul",
                                        "falsey",
                                        "[1,]",
                                        "[,1]",
                                        "[1",
                                        "{\"a\":1,}",
                                        "{\"a\"}",
                                        "{a:1}",
                                        "{\"a\":1",
                                        "\"a",
                                        "\"a\nb\"",
                                        "\"\xff\"",
                                        "\"\xc3\"",
                                        "\"\xed\xa0\x80\"",
                                        "[]]",
                                        "1 2",
                                        "nan",
                                        "{\"a\":1}}"})
        EXPECT_EQ(plain(json), "left to the parser") << json;
}

TEST(PlainJson, LeavesTextsThatAreTooDeepToTheParser)
{
    const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
    EXPECT_EQ(plain(nested(32)), parsed(nested(32)));
    EXPECT_EQ(plain(nested(33)), "left to the parser");
    EXPECT_EQ(plain(std::string(33, '{')), "left to the parser");
}

TEST(PlainJson, AgreesWithTheParserOnTextsWithOneDamage)
{
    random_value::source chance(2026);
    constexpr std::string_view marks = "{}[]\":,.-+eE0123456789 \\ntfu\xc3\xbc\xff\x1f";
    const std::string whole =
        R"({"id":"A-17","list":[10,-2.75,"x"],"a b":{"c":true,"d":null},"euro":"100 €","n":0.125})";
    std::size_t read = 0;
    for (int n = 0; n < 20'000; ++n)
    {
        std::string json = whole;
        const std::size_t at = chance.below(json.size());
        const char mark = marks[chance.below(marks.size())];
        switch (chance.below(3))
        {
        case 0:
            json[at] = mark;
            break;
        case 1:
            json.insert(at, 1, mark);
            break;
        default:
            json.erase(at, 1 + chance.below(3));
            break;
        }
        const std::string mine = plain(json);
        if (mine == "left to the parser")
            continue;
        ++read;
        ASSERT_EQ(mine, parsed(json)) << json;
    }
    EXPECT_GT(read, 1'000u); // the damage is not all there was
}
}
