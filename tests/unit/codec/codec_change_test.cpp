// Types change while their values lie in journals.

#include <gtest/gtest.h>

#include "shop_types.hpp"

namespace change
{
struct today
{
    std::string id;
    int count{42};
    shop::color tint{shop::color::green};
    std::vector<int> list{1, 2};
    bool operator==(const today&) const = default;
};
BOOST_DESCRIBE_STRUCT(today, (), (id, count, tint, list))

enum class state
{
    open,
    done
};
BOOST_DESCRIBE_ENUM(state, open, done)

struct half
{
    int kept{};
    int left_out{5};
};
BOOST_DESCRIBE_STRUCT(half, (), (kept))
}

template <>
struct everstep::codec_names<change::today>
{
    static constexpr codec_alias aliases[] = {{"number", "id"}, {"quantity", "count"}};
};
template <>
struct everstep::codec_names<change::state>
{
    static constexpr std::array aliases{codec_alias{"finished", "done"}};
};
template <>
struct everstep::codec_names<change::half>
{
    static constexpr bool partial = true;
};

namespace
{
using everstep::decode;

TEST(CodecChange, MissingMembersKeepTheirDefaults)
{
    EXPECT_EQ(decode<change::today>(R"({"id":"x"})"), (change::today{.id = "x"}));
    EXPECT_EQ(decode<change::today>("{}"), change::today{});
}

TEST(CodecChange, UnknownMembersAreSkippedWhateverTheyHold)
{
    EXPECT_EQ(decode<change::today>(R"({"new":[{"a":[1,{"b":null}]},"]}"],"id":"x","more":{"id":"y"},"count":1})"),
              (change::today{.id = "x", .count = 1}));
}

TEST(CodecChange, MembersMayStandInAnyOrder)
{
    EXPECT_EQ(decode<change::today>(R"({"list":[],"tint":"blue","count":3,"id":"x"})"),
              (change::today{.id = "x", .count = 3, .tint = shop::color::blue, .list = {}}));
}

TEST(CodecChange, NamesWithEscapesAreTheSameNames)
{
    EXPECT_EQ(decode<change::today>(R"({"\u0069d":"x","co\u0075nt":3})"), (change::today{.id = "x", .count = 3}));
}

TEST(CodecChange, RenamedMembersAreFoundByTheirOldNames)
{
    EXPECT_EQ(decode<change::today>(R"({"number":"x","quantity":3})"), (change::today{.id = "x", .count = 3}));
}

TEST(CodecChange, OldAndNewNameTogetherAreRefused)
{
    EXPECT_THROW(decode<change::today>(R"({"id":"x","number":"y"})"), everstep::codec_error);
}

TEST(CodecChange, RenamedEnumeratorsAreFoundByTheirOldNames)
{
    EXPECT_EQ(decode<change::state>("\"finished\""), change::state::done);
    EXPECT_EQ(everstep::encode(change::state::done), "\"done\"");
}

TEST(CodecChange, ReadingReplacesDefaults) { EXPECT_TRUE(decode<change::today>(R"({"list":[]})").list.empty()); }

TEST(CodecChange, AnIntegerMayBecomeAReal) { EXPECT_EQ(decode<double>("3"), 3.0); }

TEST(CodecChange, AFloatMayBecomeADouble) { EXPECT_EQ(decode<double>(everstep::encode(0.1F)), 0.1); }

TEST(CodecChange, AValueMayBecomeOptional) { EXPECT_EQ(decode<std::optional<int>>("3"), 3); }

TEST(CodecChange, MembersLeftOutOnPurposeKeepTheirDefaults)
{
    EXPECT_EQ(everstep::encode(change::half{1, 2}), R"({"kept":1})");
    EXPECT_EQ(decode<change::half>(R"({"kept":1,"left_out":9})").left_out, 5);
}
}
