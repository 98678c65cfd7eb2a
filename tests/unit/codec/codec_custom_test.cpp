// The user's own codecs: nested calls, exceptions, move-only.

#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "refusal.hpp"
#include "shop_types.hpp"

namespace custom
{
/// Kept as a text of JSON: its codec encodes and decodes inside.
struct wrapped
{
    shop::order inside;
    bool operator==(const wrapped&) const = default;
};

struct picky
{
    int value{};
};

struct holder
{
    std::vector<wrapped> all;
    std::optional<picky> one;
};
BOOST_DESCRIBE_STRUCT(holder, (), (all, one))

struct maybe_text
{
    std::optional<std::string> text;
    bool operator==(const maybe_text&) const = default;
};
}

template <>
struct everstep::codec<custom::wrapped>
{
    static std::string to(const custom::wrapped& w) { return encode(w.inside); }
    static custom::wrapped from(const std::string& text) { return {decode<shop::order>(text)}; }
};
template <>
struct everstep::codec<custom::picky>
{
    static int to(const custom::picky& p) { return p.value < 0 ? throw std::invalid_argument("below zero") : p.value; }
    static custom::picky from(int value)
    {
        return value < 0 ? throw std::invalid_argument("below zero") : custom::picky{value};
    }
};
template <>
struct everstep::codec<custom::maybe_text>
{
    static const std::optional<std::string>& to(const custom::maybe_text& m) { return m.text; }
    static custom::maybe_text from(std::optional<std::string> text) { return {std::move(text)}; }
};

namespace
{
using everstep::decode;
using everstep::encode;

custom::wrapped wrap(std::string id)
{
    custom::wrapped w;
    w.inside.id = std::move(id);
    return w;
}

TEST(CodecCustom, CodecsMayEncodeAndDecodeInside)
{
    custom::holder h;
    for (int i = 0; i < 50; ++i)
        h.all.push_back(wrap("order \"" + std::to_string(i) + "\"\n"));
    const custom::holder back = decode<custom::holder>(encode(h));
    EXPECT_EQ(back.all, h.all);
}

TEST(CodecCustom, WhatACodecThrowsNamesThePath)
{
    custom::holder h;
    h.one = custom::picky{-1};
    EXPECT_EQ(encode_refusal(h), "custom::holder.one: codec<custom::picky>::to: below zero");
    EXPECT_EQ(decode_refusal<custom::holder>(R"({"one":-1})"),
              "custom::holder.one: codec<custom::picky>::from: below zero");
}

TEST(CodecCustom, OptionalOfACodecThatWritesNullIsWrapped)
{
    using optional = std::optional<custom::maybe_text>;
    EXPECT_EQ(encode(optional{}), "null");
    EXPECT_EQ(encode(optional{custom::maybe_text{}}), "[null]");
    EXPECT_EQ(decode<optional>("[null]"), optional{custom::maybe_text{}});
}

TEST(CodecCustom, WritesFromItsOwnTarget)
{
    std::string text = "abc";
    encode(text, text);
    EXPECT_EQ(text, "abc\"abc\"");
}

TEST(CodecCustom, LargeValuesPassAndLeaveTheThreadUsable)
{
    const std::string large(std::size_t{3} << 20U, 'x');
    const std::string escaped(std::size_t{1} << 20U, '\n');
    EXPECT_EQ(decode<std::string>(encode(large)), large);
    EXPECT_EQ(decode<std::string>(encode(escaped)), escaped);
    EXPECT_EQ(decode<int>(encode(5)), 5);
}

// A destructor that runs when the thread's own buffers may be gone already.
struct late
{
    std::string* result;
    ~late() { *result = encode(decode<std::vector<int>>("[1,2]")); }
};

TEST(CodecCustom, ThreadsMayEncodeWhileTheyEnd)
{
    std::string before;
    std::string after;
    std::thread(
        [&]
        {
            thread_local late first{&before};
            static_cast<void>(first);
            static_cast<void>(decode<int>(encode(1)));
            thread_local late second{&after};
            static_cast<void>(second);
        })
        .join();
    EXPECT_EQ(before, "[1,2]");
    EXPECT_EQ(after, "[1,2]");
}
}
