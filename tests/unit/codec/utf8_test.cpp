#include "codec/utf8.hpp"

#include <gtest/gtest.h>

namespace
{
using everstep::detail::readable;
using everstep::detail::utf8_error;

std::string encoded(unsigned long point)
{
    const auto byte = [](unsigned long b) { return static_cast<char>(b); };
    if (point < 0x80)
        return {byte(point)};
    if (point < 0x800)
        return {byte(0xC0 | point >> 6), byte(0x80 | (point & 63))};
    if (point < 0x10000)
        return {byte(0xE0 | point >> 12), byte(0x80 | (point >> 6 & 63)), byte(0x80 | (point & 63))};
    return {byte(0xF0 | point >> 18), byte(0x80 | (point >> 12 & 63)), byte(0x80 | (point >> 6 & 63)),
            byte(0x80 | (point & 63))};
}

TEST(Utf8, EveryCodePointButSurrogatesIsGood)
{
    for (unsigned long point = 0; point < 0x110000; ++point)
    {
        const std::string text = encoded(point);
        const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
        ASSERT_EQ(utf8_error(text) == text.size(), !surrogate) << point;
    }
}

TEST(Utf8, WhatIsAboveTheLastCodePointIsRefused)
{
    EXPECT_EQ(utf8_error(encoded(0x110000)), 0U);
    EXPECT_EQ(utf8_error("\xF5\x80\x80\x80"), 0U);
}

TEST(Utf8, OverlongFormsAreRefused)
{
    EXPECT_EQ(utf8_error("\xC0\x80"), 0U);
    EXPECT_EQ(utf8_error("\xC1\xBF"), 0U);
    EXPECT_EQ(utf8_error("\xE0\x9F\xBF"), 0U);
    EXPECT_EQ(utf8_error("\xF0\x8F\xBF\xBF"), 0U);
}

TEST(Utf8, TheFirstWrongByteIsNamed)
{
    EXPECT_EQ(utf8_error("ab\x80"), 2U);
    EXPECT_EQ(utf8_error("é\xE2\x82"), 2U);
    EXPECT_EQ(utf8_error("\xE2\x82(abc"), 0U);
}

TEST(Utf8, WhatIsNoTextIsMadeReadable)
{
    EXPECT_EQ(readable("abc", 3), "abc");
    EXPECT_EQ(readable("abc", 2), "ab");
    EXPECT_EQ(readable("aé", 2), "a"); // not cut through
    EXPECT_EQ(readable("\xE9!", 10), "\xEF\xBF\xBD!");
    EXPECT_EQ(utf8_error(readable("\x80\x80\xE2\x82", 4)), readable("\x80\x80\xE2\x82", 4).size());
    EXPECT_EQ(readable("\x80\x80\x80", 2).size() % 3, 0u);
}
}
