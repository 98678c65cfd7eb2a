// Which types can be kept, and why others cannot. tests/compile_fail/codec_* shows the messages.

#include <memory>
#include <string_view>
#include <unordered_set>

#include <gtest/gtest.h>

#include "shop_types.hpp"

namespace check
{
enum class plain_enum
{
    one
};

struct plain
{
    int x{};
};

struct in_another_order
{
    int a{};
    std::string b;
};
BOOST_DESCRIBE_STRUCT(in_another_order, (), (b, a))

struct shape
{
    virtual ~shape() = default;
    int sides{};
};
BOOST_DESCRIBE_STRUCT(shape, (), (sides))

struct square final : shape
{
    int side{};
};
BOOST_DESCRIBE_STRUCT(square, (shape), (side))

struct sees_itself
{
    std::map<std::string, std::unique_ptr<sees_itself>> below;
    std::vector<sees_itself> beside;
    std::vector<plain> bad;
};
BOOST_DESCRIBE_STRUCT(sees_itself, (), (below, beside, bad))
}

namespace
{
using everstep::encodable;
using everstep::detail::refusal;
using everstep::detail::refusal_of;

template <class... Ts>
constexpr bool all_refused(refusal why)
{
    return ((refusal_of<Ts>() == why && !encodable<Ts>)&&...);
}

TEST(CodecCheck, EveryKindCanBeKept)
{
    EXPECT_TRUE(encodable<shop::crate>);
    EXPECT_TRUE(encodable<shop::order>);
    EXPECT_TRUE(encodable<shop::parcel>);
    EXPECT_TRUE(encodable<shop::node>);
    EXPECT_TRUE(encodable<std::monostate>);
    EXPECT_TRUE(encodable<std::unique_ptr<check::square>>);
    EXPECT_TRUE((encodable<std::tuple<long long, unsigned char, std::byte, signed char>>));
}

TEST(CodecCheck, WhatCannotBeKeptIsRefusedForItsReason)
{
    EXPECT_TRUE(
        (all_refused<int*, const char*, void*, std::nullptr_t, void (*)(), int check::plain::*>(refusal::pointer)));
    EXPECT_TRUE((all_refused<int&, const std::string&>(refusal::reference)));
    EXPECT_TRUE((all_refused<int[3], char[]>(refusal::plain_array)));
    EXPECT_TRUE((all_refused<long double, wchar_t, char8_t, char16_t, char32_t>(refusal::odd_number)));
    EXPECT_TRUE((all_refused<const int, volatile int, const std::string>(refusal::constant)));
    EXPECT_TRUE((all_refused<std::string_view>(refusal::view)));
    EXPECT_TRUE((all_refused<std::shared_ptr<int>, std::weak_ptr<int>>(refusal::shared)));
    EXPECT_TRUE((all_refused<std::unique_ptr<check::shape>>(refusal::polymorphic)));
    EXPECT_TRUE((all_refused<std::unordered_set<int>>(refusal::unordered)));
    EXPECT_TRUE((all_refused<check::plain_enum>(refusal::enum_undescribed)));
    EXPECT_TRUE((all_refused<check::plain, std::wstring, std::multimap<int, int>, std::unique_ptr<int[]>>(
        refusal::undescribed)));
    EXPECT_TRUE((all_refused<check::in_another_order>(refusal::incomplete_description)));
}

TEST(CodecCheck, OneBadPartIsEnough)
{
    EXPECT_FALSE(encodable<std::vector<int*>>);
    EXPECT_FALSE(encodable<std::optional<check::plain>>);
    EXPECT_FALSE((encodable<std::variant<int, std::tuple<bool, check::plain_enum>>>));
    EXPECT_FALSE((encodable<std::map<check::plain, int>>));
    EXPECT_FALSE((encodable<std::array<std::string_view, 2>>));
    EXPECT_FALSE(encodable<check::sees_itself>);
}
}
