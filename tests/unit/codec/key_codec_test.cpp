#include <everstep/table.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace key_types
{
enum class color : std::int8_t
{
    red = -1,
    green = 3
};
struct place
{
    std::string city;
    int number{};
    friend auto operator<=>(const place&, const place&) = default;
};
BOOST_DESCRIBE_STRUCT(place, (), (city, number))
struct not_described
{
    int number{};
};
}

namespace everstep::inline v0
{
namespace
{
using key_types::color;
using key_types::place;

template <class Key>
std::string bytes_of(const Key& key)
{
    std::string bytes;
    detail::append_key(bytes, key);
    return bytes;
}

template <class Key>
Key read_back(std::string_view bytes)
{
    Key key{};
    EXPECT_TRUE(detail::take_key(bytes, key));
    EXPECT_TRUE(bytes.empty());
    return key;
}

/// Of keys in their order: bytes are in that order, say by themselves where they end, and are read back equal.
template <class Key>
void check_order(const std::vector<Key>& ascending)
{
    for (std::size_t n = 0; n < ascending.size(); ++n)
    {
        const std::string bytes = bytes_of(ascending[n]);
        EXPECT_TRUE(read_back<Key>(bytes) == ascending[n]) << n;
        for (std::size_t other = 0; other < ascending.size(); ++other)
        {
            if (other == n)
                continue;
            EXPECT_EQ(n < other, bytes < bytes_of(ascending[other])) << n << " " << other;
            EXPECT_FALSE(bytes_of(ascending[other]).starts_with(bytes)) << n << " is the begin of " << other;
        }
        Key cut{};
        std::string_view shorter = std::string_view(bytes).substr(0, bytes.size() - 1);
        EXPECT_FALSE(detail::take_key(shorter, cut)) << n;
    }
}

TEST(KeyCodec, IntegersAreInTheirOrder)
{
    check_order<int>({std::numeric_limits<int>::min(), -70'000, -1, 0, 1, 255, 256, std::numeric_limits<int>::max()});
    check_order<std::uint64_t>({0, 1, 255, 256, std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()});
    check_order<std::int8_t>({-128, -1, 0, 127});
    check_order<bool>({false, true});
    check_order<color>({color::red, color::green});
}

TEST(KeyCodec, TextsAreInTheOrderOfTheirBytes)
{
    using namespace std::string_literals;
    check_order<std::string>({"", "\0"s, "\0\0"s, "\0\1"s, "\0\xFF"s, "\1", "a", "a\0"s, "a\0b"s, "a\1", "aa", "b", "\xC3\xA4", "\xFF", "\xFF\xFF"});
}

TEST(KeyCodec, RandomTextsAreInTheOrderOfTheirBytes)
{
    std::mt19937_64 random(4711);
    std::vector<std::string> texts;
    for (int n = 0; n < 200; ++n)
    {
        std::string text;
        for (std::uint64_t left = random() % 6; left > 0; --left)
            text.push_back("\0\1\xFF\xFE"[random() % 4]);
        texts.push_back(text);
    }
    std::ranges::sort(texts);
    const auto same = std::ranges::unique(texts);
    texts.erase(same.begin(), same.end());
    check_order(texts);
}

TEST(KeyCodec, KeysOfSeveralMembersAreInTheOrderOfTheMembers)
{
    check_order<std::pair<std::string, int>>({{"", 5}, {"a", -1}, {"a", 2}, {"ab", -7}, {"b", 0}});
    check_order<std::tuple<std::uint8_t, std::string, bool>>({{0, "z", true}, {1, "", false}, {1, "", true}, {1, "a", false}});
    check_order<place>({{"Aachen", 7}, {"Aachen", 8}, {"Ulm", -1}});
}

TEST(KeyCodec, TimesAreInTheirOrder)
{
    using namespace std::chrono_literals;
    using time = std::chrono::sys_time<std::chrono::microseconds>;
    check_order<std::chrono::milliseconds>({-5ms, 0ms, 3'000'000'000ms});
    check_order<time>({time(-1us), time(0us), time(1'700'000'000'000'000us)});
}

TEST(KeyCodec, BytesThatAreNoKeyAreRefused)
{
    std::string text;
    for (const std::string_view bad : {std::string_view("a"), std::string_view("a\0", 2), std::string_view("a\0\2", 3)})
    {
        std::string_view from = bad;
        EXPECT_FALSE(detail::take_key(from, text));
    }
    bool flag{};
    std::string_view two = "\2";
    EXPECT_FALSE(detail::take_key(two, flag));
}

TEST(KeyCodec, ALayoutSaysWhatAKeyIsMadeOf)
{
    EXPECT_EQ(detail::key_layout<bool>(), "bool");
    EXPECT_EQ(detail::key_layout<std::uint16_t>(), "u16");
    EXPECT_EQ(detail::key_layout<color>(), "i8");
    EXPECT_EQ(detail::key_layout<std::string>(), "string");
    EXPECT_EQ(detail::key_layout<std::chrono::sys_time<std::chrono::seconds>>(), "i64");
    EXPECT_EQ(detail::key_layout<place>(), "(string,i32)");
    EXPECT_EQ((detail::key_layout<std::tuple<place, std::pair<bool, int>>>()), "((string,i32),(bool,i32))");
}

TEST(KeyCodec, WhatHasNoOrderOfItsBytesIsNoKey)
{
    static_assert(table_key<std::pair<place, color>>);
    static_assert(!table_key<double>);
    static_assert(!table_key<std::vector<int>>);
    static_assert(!table_key<key_types::not_described>);
    static_assert(!table_key<std::pair<int, double>>);
    static_assert(!table_key<const char*>);
    SUCCEED();
}
}
}
