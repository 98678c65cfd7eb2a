#include "journal/header.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace
{
using namespace everstep::journal;
using everstep::base::run_number;

constexpr record_key at = header_key(run_number{7});

run_header parked_header()
{
    run_header header;
    header.state = run_state::parked;
    header.reason = park_reason::divergence;
    header.version = 3;
    header.seed = {0x0123456789ABCDEF, 0xFEDCBA9876543210};
    header.started_at = 1'700'000'000'000'000;
    header.ended_at = -1;
    header.reply_seq = 4;
    header.end_seq = 17;
    header.chain = 5;
    header.workflow = "checkout";
    header.id = "A-1001";
    header.text = "entry 17 was step 'charge'";
    return header;
}

/// A header record with one byte of the body changed and a right checksum.
std::optional<run_header> with_byte(std::size_t offset, char byte)
{
    std::string value = encode(at, parked_header());
    value.resize(value.size() - checksum_bytes);
    value[offset] = byte;
    seal(table::run, at, value);
    return decode_header(at, value);
}

TEST(Header, EveryFieldComesBack)
{
    const auto read = decode_header(at, encode(at, parked_header()));
    ASSERT_TRUE(read);
    const run_header want = parked_header();
    EXPECT_EQ(read->state, want.state);
    EXPECT_EQ(read->reason, want.reason);
    EXPECT_EQ(read->version, want.version);
    EXPECT_EQ(read->seed, want.seed);
    EXPECT_EQ(read->started_at, want.started_at);
    EXPECT_EQ(read->ended_at, want.ended_at);
    EXPECT_EQ(read->reply_seq, want.reply_seq);
    EXPECT_EQ(read->end_seq, want.end_seq);
    EXPECT_EQ(read->chain, want.chain);
    EXPECT_EQ(read->workflow, want.workflow);
    EXPECT_EQ(read->id, want.id);
    EXPECT_EQ(read->text, want.text);
}

TEST(Header, LargestOneFitsOneRecord)
{
    run_header header = parked_header();
    header.workflow.assign(workflow_bytes_max, 'w');
    header.id.assign(id_bytes_max, 'i');
    header.text.assign(5000, 't');
    const std::string value = encode(at, header);
    EXPECT_LE(value.size(), record_bytes_max);
    const auto read = decode_header(at, value);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->text.size(), park_text_bytes_max);
}

TEST(Header, TextIsCutBetweenCharacters)
{
    run_header header = parked_header();
    header.text = std::string(park_text_bytes_max - 1, 't') + "\xC3\xA4 and more";
    const auto read = decode_header(at, encode(at, header));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->text, std::string(park_text_bytes_max - 1, 't'));
}

TEST(Header, UnknownStatesAndReasonsAreRefused)
{
    EXPECT_TRUE(with_byte(1, static_cast<char>(run_state::running)));
    EXPECT_FALSE(with_byte(1, 0));
    EXPECT_TRUE(with_byte(1, static_cast<char>(run_state::continued)));
    EXPECT_FALSE(with_byte(1, static_cast<char>(run_state::continued) + 1));
    EXPECT_TRUE(with_byte(2, static_cast<char>(park_reason::compensation_failed)));
    EXPECT_FALSE(with_byte(2, static_cast<char>(park_reason::compensation_failed) + 1));
}

TEST(Header, ReasonsAreNamedAsTheStatusNamesThem)
{
    EXPECT_EQ(name_of(park_reason::retries_exhausted), "retries_exhausted");
    EXPECT_EQ(name_of(park_reason::compensation_failed), "compensation_failed");
}

TEST(Header, EveryShorterBodyIsRefusedWhateverItsChecksum)
{
    const std::string whole = encode(at, parked_header());
    for (std::size_t size = 1; size < whole.size() - checksum_bytes; ++size)
    {
        std::string value = whole.substr(0, size);
        seal(table::run, at, value);
        EXPECT_FALSE(decode_header(at, value)) << size;
    }
}

TEST(Header, NamesOverTheLimitAreRefusedWhateverTheirChecksum)
{
    run_header header = parked_header();
    header.id.assign(id_bytes_max, 'i');
    std::string value = encode(at, header);
    value.resize(value.size() - checksum_bytes);
    const std::string length("\xFF\x01", 2);
    const std::size_t place = value.find(length + "i");
    ASSERT_NE(place, std::string::npos);
    value.replace(place, 2, "\x80\x02");
    value.insert(place + 2, "i");
    seal(table::run, at, value);
    EXPECT_FALSE(decode_header(at, value));
}

TEST(HeaderDeathTest, NameOverTheLimitIsNotWritten)
{
    run_header header = parked_header();
    header.id.assign(id_bytes_max + 1, 'i');
    EXPECT_DEATH(encode(at, header), "broken invariant");
}

TEST(WakeRow, ComesBackUnderItsKeyOnly)
{
    const wake_row row{{9, 0x1122334455667788}, 0x99AABBCCDDEEFF00};
    const record_key key = wake_key(1'700'000'000'000'000, run_number{7});
    const auto read = decode_wake(key, encode(key, row));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->end, row.end);
    EXPECT_EQ(read->id_hash, row.id_hash);
    EXPECT_FALSE(decode_wake(wake_key(due_now, run_number{7}), encode(key, row)));
}

TEST(WakeRow, MessagesOnlySortsAfterEveryTime)
{
    EXPECT_LT(wake_key(due_now, run_number{9}), wake_key(1, run_number{1}));
    EXPECT_LT(wake_key(INT64_MAX - 1, run_number{9}), wake_key(due_never, run_number{1}));
}

TEST(Meta, ComesBack)
{
    const meta_record meta{journal_format, 12, 1001, 1'700'000'000'000'000};
    const auto read = decode_meta({0, 0}, encode({0, 0}, meta));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->format, journal_format);
    EXPECT_EQ(read->epoch, 12U);
    EXPECT_EQ(read->next_run, 1001U);
    EXPECT_EQ(read->clock, 1'700'000'000'000'000);
}

TEST(Meta, NewerJournalGivesItsFormatAndNothingElse)
{
    const auto read = decode_meta({0, 0}, encode({0, 0}, meta_record{9, 12, 1001, 5}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->format, 9U);
    EXPECT_EQ(read->epoch, 0U);
    EXPECT_EQ(read->next_run, 0U);
}

TEST(Meta, NewerRecordGivesItsFormatAndNothingElse)
{
    const auto read = decode_meta({0, 0}, "\x05 unknown bytes");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->format, 5U);
    EXPECT_EQ(read->epoch, 0U);
}

TEST(Meta, ANewerRecordIsOfANewerJournalWhateverTheirNumbers)
{
    const auto read = decode_meta({0, 0}, "\x02 unknown bytes");
    ASSERT_TRUE(read);
    EXPECT_GT(read->format, journal_format);
}

TEST(Meta, DamagedOneIsNotTakenForANewerOne)
{
    std::string value(encode({0, 0}, meta_record{journal_format, 12, 1001, 5}));
    value[1] = 9;
    EXPECT_FALSE(decode_meta({0, 0}, value));
    EXPECT_FALSE(decode_meta({0, 0}, ""));
}

TEST(Id, RunNumberComesBack)
{
    const record_key key = id_key(run_number{40'000}, id_hash("checkout", "A-1"));
    EXPECT_EQ(key.major, 2U);
    EXPECT_EQ(decode_id(key, encode_id(key, run_number{40'000})), run_number{40'000});
    EXPECT_FALSE(decode_id({1, key.minor}, encode_id(key, run_number{40'000})));
}

TEST(Id, HashTellsNameFromId)
{
    EXPECT_NE(id_hash("ab", "c"), id_hash("a", "bc"));
    EXPECT_EQ(id_hash("checkout", "A-1"), everstep::base::hash64(std::string_view("checkout\0A-1", 12)));
}

TEST(Id, HashOfNamesOverTheLimitIsTheSameFunction)
{
    const std::string id(1000, 'i');
    EXPECT_EQ(id_hash("w", id), everstep::base::hash64(std::string("w") + '\0' + id));
}

TEST(Finished, RowIsCheckedWithItsKey)
{
    const record_key key = finished_key(5, run_number{7});
    EXPECT_TRUE(check_finished(key, encode_finished(key)));
    EXPECT_FALSE(check_finished(finished_key(6, run_number{7}), encode_finished(key)));
}

TEST(Finished, RowWithABodyIsRefused)
{
    const record_key key = finished_key(5, run_number{7});
    std::string value = "\x01x";
    seal(table::finished, key, value);
    EXPECT_FALSE(check_finished(key, value));
}
}
