#include "codec/base64.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace
{
using namespace everstep::detail;

std::string written(std::string_view bytes)
{
    std::string text(base64_length(bytes.size()), '?');
    const char* end = write_base64(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size(), text.data());
    EXPECT_EQ(end, text.data() + text.size());
    return text;
}

bool is_read(std::string_view text)
{
    const auto count = base64_byte_count(text);
    if (!count)
        return false;
    std::vector<std::byte> bytes(*count);
    return read_base64(text, bytes.data());
}

TEST(Base64, WritesTheExamplesOfTheStandard)
{
    EXPECT_EQ(written(""), "");
    EXPECT_EQ(written("f"), "Zg==");
    EXPECT_EQ(written("fo"), "Zm8=");
    EXPECT_EQ(written("foo"), "Zm9v");
    EXPECT_EQ(written("foobar"), "Zm9vYmFy");
}

TEST(Base64, ReadsEveryPairOfBytesBack)
{
    for (unsigned pair = 0; pair < 65536; ++pair)
    {
        const char bytes[] = {static_cast<char>(pair >> 8U), static_cast<char>(pair & 255U)};
        const std::string text = written({bytes, 2});
        std::byte back[2];
        ASSERT_EQ(base64_byte_count(text), 2U);
        ASSERT_TRUE(read_base64(text, back));
        ASSERT_EQ(std::to_integer<unsigned>(back[0]) << 8U | std::to_integer<unsigned>(back[1]), pair);
    }
}

TEST(Base64, OtherSpellingsAreRefused)
{
    for (const char* text : {"A", "AA", "AAA", "AA=A", "====", "A===", "AB==", "AAB=", "A-_A", "AA==AAAA", "AA=\n"})
        EXPECT_FALSE(is_read(text)) << text;
}
}
