// The law: encode refuses what decode would not return equal. Random values of every kind, the bad ones too.
//
// The number of values is 10 million, less under sanitizers, or EVERSTEP_LAW_VALUES.

#include <cmath>
#include <cstdlib>
#include <limits>

#include <gtest/gtest.h>

#include "random_value.hpp"

namespace
{
using everstep::codec_error;
using everstep::decode;
using everstep::encode;

std::uint64_t value_count()
{
    if (const char* given = std::getenv("EVERSTEP_LAW_VALUES"))
        return std::strtoull(given, nullptr, 10);
    return random_value::sanitized ? 200'000 : 10'000'000;
}

struct tally
{
    std::string kind;
    std::uint64_t kept = 0;
    std::uint64_t refused = 0;
    std::string broken; ///< the first value that came back different
};

/// One value there and back. The text must be the same the second time: that sees what == does not, the sign of a zero.
template <class T>
void try_one(random_value::source& random, tally& counted)
{
    const T value = random_value::make<T>(random, 0);
    std::string text;
    try
    {
        encode(value, text);
    }
    catch (const codec_error&)
    {
        ++counted.refused;
        return;
    }
    try
    {
        const T back = decode<T>(text);
        if (back == value && encode(back) == text)
            ++counted.kept;
        else if (counted.broken.empty())
            counted.broken = text;
    }
    catch (const codec_error& refused)
    {
        if (counted.broken.empty())
            counted.broken = text + " -> " + refused.text();
    }
}

struct kind_row
{
    void (*try_one)(random_value::source&, tally&);
    tally counted;
};

template <class... Ts>
std::vector<kind_row> make_rows()
{
    return {kind_row{&try_one<Ts>, tally{std::string(everstep::type_name<Ts>()), 0, 0, {}}}...};
}

TEST(CodecLaw, RandomValuesOfEveryKindComeBackEqualOrAreRefused)
{
    using namespace std::chrono;
    using text = std::string;
    auto rows = make_rows<std::monostate, bool, char, std::byte, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t,
                          std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, float, double, text,
                          std::vector<std::byte>, std::array<std::byte, 7>, std::vector<bool>, std::vector<int>,
                          std::vector<double>, std::vector<text>, std::array<float, 3>, std::set<int>, std::set<text>,
                          std::map<text, int>, std::map<std::int64_t, text>, std::map<std::uint8_t, bool>,
                          std::map<shop::color, double>, std::map<double, int>, std::map<std::pair<int, text>, bool>,
                          std::map<bool, int>, std::optional<double>, std::optional<std::optional<text>>,
                          std::optional<std::monostate>, std::optional<boost::json::value>, shop::choice,
                          std::tuple<int, text, shop::line>, std::pair<float, bool>, seconds, nanoseconds,
                          duration<double>, sys_time<milliseconds>, shop::color, shop::line, shop::order, shop::node,
                          shop::nothing, shop::parcel, shop::money, shop::account, shop::crate, boost::json::value>();

    const std::uint64_t seed = 20'240'607;
    random_value::source random(seed);
    const std::uint64_t count = value_count();
    for (std::uint64_t i = 0; i < count; ++i)
    {
        kind_row& row = rows[i % rows.size()];
        row.try_one(random, row.counted);
    }

    std::uint64_t seen = 0;
    for (const kind_row& row : rows)
    {
        EXPECT_EQ(row.counted.broken, "") << row.counted.kind << " (seed " << seed << ')';
        EXPECT_GT(row.counted.kept, row.counted.refused / 4) << row.counted.kind << ": too many were refused";
        seen += row.counted.kept + row.counted.refused;
    }
    EXPECT_EQ(seen, count);
}

TEST(CodecLaw, EveryFloatOfAMillionComesBackBitForBit)
{
    random_value::source random(7);
    for (int i = 0; i < (random_value::sanitized ? 50'000 : 1'000'000); ++i)
    {
        const float value = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
        if (!std::isfinite(value))
            continue;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(decode<float>(encode(value))), std::bit_cast<std::uint32_t>(value));
    }
}

TEST(CodecLaw, DoublesInJsonValuesComeBackBitForBit)
{
    random_value::source random(8);
    for (int i = 0; i < (random_value::sanitized ? 50'000 : 1'000'000); ++i)
    {
        const double value = std::bit_cast<double>(random.next());
        if (!std::isfinite(value))
            continue;
        const auto back = decode<boost::json::value>(encode(boost::json::value(value)));
        ASSERT_EQ(std::bit_cast<std::uint64_t>(back.as_double()), std::bit_cast<std::uint64_t>(value));
    }
}
}
