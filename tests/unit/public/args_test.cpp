#include <everstep/args.hpp>

#include "small_shop.hpp"

#include <boost/describe.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace everstep::test
{
namespace
{
struct address
{
    std::string city;
    int floor{1}; ///< was added later
};
BOOST_DESCRIBE_STRUCT(address, (), (city, floor))

TEST(Args, AreAJsonArray) { EXPECT_EQ(args(17, std::string("A-1"), address{"Bonn", 2}).encoded(), R"([17,"A-1",{"city":"Bonn","floor":2}])"); }

TEST(Args, LiteralsAndViewsAreStrings) { EXPECT_EQ(args("A-1", std::string_view("B")).encoded(), R"(["A-1","B"])"); }

TEST(Args, NoneAreAnArrayToo) { EXPECT_EQ(args().encoded(), "[]"); }

TEST(Args, RenewalAddsWhatWasAddedToTheirTypes)
{
    const arguments given = args(address{"Bonn", 1});
    EXPECT_EQ(given.renew()(R"([{"city":"Bonn"}])"), given.encoded());
}

TEST(Args, RenewalThrowsWhereTheyWereOfOtherTypes) { EXPECT_THROW(args(17).renew()(R"(["A-1"])"), codec_error); }

TEST(Args, WhatCannotBeKeptIsRefused) { EXPECT_THROW(args(std::string("\xFF")), codec_error); }

workflow<int> charges(context& ctx, int cents)
{
    const int once_more = co_await ctx.step("charge", [&] { return cents; }, args(cents, "A-1"));
    co_return co_await ctx.step("charge", once, [&] { return once_more + 1; }, args(once_more));
}
TEST(Args, StepsRunWithThem) { EXPECT_EQ(small_shop().start(charges, 16).result(), 17); }

workflow<int> says_too_much(context& ctx, int bytes)
{
    co_return co_await ctx.step("charge", [] { return 1; }, args(std::string(static_cast<std::size_t>(bytes), 'x')));
}
TEST(Args, OverTheLimitParkTheRun)
{
    const std::string why = failure_of([&] { small_shop().start(says_too_much, 1 << 20).result(); });
    EXPECT_EQ(why.find("limits: the run is parked: the arguments of step 'charge' (args_test.cpp:"), 0u) << why;
}
}
}
