#include <everstep/event_filter.hpp>

#include "feature/filter_match.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace filters;

event placed(std::string data = "{}")
{
    event made;
    made.topic = "orders";
    made.id = "o-1";
    made.source = "/shop";
    made.type = "order.placed";
    made.subject = "eu/de/4711";
    made.key = "sku-7";
    made.data = std::move(data);
    return made;
}

bool wants(const event_filter& wanted, const std::string& data) { return wanted.matches(placed(data)); }

struct body_and_verdict
{
    std::string data;
    bool matches;
};

void expect(const event_filter& wanted, std::initializer_list<body_and_verdict> table)
{
    for (const auto& [data, matches] : table)
        EXPECT_EQ(wants(wanted, data), matches) << wanted.text() << " on " << data;
}

/// errc{} where nothing was refused.
errc refusal(const std::function<void()>& act)
{
    try
    {
        act();
    }
    catch (const engine_error& refused)
    {
        return refused.why();
    }
    return {};
}

std::string nested(const std::string& member, int levels, const std::string& inner)
{
    std::string made;
    for (int n = 0; n < levels; ++n)
        made += "{\"" + member + "\":";
    return made + inner + std::string(static_cast<std::size_t>(levels), '}');
}

std::string dotted(std::size_t members)
{
    std::string made = "data";
    for (std::size_t n = 0; n < members; ++n)
        made += ".a";
    return made;
}

/// `levels` of || and && in turn.
event_filter tower(std::size_t levels)
{
    event_filter made = equal("data.n", 0);
    for (std::size_t n = 1; n <= levels; ++n)
        made = n % 2 == 1 ? made || equal("data.n", n) : made && !equal("data.n", n + 100);
    return made;
}

TEST(EventFilter, WithoutConditionsMatchesEveryEvent)
{
    EXPECT_TRUE(event_filter().matches(event()));
    EXPECT_TRUE(wants({}, "not json"));
    EXPECT_FALSE((!event_filter()).matches(placed()));
    EXPECT_TRUE((!!event_filter()).matches(placed()));
}

TEST(EventFilter, NamesEveryAttribute)
{
    const std::pair<const char*, const char*> attributes[] = {{"topic", "orders"},      {"id", "o-1"},       {"source", "/shop"},
                                                              {"type", "order.placed"}, {"key", "sku-7"}, {"subject", "eu/de/4711"}};
    for (const auto& [name, value] : attributes)
    {
        EXPECT_TRUE(equal(name, value).matches(placed())) << name;
        EXPECT_FALSE(equal(name, "other").matches(placed())) << name;
        EXPECT_TRUE(exists(name).matches(placed())) << name;
        EXPECT_FALSE(exists(name).matches(event())) << name;
    }
}

TEST(EventFilter, APrefixOfAnAttributeIsItsBegin)
{
    EXPECT_TRUE(prefix("subject", "eu/").matches(placed()));
    EXPECT_TRUE(prefix("subject", "eu/de/4711").matches(placed()));
    EXPECT_FALSE(prefix("subject", "eu/de/47110").matches(placed()));
    EXPECT_FALSE(prefix("subject", "de/").matches(placed()));
    EXPECT_FALSE(prefix("subject", "EU/").matches(placed()));
    EXPECT_FALSE(prefix("subject", "eu/").matches(event()));
}

TEST(EventFilter, AnyOfTakesOneOfItsTexts)
{
    EXPECT_TRUE(any_of("type", {"order.paid", "order.placed"}).matches(placed()));
    EXPECT_FALSE(any_of("type", {"order.paid", "order"}).matches(placed()));
}

TEST(EventFilter, AnyOfTakesValuesOfSeveralTypes)
{
    const event_filter some = any_of("data", {"DE", 7, true, 0.5});
    expect(some, {{R"("DE")", true}, {"7", true}, {"true", true}, {"0.5", true}, {"7.0", true}});
    expect(some, {{"false", false}, {R"("7")", false}, {R"("true")", false}, {"8", false}, {"null", false}});
}

TEST(EventFilter, AValueEqualsOnlyThoseOfItsOwnType)
{
    expect(equal("data.v", "1"), {{R"({"v":"1"})", true}, {R"({"v":1})", false}, {R"({"v":true})", false}, {R"({"v":{"1":1}})", false}});
    expect(equal("data.v", 1), {{R"({"v":1})", true}, {R"({"v":"1"})", false}, {R"({"v":true})", false}, {R"({"v":{}})", false}});
    expect(equal("data.v", true), {{R"({"v":true})", true}, {R"({"v":false})", false}, {R"({"v":1})", false}, {R"({"v":"true"})", false}});
    expect(equal("data.v", false), {{R"({"v":false})", true}, {R"({"v":true})", false}, {R"({"v":0})", false}, {R"({"v":null})", false}});
}

TEST(EventFilter, ATextIsComparedAsItIsNotAsItWasWritten)
{
    expect(equal("data.v", "a\nü\""),
           {{R"({"v":"a\nü\""})", true}, {R"({"\u0076":"a\u000a\u00fc\u0022"})", true}, {R"({"v":"a\nü"})", false}});
    expect(prefix("data.v", "aü"), {{R"({"v":"a\u00fcb"})", true}, {R"({"v":"aub"})", false}});
    expect(prefix("data", "5"), {{R"("55")", true}, {"55", false}, {"5.5", false}});
}

TEST(EventFilter, NumbersAreEqualHoweverTheyAreWritten)
{
    for (const filter_value& value : {filter_value(5), filter_value(5U), filter_value(std::uint8_t{5}), filter_value(5.0), filter_value(5.0F)})
        expect(equal("data", value),
               {{"5", true}, {"5.0", true}, {"5e0", true}, {"0.5E1", true}, {"5.000001", false}, {"-5", false}, {"55", false}});
    expect(equal("data", 19.99), {{"19.99", true}, {"1999e-2", true}, {"19.990000000000002", false}, {"19", false}});
    expect(equal("data", 0), {{"0", true}, {"-0", true}, {"-0.0", true}, {"0.1", false}, {"-0.1", false}});
}

TEST(EventFilter, WholeNumbersOf64BitsAreExact)
{
    expect(equal("data", 9007199254740993), {{"9007199254740993", true}, {"9007199254740992", false}, {"9007199254740992.0", false}});
    expect(equal("data", 9007199254740992.0), {{"9007199254740992", true}, {"9007199254740993", false}, {"9007199254740991", false}});
    expect(equal("data", std::numeric_limits<std::uint64_t>::max()),
           {{"18446744073709551615", true}, {"18446744073709551614", false}, {"18446744073709551616", false}, {"-1", false}});
    expect(equal("data", std::numeric_limits<std::int64_t>::max()),
           {{"9223372036854775807", true}, {"9223372036854775808", false}, {"9223372036854775806", false}});
    expect(equal("data", std::numeric_limits<std::int64_t>::min()),
           {{"-9223372036854775808", true}, {"-9223372036854775808.0", true}, {"-9223372036854775807", false}});
    expect(equal("data", 0x1p64), {{"18446744073709551616", true}, {"18446744073709551615", false}, {"9223372036854775808", false}});
}

TEST(EventFilter, OrdersWholeAndRealNumbersTogether)
{
    expect(at_least("data", 9007199254740993), {{"9007199254740993", true}, {"9007199254740992", false}, {"9007199254740994.0", true}});
    expect(below("data", 9007199254740993), {{"9007199254740992", true}, {"9007199254740993", false}, {"9007199254740992.0", true}});
    expect(at_least("data", 0x1p63), {{"9223372036854775807", false}, {"9223372036854775808", true}, {"18446744073709551615", true}});
    expect(below("data", -0x1p63), {{"-9223372036854775808", false}, {"-9223372036854775809", false}, {"-1e19", true}});
    expect(at_least("data", std::numeric_limits<std::uint64_t>::max()),
           {{"18446744073709551615", true}, {"18446744073709551614", false}, {"1e30", true}, {"-1e30", false}, {"9", false}});
    expect(at_least("data", 10000000000000000000U), {{"1e19", true}, {"9999999999999999999", false}, {"-0.5", false}, {"0.5", false}});
    expect(at_least("data", 5e18), {{"5000000000000000001", true}, {"5000000000000000000", true}, {"4999999999999999999", false}});
    expect(at_least("data", 1), {{"18446744073709551615", true}, {"1", true}, {"0", false}});
    expect(at_least("data", -2.5), {{"-2", true}, {"-3", false}, {"-2.5", true}, {"-2.6", false}});
    expect(below("data", 2.5), {{"2", true}, {"3", false}, {"2.4", true}, {"2.5", false}});
}

TEST(EventFilter, ARangeHasItsLowEndAndNotItsHighOne)
{
    expect(range("data.total", 100, 1000), {{R"({"total":100})", true},
                                            {R"({"total":999.99})", true},
                                            {R"({"total":99.99})", false},
                                            {R"({"total":1000})", false},
                                            {R"({"total":1000.0})", false}});
    expect(range("data", 0.5, 1), {{"0.5", true}, {"1", false}, {"0", false}, {"0.75", true}});
    expect(at_least("data", 100), {{"100", true}, {"99", false}, {"1e300", true}});
    expect(below("data", 100), {{"100", false}, {"99", true}, {"-1e300", true}});
}

TEST(EventFilter, ARangeLeavesOutWhatIsNoNumber)
{
    for (const event_filter& any : {at_least("data", -1e308), below("data", 1e308), range("data", -1e308, 1e308)})
        expect(any, {{"0", true}, {R"("0")", false}, {"true", false}, {"null", false}, {"{}", false}, {"[]", false}});
}

TEST(EventFilter, ANumberThatNoDoubleHoldsMeetsNoComparison)
{
    expect(at_least("data", 1), {{"1e999", false}});
    expect(equal("data", 0), {{"1e999", false}, {"1e-999", false}});
    expect(exists("data"), {{"1e999", true}});
}

TEST(EventFilter, APathLeadsFromMemberToMember)
{
    const event_filter german = equal("data.order.country", "DE");
    expect(german, {{R"({"order":{"country":"DE"}})", true},
                    {R"({"n":[{"country":"x"},{}],"order":{"lines":[1,[2]],"country":"DE"}})", true},
                    {R"( { "order" : { "country" : "DE" } } )", true},
                    {R"({"order":{"country":"AT"}})", false},
                    {R"({"order":{"Country":"DE"}})", false},
                    {R"({"country":"DE"})", false},
                    {R"({"order":"DE"})", false},
                    {R"({"order":{"country":{"country":"DE"}}})", false},
                    {R"({"note":{"order":{"country":"DE"}}})", false},
                    {R"("DE")", false}});
}

TEST(EventFilter, APathThroughAnArrayMatchesWhenAnyElementDoes)
{
    expect(equal("data.lines.sku", "b"), {{R"({"lines":[{"sku":"a"},{"sku":"b"}]})", true},
                                          {R"({"lines":[[{"sku":"a"}],[7,{"sku":["c","b"]}]]})", true},
                                          {R"([{"lines":{"sku":"b"}}])", true},
                                          {R"({"lines":[{"sku":"a"}],"sku":"b"})", false},
                                          {R"({"lines":[]})", false}});
    expect(range("data", 10, 20), {{"[1,15,30]", true}, {"[1,30]", false}, {"[[[12]]]", true}});
    expect(prefix("data", "x"), {{R"(["a","xy"])", true}, {R"(["a"])", false}});
}

TEST(EventFilter, AMemberThatIsGivenTwiceCountsEachTime)
{
    expect(equal("data.v", 1), {{R"({"v":1,"v":2})", true}, {R"({"v":2,"v":1})", true}, {R"({"v":2,"v":3})", false}});
}

TEST(EventFilter, APointerNamesMembersWithAnyName)
{
    expect(equal("data:/a.b/c", 1), {{R"({"a.b":{"c":1}})", true}, {R"({"a":{"b":{"c":1}}})", false}});
    expect(equal("data:/a~1b/~0~01", 1), {{R"({"a/b":{"~~1":1}})", true}, {R"({"a/b":{"~/":1}})", false}});
    expect(equal("data:/", 1), {{R"({"":1})", true}, {R"({"a":1})", false}, {"1", false}});
    expect(equal("data:/a/", 1), {{R"({"a":{"":1}})", true}, {R"({"a":1})", false}});
    expect(equal("data:/0[*]", 1), {{R"({"0[*]":1})", true}, {"[1]", false}});
}

TEST(EventFilter, WhatIsNullOrEmptyIsNotThere)
{
    for (const char* const there : {"0", "false", "0.5", R"(" ")", R"({"w":null})", "[null,0]"})
        EXPECT_TRUE(wants(exists("data.v"), nested("v", 1, there))) << there;
    for (const char* const empty : {"null", R"("")", "{}", "[]", R"([null,"",[],{}])"})
        EXPECT_FALSE(wants(exists("data.v"), nested("v", 1, empty))) << empty;
    expect(exists("data.v"), {{R"({"w":1})", false}, {"1", false}});
}

TEST(EventFilter, NotOfWhatIsNotThereMatches)
{
    expect(!equal("data.test", true), {{R"({"test":true})", false}, {R"({"test":false})", true}, {R"({"test":1})", true}, {"{}", true}});
    expect(!range("data", 1, 5), {{"3", false}, {"5", true}, {R"("3")", true}});
    expect(!prefix("data", "x"), {{R"("xa")", false}, {R"("a")", true}, {"1", true}});
    expect(!exists("data.test"), {{R"({"test":0})", false}, {"{}", true}, {"no json", true}});
    expect(!equal("data", 100), {{"[100,50]", false}, {"[50]", true}});
    EXPECT_TRUE((!equal("key", "x")).matches(event()));
}

TEST(EventFilter, PutsConditionsTogether)
{
    const event_filter a = exists("data.a");
    const event_filter b = exists("data.b");
    const event_filter c = exists("data.c");
    const char* const bodies[] = {"{}",           R"({"a":1})",       R"({"b":1})",       R"({"a":1,"b":1})",
                                  R"({"c":1})", R"({"a":1,"c":1})", R"({"b":1,"c":1})", R"({"a":1,"b":1,"c":1})"};
    for (unsigned n = 0; n < 8; ++n)
    {
        const bool has_a = (n & 1U) != 0;
        const bool has_b = (n & 2U) != 0;
        const bool has_c = (n & 4U) != 0;
        expect(a && b, {{bodies[n], has_a && has_b}});
        expect(a || b, {{bodies[n], has_a || has_b}});
        expect(!(a && b), {{bodies[n], !(has_a && has_b)}});
        expect(!(a || b), {{bodies[n], !(has_a || has_b)}});
        expect((a && b) || c, {{bodies[n], (has_a && has_b) || has_c}});
        expect(c && (a || b), {{bodies[n], has_c && (has_a || has_b)}});
        expect(!(a && b) && c, {{bodies[n], !(has_a && has_b) && has_c}});
        expect(a || !(b || c), {{bodies[n], has_a || !(has_b || has_c)}});
        expect(!!(a && !b), {{bodies[n], has_a && !has_b}});
    }
}

TEST(EventFilter, EverythingAndNothingAreNeutralWhereTheyBelong)
{
    const event_filter all;
    const event_filter none = !all;
    const event_filter one = equal("type", "order.placed");
    EXPECT_EQ((all && one).text(), one.text());
    EXPECT_EQ((one && all).text(), one.text());
    EXPECT_EQ((none || one).text(), one.text());
    EXPECT_EQ(((none || one || one) && one).text(), "(" + (one || one).text() + ") and " + one.text());
    EXPECT_EQ(((none || one) && one).text(), (one && one).text());
    EXPECT_EQ((all || one).text(), "any event");
    EXPECT_EQ((one || all).text(), "any event");
    EXPECT_FALSE((none && one).matches(placed()));
    EXPECT_FALSE((none || none).matches(placed()));
    EXPECT_TRUE((!none || one).matches(event()));
}

TEST(EventFilter, ChangesNoFilterThatItIsMadeOf)
{
    const event_filter type = equal("type", "order.placed");
    const event_filter copy = type;
    const event_filter both = type && equal("key", "sku-7");
    const event_filter neither = !both && type;
    EXPECT_EQ(type.text(), "type = 'order.placed'");
    EXPECT_EQ(copy.text(), type.text());
    EXPECT_EQ(both.text(), "type = 'order.placed' and key = 'sku-7'");
    EXPECT_EQ(neither.text(), "not (type = 'order.placed' and key = 'sku-7') and type = 'order.placed'");
}

TEST(EventFilter, SaysWhatItWants)
{
    EXPECT_EQ(event_filter().text(), "any event");
    EXPECT_EQ((!event_filter()).text(), "no event");
    EXPECT_EQ((equal("type", "order.placed") && range("data.total", 100, 1000)).text(), "type = 'order.placed' and data.total in [100, 1000)");
    EXPECT_EQ((!exists("data.test") && any_of("data.v", {"DE", 5, -0.25, true, false})).text(),
              "not data.test exists and data.v in {'DE', 5, -0.25, true, false}");
    EXPECT_EQ((at_least("data", 18446744073709551615U) || below("data:/a.b", 1e300)).text(),
              "data >= 18446744073709551615 or data:/a.b < 1e+300");
    EXPECT_EQ(((exists("id") || exists("key")) && prefix("id", "a")).text(), "(id exists or key exists) and id begins with 'a'");
    EXPECT_EQ((!(exists("id") && exists("key")) || exists("type")).text(), "not (id exists and key exists) or type exists");
    EXPECT_EQ(equal("id", "a'b\\\n\x7f").text(), R"(id = 'a''b\\\x0a\x7f')");
}

TEST(EventFilter, RefusesNamesThatAreNoAttributeAndNoPath)
{
    for (const char* const name :
         {"", "types", "Type", "date", "database", "time", "number", ".a", "data.", "data..a", "data.a.", "data:", "data:a", "data/a", "data:a/b",
          "data.a[0]", "data.a[", "data.a]", "data.*", "data:/a~", "data:/~2", "data:/a~/b"})
        EXPECT_EQ(refusal([&] { exists(name); }), errc::wrong_use) << name;
}

TEST(EventFilter, RefusesComparisonsOfAnAttributeWithWhatIsNoText)
{
    EXPECT_EQ(refusal([] { equal("type", 5); }), errc::wrong_use);
    EXPECT_EQ(refusal([] { equal("type", true); }), errc::wrong_use);
    EXPECT_EQ(refusal([] { any_of("type", {"a", 0.5}); }), errc::wrong_use);
    EXPECT_EQ(refusal([] { range("key", 1, 2); }), errc::wrong_use);
    EXPECT_EQ(refusal([] { at_least("key", 1); }), errc::wrong_use);
    EXPECT_EQ(refusal([] { below("key", 1); }), errc::wrong_use);
}

TEST(EventFilter, RefusesWhatCanNeverBeMet)
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    const std::function<void()> hopeless[] = {[] { any_of("data", {}); },
                                              [] { equal("data", ""); },
                                              [] { prefix("subject", ""); },
                                              [] { any_of("type", {"a", ""}); },
                                              [] { range("data", 5, 5); },
                                              [] { range("data", 5, 5.0); },
                                              [] { range("data", 6, 5); },
                                              [] { range("data", 9007199254740993, 9007199254740992.0); },
                                              [=] { equal("data", nan); },
                                              [=] { range("data", nan, 1); },
                                              [=] { range("data", 1, nan); },
                                              [=] { range("data", 1, infinity); },
                                              [=] { at_least("data", -infinity); },
                                              [=] { below("data", nan); }};
    for (std::size_t n = 0; n < std::size(hopeless); ++n)
        EXPECT_EQ(refusal(hopeless[n]), errc::wrong_use) << "number " << n;
    EXPECT_EQ(refusal([] { range("data", 9007199254740992.0, 9007199254740993); }), errc{});
}

TEST(EventFilter, HasNamesAndTextsOfAtMost255Bytes)
{
    EXPECT_EQ(refusal([] { exists("data." + std::string(250, 'a')); }), errc{});
    EXPECT_EQ(refusal([] { exists("data." + std::string(251, 'a')); }), errc::limit);
    EXPECT_EQ(refusal([] { equal("type", std::string(255, 'a')); }), errc{});
    EXPECT_EQ(refusal([] { equal("type", std::string(256, 'a')); }), errc::limit);
    EXPECT_EQ(refusal([] { any_of("data", {"a", std::string(256, 'a')}); }), errc::limit);
    EXPECT_EQ(refusal([] { prefix("type", std::string(255, 'a')); }), errc{});
    EXPECT_EQ(refusal([] { prefix("type", std::string(256, 'a')); }), errc::limit);
}

TEST(EventFilter, HasAtMost150Conditions)
{
    const auto values = [](int count) { return any_of("data", std::vector<filter_value>(static_cast<std::size_t>(count), 7)); };
    EXPECT_EQ(refusal([&] { values(150); }), errc{});
    EXPECT_EQ(refusal([&] { values(151); }), errc::limit);
    EXPECT_EQ(refusal([&] { values(149) && exists("id"); }), errc{});
    EXPECT_EQ(refusal([&] { values(149) && exists("id") && exists("key"); }), errc::limit);
    EXPECT_EQ(refusal([&] { values(75) || !(values(75) && exists("id")); }), errc::limit);

    event_filter chain;
    for (int n = 0; n < 150; ++n)
        chain = chain && !equal("data", n);
    expect(chain, {{"150", true}, {"149", false}, {"0", false}});
    EXPECT_EQ(refusal([&] { chain = chain && exists("id"); }), errc::limit);
}

TEST(EventFilter, HasAtMost32Levels)
{
    const event_filter highest = tower(32);
    expect(highest, {{R"({"n":0})", true},
                     {R"({"n":31})", true},
                     {R"({"n":77})", false},
                     {R"({"n":[0,102]})", false},
                     {R"({"n":[0,103]})", true}});
    EXPECT_EQ(refusal([&] { highest && exists("id"); }), errc{}); // one more of the same kind
    EXPECT_EQ(refusal([&] { highest || exists("id"); }), errc::limit);
    EXPECT_EQ(refusal([&] { !highest && exists("id"); }), errc::limit);
}

TEST(EventFilter, HasPathsOfAtMost32Members)
{
    EXPECT_TRUE(wants(equal(dotted(32), 1), nested("a", 32, "1")));
    EXPECT_EQ(refusal([] { exists(dotted(33)); }), errc::limit);
}

TEST(EventFilter, OfABrokenBodyNothingIsThere)
{
    const std::string bodies[] = {"", "{", R"({"a":1)", R"({"a":1}x)", "NaN",
                                  "\"\xff\"", R"({"a":01})", nested("a", 33, "1"), std::string(100'000, '[')};
    for (const std::string& broken : bodies)
    {
        EXPECT_FALSE(wants(exists("data"), broken)) << broken.substr(0, 40);
        EXPECT_FALSE(wants(exists("data.a"), broken)) << broken.substr(0, 40);
        EXPECT_TRUE(wants(!exists("data.a") && equal("type", "order.placed"), broken)) << broken.substr(0, 40);
    }
}

TEST(EventFilter, AfterABrokenBodyTheNextIsReadAsEver)
{
    for (int n = 0; n < 3; ++n)
    {
        EXPECT_FALSE(wants(exists("data.a"), R"({"a":1)"));
        EXPECT_TRUE(wants(exists("data.a"), R"({"a":1})"));
    }
}

TEST(EventFilter, ParsesTheBodyOnlyWhereTheAttributesLeaveItOpen)
{
    const event_filter same_type = equal("type", "order.placed");
    const event_filter other_type = equal("type", "order.paid");
    const event_filter dear = at_least("data", 100);
    const std::pair<event_filter, bool> table[] = {{{}, false},
                                                   {same_type, false},
                                                   {dear, true},
                                                   {!dear, true},
                                                   {dear && other_type, false},
                                                   {dear && same_type, true},
                                                   {dear || same_type, false},
                                                   {dear || other_type, true},
                                                   {(dear || exists("data.a")) && other_type, false},
                                                   {(dear || !same_type) && other_type, false},
                                                   {!(dear && other_type), false}};
    const event one = placed("150");
    for (const auto& [wanted, parsed] : table)
    {
        event_body body(one.data);
        matches(wanted, one, body);
        EXPECT_EQ(body.parsed(), parsed) << wanted.text();
    }
}

TEST(EventFilter, ABodyIsParsedOnceForAllFilters)
{
    std::string text = "150";
    const event one = placed();
    event_body good(text);
    EXPECT_TRUE(matches(at_least("data", 100), one, good));
    text[0] = '?';
    EXPECT_TRUE(matches(exists("data"), one, good));
    event_body broken(text);
    EXPECT_FALSE(matches(exists("data"), one, broken));
    text[0] = '1';
    EXPECT_FALSE(matches(exists("data"), one, broken));
}

TEST(EventFilter, BodiesOfSeveralEventsStandSideBySide)
{
    const event one = placed();
    event_body first(R"({"a":1})");
    event_body second(R"({"a":2,"b":[1,2,3]})");
    for (int n = 0; n < 2; ++n)
    {
        EXPECT_TRUE(matches(equal("data.a", 1), one, first));
        EXPECT_TRUE(matches(equal("data.a", 2), one, second));
    }
}
}
}
