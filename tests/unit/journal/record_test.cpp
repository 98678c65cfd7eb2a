#include "journal/record.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace
{
using namespace everstep::journal;

constexpr record_key at{7, 3};

std::string sealed(std::string_view body, std::uint64_t previous = 0)
{
    std::string value(1, static_cast<char>(record_format));
    value.append(body);
    seal(table::run, at, value, previous);
    return value;
}

TEST(Record, SealedValueGivesItsBody)
{
    std::string_view body;
    const std::string value = sealed("body");
    ASSERT_EQ(check_record(table::run, at, value, body), record_check::good);
    EXPECT_EQ(body, "body");
}

TEST(Record, ValueUnderAnotherKeyIsDamaged)
{
    std::string_view body;
    EXPECT_EQ(check_record(table::run, {7, 4}, sealed("body"), body), record_check::damaged);
    EXPECT_EQ(check_record(table::run, {8, 3}, sealed("body"), body), record_check::damaged);
    EXPECT_EQ(check_record(table::run, {3, 7}, sealed("body"), body), record_check::damaged);
}

TEST(Record, ValueInAnotherTableIsDamaged)
{
    std::string_view body;
    EXPECT_EQ(check_record(table::wake, at, sealed("body"), body), record_check::damaged);
}

TEST(Record, ValueAfterAnotherRecordIsDamaged)
{
    std::string_view body;
    EXPECT_EQ(check_record(table::run, at, sealed("body", 5), body, 6), record_check::damaged);
    EXPECT_EQ(check_record(table::run, at, sealed("body", 5), body, 5), record_check::good);
}

TEST(Record, NewerFormatIsSeenWhateverFollows)
{
    std::string_view body;
    EXPECT_EQ(check_record(table::run, at, "\x02", body), record_check::newer_format);
    EXPECT_EQ(check_record(table::run, at, "\xFFxyz", body), record_check::newer_format);
}

TEST(Record, EmptyShortAndLongValuesAreDamaged)
{
    std::string_view body;
    EXPECT_EQ(check_record(table::run, at, "", body), record_check::damaged);
    EXPECT_EQ(check_record(table::run, at, "\x01", body), record_check::damaged);
    EXPECT_EQ(check_record(table::run, at,
                           "\x01"
                           "1234567",
                           body),
              record_check::damaged);
    EXPECT_EQ(check_record(table::run, at, sealed(std::string(record_bytes_max, 'x')), body), record_check::damaged);
}

TEST(Record, KeysAreOrderedByTheirFirstNumber)
{
    EXPECT_LT((record_key{1, 9}), (record_key{2, 0}));
    EXPECT_LT((record_key{1, 1}), (record_key{1, 2}));
}
}
