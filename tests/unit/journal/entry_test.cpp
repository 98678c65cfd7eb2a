#include "journal/entry.hpp"

#include "sample_history.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace
{
using namespace everstep::journal;

std::string bytes_of(const entry& e)
{
    std::string bytes;
    encode(e, bytes);
    return bytes;
}

TEST(Entry, EveryKindComesBackWithAllItsFields)
{
    std::set<entry_kind> seen;
    for (const entry& e : sample::entries())
    {
        const std::string bytes = bytes_of(e);
        entry read;
        ASSERT_TRUE(decode(bytes, read)) << name_of(e.kind);
        EXPECT_TRUE(sample::same(read, e)) << name_of(e.kind);
        seen.insert(e.kind);
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(last_entry_kind));
}

TEST(Entry, DecodingForgetsWhatWasThereBefore)
{
    const std::string cancelled = bytes_of(sample::of_kind(entry_kind::cancelled));
    entry read = sample::of_failure(entry_kind::step_failed, operation_kind::undo);
    ASSERT_TRUE(decode(cancelled, read));
    EXPECT_TRUE(sample::same(read, sample::of_kind(entry_kind::cancelled)));
}

TEST(Entry, FieldsThatAKindDoesNotCarryAreLeftOut)
{
    entry e = sample::of_failure(entry_kind::cancelled, operation_kind::step);
    e.text = {};
    EXPECT_EQ(bytes_of(e), bytes_of(sample::of_kind(entry_kind::cancelled)));
}

TEST(Entry, EncodingAppends)
{
    std::string bytes = "before";
    encode(sample::of_kind(entry_kind::cancelled), bytes);
    EXPECT_EQ(bytes.substr(0, 6), "before");
    EXPECT_EQ(bytes.size(), 6U + 10U);
}

TEST(Entry, PayloadKeepsEveryByte)
{
    std::string payload;
    for (int i = 0; i < 70'000; ++i)
        payload.push_back(static_cast<char>(i % 256));
    entry e = sample::of_kind(entry_kind::started);
    e.payload = payload;
    const std::string bytes = bytes_of(e);
    entry read;
    ASSERT_TRUE(decode(bytes, read));
    EXPECT_EQ(read.payload, payload);
}

TEST(Entry, LargestNumbersComeBack)
{
    entry e = sample::of_step(entry_kind::step_retry);
    e.where = path();
    while (e.where.push(UINT32_MAX))
        ;
    e.at = INT64_MIN;
    e.due = INT64_MAX;
    e.attempts = UINT32_MAX;
    e.line = UINT32_MAX;
    const std::string bytes = bytes_of(e);
    entry read;
    ASSERT_TRUE(decode(bytes, read));
    EXPECT_TRUE(sample::same(read, e));
}

TEST(Entry, EveryShorterPrefixIsRefused)
{
    for (entry e : sample::entries())
    {
        e.payload = {}; // an entry that ends in its payload is whole without it
        const std::string bytes = bytes_of(e);
        entry read;
        for (std::size_t size = 0; size < bytes.size(); ++size)
            EXPECT_FALSE(decode(std::string_view(bytes).substr(0, size), read)) << name_of(e.kind) << " " << size;
    }
}

TEST(Entry, TrailingBytesAreRefusedWhereThereIsNoPayload)
{
    entry read;
    EXPECT_FALSE(decode(bytes_of(sample::of_kind(entry_kind::cancelled)) + "x", read));
    EXPECT_FALSE(decode(bytes_of(sample::of_failure(entry_kind::step_failed, operation_kind::step)) + "x", read));
}

TEST(Entry, ArgumentsAreMarkedAtTheOperationAndWrittenBehindTheType)
{
    entry e = sample::of_step(entry_kind::step_done);
    const std::string without = bytes_of(e);
    e.args = "[7]";
    const std::string with = bytes_of(e);
    EXPECT_EQ(with[1], without[1] | '\x80');
    EXPECT_EQ(with.substr(2), without.substr(2) + "\3[7]");
}

TEST(Entry, MarkedArgumentsThatAreNoneAreRefused)
{
    entry read;
    std::string bytes = bytes_of(sample::of_step(entry_kind::step_dropped));
    ASSERT_TRUE(decode(bytes, read));
    bytes[1] = static_cast<char>(bytes[1] | '\x80');
    EXPECT_FALSE(decode(bytes + std::string(1, '\0'), read));
}

TEST(Entry, UnknownKindsAreRefused)
{
    entry read;
    std::string bytes = bytes_of(sample::of_kind(entry_kind::cancelled));
    for (const int kind : {0, static_cast<int>(last_entry_kind) + 1, 127, 255})
    {
        bytes[0] = static_cast<char>(kind);
        EXPECT_FALSE(decode(bytes, read)) << kind;
    }
}

TEST(Entry, UnknownOperationsAreRefused)
{
    entry read;
    std::string bytes = bytes_of(sample::of_step(entry_kind::step_done));
    for (const int operation : {0, static_cast<int>(operation_kind::answer) + 1, 127, 128, 128 + static_cast<int>(operation_kind::answer) + 1, 255})
    {
        bytes[1] = static_cast<char>(operation);
        EXPECT_FALSE(decode(bytes, read)) << operation;
    }
}

TEST(Entry, UnknownClockIsRefused)
{
    entry read;
    entry e = sample::of_kind(entry_kind::timer_set);
    e.where = path(1);
    std::string bytes = bytes_of(e);
    ASSERT_TRUE(decode(bytes, read));
    bytes[11] = 2; // kind, path of two bytes, time
    EXPECT_FALSE(decode(bytes, read));
}

TEST(Entry, PathDeeperThanTheLimitIsRefused)
{
    entry read;
    const std::string front(1, static_cast<char>(entry_kind::timer_fired));
    const std::string time(8, '\0');
    EXPECT_TRUE(decode(front + "\x0F" + std::string(15, '\1') + time, read));
    EXPECT_FALSE(decode(front + "\x10" + std::string(16, '\1') + time, read));
    EXPECT_FALSE(decode(front + "\x7F" + std::string(127, '\1') + time, read));
}

TEST(Entry, TypicalStepHasLessThanSixtyBytesBesideItsResult)
{
    entry e = sample::of_step(entry_kind::step_done);
    e.where = path(3);
    const std::string payload(100, 'x');
    e.payload = payload;
    const auto written = sample::history_of({e});
    ASSERT_EQ(written.size(), 1U);
    EXPECT_LT(written.front().second.size() - payload.size(), 60U);
}

TEST(Entry, NamesAreThoseOfTheFormat)
{
    EXPECT_EQ(name_of(operation_kind::undo), "undo");
    EXPECT_EQ(name_of(operation_kind::none), "none");
    EXPECT_EQ(name_of(static_cast<operation_kind>(99)), "unknown");
    EXPECT_EQ(name_of(entry_kind::step_done), "step_done");
    EXPECT_EQ(name_of(entry_kind::resumed), "resumed");
    EXPECT_EQ(name_of(static_cast<entry_kind>(99)), "unknown");
}

TEST(EntryDeathTest, EntryThatCouldNotBeReadBackIsNotWritten)
{
    std::string bytes;
    EXPECT_DEATH(encode(entry{}, bytes), "broken invariant");
    EXPECT_DEATH(encode(sample::of_kind(entry_kind::step_done), bytes), "broken invariant");
}
}
