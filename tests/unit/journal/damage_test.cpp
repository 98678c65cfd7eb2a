// Bytes that were changed behind our back: by a disk, a bug or an enemy. All is seen or refused, and nothing crashes.

#include "base/bytes.hpp"
#include "sample_history.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>

namespace
{
using namespace everstep::journal;
using everstep::base::run_number;

void flip(std::string& bytes, std::size_t bit)
{
    bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << (bit % 8)));
}

record_key flipped(record_key at, unsigned bit)
{
    std::uint64_t& half = bit < 64 ? at.major : at.minor;
    half ^= std::uint64_t{1} << (bit % 64);
    return at;
}

bool reads_whole(const sample::records& all)
{
    history_reader reader(sample::run);
    for (const auto& [at, value] : all)
        if (!reader.take(at, value))
            return false;
    return reader.finish();
}

/// Every kind, and an entry of three chunks.
sample::records sample_records(const std::string& payload)
{
    auto all = sample::entries();
    all.insert(all.begin() + 2, sample::of_step(entry_kind::step_done));
    all[2].payload = payload;
    return sample::history_of(all);
}

TEST(Damage, EverySingleBitFlipInAHistoryIsSeen)
{
    const std::string payload(4500, 'p');
    auto all = sample_records(payload);
    ASSERT_TRUE(reads_whole(all));
    std::size_t unseen = 0;
    for (auto& record : all)
        for (std::size_t bit = 0; bit < record.second.size() * 8; ++bit)
        {
            flip(record.second, bit);
            unseen += reads_whole(all) ? 1U : 0U;
            flip(record.second, bit);
        }
    EXPECT_EQ(unseen, 0U);
}

TEST(Damage, EverySingleBitFlipInAKeyOfAHistoryIsSeen)
{
    const std::string payload(4500, 'p');
    auto all = sample_records(payload);
    std::size_t unseen = 0;
    for (auto& record : all)
        for (unsigned bit = 0; bit < 128; ++bit)
        {
            record.first = flipped(record.first, bit);
            unseen += reads_whole(all) ? 1U : 0U;
            record.first = flipped(record.first, bit);
        }
    EXPECT_EQ(unseen, 0U);
}

void expect_every_flip_refused(record_key at, std::string_view value,
                               const std::function<bool(record_key, std::string_view)>& accepts)
{
    ASSERT_TRUE(accepts(at, value));
    std::size_t unseen = 0;
    std::string damaged(value);
    for (std::size_t bit = 0; bit < damaged.size() * 8; ++bit)
    {
        flip(damaged, bit);
        unseen += accepts(at, damaged) ? 1U : 0U;
        flip(damaged, bit);
    }
    for (unsigned bit = 0; bit < 128; ++bit)
        unseen += accepts(flipped(at, bit), value) ? 1U : 0U;
    EXPECT_EQ(unseen, 0U);
}

TEST(Damage, EverySingleBitFlipInAHeaderIsSeen)
{
    run_header header;
    header.workflow = "checkout";
    header.id = "A-1";
    header.text = "why";
    const record_key at = header_key(run_number{7});
    expect_every_flip_refused(at, encode(at, header),
                              [](record_key key, std::string_view value)
                              { return decode_header(key, value).has_value(); });
}

TEST(Damage, EverySingleBitFlipInAWakeRowIsSeen)
{
    const record_key at = wake_key(1'700'000'000'000'000, run_number{7});
    expect_every_flip_refused(at, encode(at, wake_row{{3, 4}, 5}),
                              [](record_key key, std::string_view value)
                              { return decode_wake(key, value).has_value(); });
}

TEST(Damage, EverySingleBitFlipInTheMetaRecordIsSeen)
{
    const record_key at{0, 0};
    expect_every_flip_refused(at, encode(at, meta_record{journal_format, 2, 3, 4}),
                              [](record_key key, std::string_view value)
                              {
                                  const auto meta = decode_meta(key, value);
                                  return meta && meta->format == journal_format;
                              });
}

TEST(Damage, EverySingleBitFlipInAnIdRowIsSeen)
{
    const record_key at = id_key(run_number{7}, id_hash("checkout", "A-1"));
    expect_every_flip_refused(at, encode_id(at, run_number{7}),
                              [](record_key key, std::string_view value) { return decode_id(key, value).has_value(); });
}

TEST(Damage, EverySingleBitFlipInAFinishedRowIsSeen)
{
    const record_key at = finished_key(5, run_number{7});
    expect_every_flip_refused(at, encode_finished(at), check_finished);
}

/// Changes, cuts, repeats or inserts some bytes.
void mutate(std::string& bytes, std::mt19937_64& random)
{
    for (std::uint64_t times = 1 + random() % 4; times != 0; --times)
    {
        const std::size_t place = bytes.empty() ? 0 : random() % bytes.size();
        switch (random() % 5)
        {
        case 0:
            bytes.insert(place, 1 + random() % 3, static_cast<char>(random()));
            break;
        case 1:
            bytes.resize(place);
            break;
        case 2:
            bytes.append(bytes.substr(place));
            break;
        default:
            if (!bytes.empty())
                bytes[place] = static_cast<char>(random());
        }
    }
}

TEST(Damage, MillionMutatedEntriesCrashNothingAndKeepOneSpelling)
{
    std::mt19937_64 random(20240601);
    std::vector<std::string> bodies;
    for (const entry& e : sample::entries())
        encode(e, bodies.emplace_back());
    std::size_t accepted = 0;
    std::size_t spelled_otherwise = 0;
    for (int i = 0; i < 1'000'000; ++i)
    {
        std::string body = bodies[random() % bodies.size()];
        mutate(body, random);
        entry e;
        if (!decode(body, e))
            continue;
        ++accepted;
        std::string again;
        encode(e, again);
        spelled_otherwise += again == body ? 0U : 1U;
    }
    EXPECT_GT(accepted, 10'000U);
    EXPECT_EQ(spelled_otherwise, 0U);
}

TEST(Damage, MutatedRecordsWithRightChecksumsCrashNothing)
{
    std::mt19937_64 random(20240602);
    const std::string payload(4500, 'p');
    const auto all = sample_records(payload);
    std::size_t refused = 0;
    for (int i = 0; i < 100'000; ++i)
    {
        history_reader reader(sample::run);
        const std::size_t target = random() % all.size();
        std::uint64_t previous = first_tail(sample::run).checksum;
        for (std::size_t record = 0; record <= target; ++record)
        {
            auto [at, value] = all[record];
            value.resize(value.size() - checksum_bytes);
            if (record == target)
                mutate(value, random);
            previous = seal(table::history, at, value, previous);
            refused += reader.take(at, value) ? 0U : 1U;
        }
        reader.finish();
        for (const std::string_view body : reader.entries())
        {
            entry e;
            decode(body, e);
        }
    }
    EXPECT_GT(refused, 1'000U);
}

TEST(Damage, MutatedHeadersWithRightChecksumsCrashNothing)
{
    std::mt19937_64 random(20240603);
    run_header header;
    header.workflow = "checkout";
    header.id = "A-1";
    const record_key at = header_key(run_number{7});
    const std::string whole = encode(at, header);
    std::size_t refused = 0;
    for (int i = 0; i < 200'000; ++i)
    {
        std::string value = whole.substr(0, whole.size() - checksum_bytes);
        mutate(value, random);
        seal(table::run, at, value);
        refused += decode_header(at, value) ? 0U : 1U;
    }
    EXPECT_GT(refused, 1'000U);
}
}
