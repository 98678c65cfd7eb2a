#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace
{
using namespace everstep::base;
using namespace std::string_view_literals;

std::string varint(std::uint64_t value)
{
    std::string bytes;
    append_varint(bytes, value);
    return bytes;
}

TEST(Bytes, LittleEndianPutsTheLowByteFirst)
{
    std::string bytes;
    append_little(bytes, std::uint32_t{0x01020304});
    EXPECT_EQ(bytes, "\x04\x03\x02\x01"sv);
    EXPECT_EQ(load_little<std::uint32_t>(bytes.data()), 0x01020304U);
}

TEST(Bytes, BigEndianOrderIsNumberOrder)
{
    char low[8];
    char high[8];
    store_big(low, std::uint64_t{0xFF});
    store_big(high, std::uint64_t{0x100});
    EXPECT_LT(std::string_view(low, 8), std::string_view(high, 8));
    EXPECT_EQ(load_big<std::uint64_t>(high), 0x100U);
}

TEST(Bytes, ReversingTwiceGivesTheValue)
{
    EXPECT_EQ(reverse_bytes(std::uint16_t{0x0102}), 0x0201);
    EXPECT_EQ(reverse_bytes(std::uint64_t{0x0102030405060708}), 0x0807060504030201U);
}

TEST(Bytes, VarintsAreLeb128)
{
    EXPECT_EQ(varint(0), "\0"sv);
    EXPECT_EQ(varint(127), "\x7F"sv);
    EXPECT_EQ(varint(128), "\x80\x01"sv);
    EXPECT_EQ(varint(300), "\xAC\x02"sv);
    EXPECT_EQ(varint(UINT64_MAX).size(), varint_bytes_max);
}

TEST(ByteReader, EveryPowerOfTwoComesBackFromItsVarint)
{
    for (unsigned shift = 0; shift < 64; ++shift)
        for (const std::uint64_t value : {(std::uint64_t{1} << shift) - 1, std::uint64_t{1} << shift})
        {
            const std::string bytes = varint(value);
            byte_reader reader(bytes);
            std::uint64_t read{};
            ASSERT_TRUE(reader.varint(read)) << value;
            EXPECT_EQ(read, value);
            EXPECT_TRUE(reader.empty());
        }
}

TEST(ByteReader, CutVarintIsRefused)
{
    const std::string bytes = varint(UINT64_MAX);
    for (std::size_t size = 0; size < bytes.size(); ++size)
    {
        byte_reader reader(std::string_view(bytes).substr(0, size));
        std::uint64_t read{};
        EXPECT_FALSE(reader.varint(read)) << size;
        EXPECT_EQ(reader.left(), size);
    }
}

TEST(ByteReader, VarintAboveItsTypeIsRefused)
{
    const std::string bytes = varint(std::uint64_t{std::numeric_limits<std::uint32_t>::max()} + 1);
    std::uint32_t small{};
    EXPECT_FALSE(byte_reader(bytes).varint(small));
    std::uint64_t large{};
    EXPECT_TRUE(byte_reader(bytes).varint(large));
    EXPECT_FALSE(byte_reader("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"sv).varint(large));
    EXPECT_FALSE(byte_reader("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"sv).varint(large));
}

TEST(ByteReader, VarintLongerThanNeededIsRefused)
{
    std::uint64_t read{};
    EXPECT_FALSE(byte_reader("\x80\x00"sv).varint(read));
    EXPECT_FALSE(byte_reader("\x85\x80\x00"sv).varint(read));
    EXPECT_TRUE(byte_reader("\x00"sv).varint(read));
}

TEST(ByteReader, FixedIntegersKeepTheirSign)
{
    std::string bytes;
    append_little(bytes, static_cast<std::uint64_t>(std::int64_t{-2}));
    byte_reader reader(bytes);
    std::int64_t read{};
    ASSERT_TRUE(reader.little(read));
    EXPECT_EQ(read, -2);
    EXPECT_FALSE(reader.little(read));
}

TEST(ByteReader, TextBeyondTheEndIsRefusedAndTakesNothing)
{
    byte_reader reader("\x03xy"sv);
    std::string_view text;
    EXPECT_FALSE(reader.text(text));
    EXPECT_EQ(reader.left(), 3U);
    EXPECT_FALSE(byte_reader("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01xy"sv).text(text));
}

TEST(ByteReader, RestIsWhatWasNotTaken)
{
    byte_reader reader("\x02xyz"sv);
    std::string_view text;
    ASSERT_TRUE(reader.text(text));
    EXPECT_EQ(text, "xy");
    EXPECT_EQ(reader.rest(), "z");
    EXPECT_TRUE(reader.empty());
}

TEST(ByteReader, NoBytesAtAllAreEmpty)
{
    byte_reader reader{std::string_view{}};
    EXPECT_TRUE(reader.empty());
    EXPECT_EQ(reader.rest(), "");
}
}
