// Texts that were changed at random: decode either refuses or returns a value that can be kept; nothing else happens. The
// text lies in memory of exactly its size, so that the address sanitizer sees a byte too far.

#include <algorithm>
#include <memory>

#include <gtest/gtest.h>

#include "random_value.hpp"

namespace
{
using everstep::codec_error;
using everstep::decode;
using everstep::encode;
using random_value::source;

constexpr int mutation_count = random_value::sanitized ? 50'000 : 1'000'000;

const std::string& fragment(source& random)
{
    static const std::vector<std::string> all = {"{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ":",
                                                 ",",
                                                 "\"",
                                                 "\\",
                                                 "\\u",
                                                 "\\ud83d",
                                                 "\\ude00",
                                                 "null",
                                                 "true",
                                                 "-",
                                                 "1e999999999999",
                                                 "0.",
                                                 "1e-400",
                                                 "99999999999999999999",
                                                 "\xff",
                                                 "\xed\xa0\x80",
                                                 std::string(1, '\0'),
                                                 "[[[[[[[[[[[[[[[[[",
                                                 "{\"a\":",
                                                 "\"id\":",
                                                 "\"i32\":",
                                                 "/*",
                                                 "//",
                                                 "NaN",
                                                 "\n",
                                                 "00",
                                                 "\"AA==\"",
                                                 "{\"lines\":[{}]}"};
    return all[random.below(all.size())];
}

void mutate(std::string& text, source& random)
{
    for (std::uint64_t i = 1 + random.below(4); i != 0; --i)
    {
        const std::size_t at = random.below(text.size() + 1);
        switch (random.below(6))
        {
        case 0:
            text.insert(at, fragment(random));
            break;
        case 1:
            text.erase(at, random.below(8));
            break;
        case 2:
            text.resize(at);
            break;
        case 3:
            text.insert(at, text.substr(random.below(text.size() + 1), random.below(20)));
            break;
        default:
            if (at < text.size())
                text[at] = static_cast<char>(random.below(256));
        }
    }
}

template <class T>
bool survives(std::string_view text)
{
    try
    {
        const T value = decode<T>(text);
        return decode<T>(encode(value)) == value;
    }
    catch (const codec_error&)
    {
        return true;
    }
}

template <class T>
void expect_survival(std::uint64_t seed)
{
    source random(seed);
    std::string text;
    for (int i = 0; i < mutation_count / 5; ++i)
    {
        if (i % 16 == 0)
        {
            text.clear();
            while (text.empty())
            {
                try
                {
                    text = encode(random_value::make<T>(random, 0));
                }
                catch (const codec_error&)
                {
                }
            }
        }
        std::string changed = text;
        mutate(changed, random);
        const auto exact = std::make_unique_for_overwrite<char[]>(changed.size());
        std::copy(changed.begin(), changed.end(), exact.get());
        ASSERT_TRUE(survives<T>({exact.get(), changed.size()})) << changed;
    }
}

TEST(CodecHostile, ChangedOrdersAreRefusedOrRead) { expect_survival<shop::order>(1); }
TEST(CodecHostile, ChangedCratesAreRefusedOrRead) { expect_survival<shop::crate>(2); }
TEST(CodecHostile, ChangedTreesAreRefusedOrRead) { expect_survival<shop::node>(3); }
TEST(CodecHostile, ChangedJsonIsRefusedOrRead) { expect_survival<boost::json::value>(4); }
TEST(CodecHostile, ChangedChoicesAreRefusedOrRead) { expect_survival<shop::choice>(5); }

TEST(CodecHostile, NestingDoesNotReachTheStack)
{
    for (const char* open : {"[", "{\"a\":", "{\"below\":[", "[{\"x\":"})
    {
        std::string text;
        for (int i = 0; i < 100'000; ++i)
            text += open;
        EXPECT_THROW(decode<boost::json::value>(text), codec_error);
        EXPECT_THROW(decode<shop::node>(text), codec_error);
        EXPECT_THROW(decode<shop::line>("{\"unknown\":" + text), codec_error);
    }
}
}
