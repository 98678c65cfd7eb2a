#include "journal/row.hpp"

#include "journal/record.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace everstep::journal
{
namespace
{
using records = std::vector<std::pair<std::string, std::string>>;

records written(std::string_view name, std::string_view value)
{
    records all;
    append_row(name, value, [&](std::string_view key, std::string_view record) { all.emplace_back(key, record); });
    return all;
}

std::string letters(std::size_t size)
{
    std::string text;
    for (std::size_t n = 0; n < size; ++n)
        text.push_back(static_cast<char>('a' + n % 26));
    return text;
}

/// Every row as "name=value" with its records' number, or the fault.
std::string read(const records& all)
{
    row_reader reader;
    std::string text;
    for (const auto& [key, record] : all)
        switch (reader.take(key, record))
        {
        case row_reader::progress::more: break;
        case row_reader::progress::whole:
            text.append(reader.name()).append("=").append(reader.value()).append(":").append(std::to_string(reader.records())).append(" ");
            break;
        case row_reader::progress::refused: return reader.fault();
        }
    return reader.finish() ? text : reader.fault();
}

std::string hex(std::string_view bytes)
{
    std::string text;
    for (const char one : bytes)
        for (const int shift : {4, 0})
            text.push_back("0123456789abcdef"[static_cast<unsigned char>(one) >> shift & 15]);
    return text;
}

// A row for each number of records that matters: empty, one that is just whole, one byte more, and several.
constexpr std::size_t whole_max = 1990;
constexpr std::size_t sizes[] = {0, 1, whole_max, whole_max + 1, whole_max + 1986, 10'000};

TEST(Row, IsReadBackEqualWhateverItsLength)
{
    for (const std::size_t size : sizes)
    {
        const std::string value = letters(size);
        const records all = written("table-k1", value);
        EXPECT_EQ(read(all), "table-k1=" + value + ":" + std::to_string(all.size()) + " ") << size;
    }
}

TEST(Row, TakesAsManyRecordsAsItSays)
{
    for (const std::size_t size : sizes)
        EXPECT_EQ(row_records(8, size), written("table-k1", letters(size)).size()) << size;
    EXPECT_EQ(row_records(8, whole_max), 1u);
    EXPECT_EQ(row_records(8, whole_max + 1), 2u);
}

TEST(Row, ItsFirstRecordTellsHowManyThereAre)
{
    for (const std::size_t size : sizes)
        EXPECT_EQ(row_records_told(8, written("table-k1", letters(size)).front().second), row_records(8, size)) << size;
}

/// LMDB gives a page of its own to what is longer with its key; two that are not fit a page.
TEST(Row, NoRecordIsLongerThanAPageAllowsWhateverItsKey)
{
    for (const std::size_t name : {1u, 8u, 14u, 15u, 24u, 100u, 498u})
        for (const std::size_t size : {0u, 1'500u, 1'990u, 10'000u})
        {
            const records all = written(std::string(name, 'n'), letters(size));
            for (const auto& [key, record] : all)
            {
                EXPECT_LE(record.size(), record_bytes_max);
                EXPECT_LE(key.size() + record.size(), 2'016u) << name << " " << size;
            }
            EXPECT_EQ(row_records(name, size), all.size());
            EXPECT_EQ(row_records_told(name, all.front().second), all.size());
            EXPECT_EQ(read(all), std::string(name, 'n') + "=" + letters(size) + ":" + std::to_string(all.size()) + " ");
        }
}

TEST(Row, RowsFollowEachOther)
{
    records all = written("table-k1", "a");
    for (const auto& one : written("table-k2", letters(3'000)))
        all.push_back(one);
    for (const auto& one : written("table-k3", ""))
        all.push_back(one);
    EXPECT_EQ(read(all), "table-k1=a:1 table-k2=" + letters(3'000) + ":2 table-k3=:1 ");
}

TEST(Row, EveryFlippedBitIsSeen)
{
    const records good = written("table-k1", letters(2'100));
    for (std::size_t record = 0; record < good.size(); ++record)
        for (std::size_t bit = 0; bit < good[record].second.size() * 8; ++bit)
        {
            records bad = good;
            bad[record].second[bit / 8] = static_cast<char>(bad[record].second[bit / 8] ^ (1 << (bit % 8)));
            EXPECT_NE(read(bad), read(good)) << record << " " << bit;
            EXPECT_EQ(read(bad).find("table-k1="), std::string::npos) << record << " " << bit;
        }
}

TEST(Row, ARecordAtAnotherKeyIsSeen)
{
    records moved = written("table-k1", "a");
    moved[0].first = written("table-k2", "a")[0].first;
    EXPECT_EQ(read(moved), "record 0 of a row: its checksum, or that of the record before it, does not match");
}

TEST(Row, ARecordOfAnotherVersionOfTheRowIsSeen)
{
    records mixed = written("table-k1", letters(3'000));
    mixed[1] = written("table-k1", "!" + letters(2'999))[1];
    EXPECT_EQ(read(mixed), "record 1 of a row: its checksum, or that of the record before it, does not match");
}

TEST(Row, AMissingRecordIsSeen)
{
    const records whole = written("table-k1", letters(6'000));
    records none_between = whole;
    none_between.erase(none_between.begin() + 1);
    EXPECT_EQ(read(none_between), "record 1 of a row: it is missing: another key follows");
    records no_first = whole;
    no_first.erase(no_first.begin());
    EXPECT_EQ(read(no_first), "record 0 of a row: it is missing: another key follows");
    records no_last = whole;
    no_last.pop_back();
    EXPECT_EQ(read(no_last), "record 3 of a row: it is missing: the table ends before it");
    no_last.push_back(written("table-k2", "a")[0]);
    EXPECT_EQ(read(no_last), "record 3 of a row: it is missing: another key follows");
}

TEST(Row, ARecordOfANewerFormatIsCalledSo)
{
    records newer = written("table-k1", "a");
    newer[0].second[0] = 2;
    EXPECT_EQ(read(newer), "record 0 of a row: it is of a newer format");
}

TEST(Row, NothingIsReadBehindAFault)
{
    row_reader reader;
    EXPECT_EQ(reader.take("table-k1\0\0", ""), row_reader::progress::refused);
    const records good = written("table-k1", "a");
    EXPECT_EQ(reader.take(good[0].first, good[0].second), row_reader::progress::refused);
    EXPECT_FALSE(reader.finish());
}

TEST(Row, ShortKeysAndRecordsAreRefused)
{
    row_reader reader;
    EXPECT_EQ(reader.take("", "\1\1........."), row_reader::progress::refused);
    row_reader other;
    EXPECT_EQ(other.take(written("table-k1", "a")[0].first, "\1\1"), row_reader::progress::refused);
    EXPECT_EQ(other.fault(), "record 0 of a row: its length or format is impossible");
}

TEST(Row, BytesAreThoseOfTheFormat)
{
    const records all = written(std::string("\x01\x02\x03\x04\x05\x06\x07\x08", 8) + std::string("A-1\0\1", 5), "{\"left\":3}");
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(hex(all[0].first), "0102030405060708412d3100010000");
    EXPECT_EQ(hex(all[0].second).substr(0, 24), "01017b226c656674223a337d");
}
}
}
