#include "journal/history.hpp"

#include "base/bytes.hpp"
#include "sample_history.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace
{
using namespace everstep::journal;
using everstep::base::run_number;

bool read(history_reader& reader, const sample::records& all)
{
    for (const auto& [at, value] : all)
        if (!reader.take(at, value))
            return false;
    return reader.finish();
}

history_fault fault_of(const sample::records& all)
{
    history_reader reader(sample::run);
    read(reader, all);
    return reader.fault();
}

entry large_entry(const std::string& payload)
{
    entry e = sample::of_step(entry_kind::step_done);
    e.payload = payload;
    return e;
}

record_check check_body(const sample::records::value_type& record, std::uint64_t previous)
{
    std::string_view body;
    return check_record(table::history, record.first, record.second, body, previous);
}

/// Two small entries around one of three chunks.
sample::records history_with_chunks()
{
    const std::string payload(5000, 'p');
    return sample::history_of(
        {sample::of_kind(entry_kind::started), large_entry(payload), sample::of_kind(entry_kind::cancelled)});
}

/// Records of our own making, with right checksums: what only the other checks can refuse.
class forgery
{
public:
    forgery& add(record_key at, std::string_view body)
    {
        std::string value(1, static_cast<char>(record_format));
        value.append(body);
        previous_ = seal(table::history, at, value, previous_);
        all_.emplace_back(at, value);
        return *this;
    }
    const sample::records& all() const { return all_; }

private:
    std::uint64_t previous_{first_tail(sample::run).checksum};
    sample::records all_;
};

sample::records forged(std::string_view body) { return forgery().add(history_key(sample::run, 0), body).all(); }

TEST(History, EntriesComeBackInOrder)
{
    const auto all = sample::entries();
    tail end = first_tail(sample::run);
    const auto written = sample::append_all(all, end);
    history_reader reader(sample::run);
    ASSERT_TRUE(read(reader, written)) << reader.fault_text();
    ASSERT_EQ(reader.entries().size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
    {
        entry e;
        ASSERT_TRUE(decode(reader.entries()[i], e));
        EXPECT_TRUE(sample::same(e, all[i])) << i;
    }
    EXPECT_EQ(reader.end(), end);
}

TEST(History, KeysAreRunAndRisingSequence)
{
    const auto written = history_with_chunks();
    ASSERT_EQ(written.size(), 5U);
    EXPECT_EQ(written[0].first, (record_key{7, 0}));
    EXPECT_EQ(written[1].first, (record_key{7, 1 << 16}));
    EXPECT_EQ(written[3].first, (record_key{7, (1 << 16) + 2}));
    EXPECT_EQ(written[4].first, (record_key{7, 2 << 16}));
}

TEST(History, PayloadsOfEveryLengthAroundTheRecordLimitComeBack)
{
    for (std::size_t size = 1880; size < 2080; ++size)
    {
        const std::string payload(size, 'x');
        const auto written = sample::history_of({large_entry(payload)});
        history_reader reader(sample::run);
        ASSERT_TRUE(read(reader, written)) << size << reader.fault_text();
        entry e;
        ASSERT_TRUE(decode(reader.entries().at(0), e));
        EXPECT_EQ(e.payload, payload);
    }
}

TEST(History, LargestPayloadFitsRecordsThatFitAPage)
{
    const std::string payload(1 << 20, 'x');
    const auto written = sample::history_of({large_entry(payload)});
    std::size_t largest = 0;
    for (const auto& [at, value] : written)
        largest = std::max(largest, value.size());
    EXPECT_EQ(largest, record_bytes_max);
    history_reader reader(sample::run);
    EXPECT_TRUE(read(reader, written));
    EXPECT_GT(reader.bytes(), payload.size());
}

TEST(History, BytesOfEarlierEntriesStayWhileOthersAreTaken)
{
    history_reader reader(sample::run);
    tail end = first_tail(sample::run);
    const auto put = [&](record_key at, std::string_view value) { ASSERT_TRUE(reader.take(at, value)); };
    append(sample::run, end, sample::of_step(entry_kind::step_done), put);
    const std::string_view first = reader.entries().at(0);
    const std::string before(first);
    for (int i = 0; i < 1000; ++i)
        append(sample::run, end, sample::of_step(entry_kind::step_done), put);
    EXPECT_EQ(first, before);
}

TEST(History, AppendReturnsTheBytesOfItsRecords)
{
    const std::string payload(5000, 'x');
    tail end = first_tail(sample::run);
    std::size_t seen = 0;
    const std::size_t told = append(sample::run, end, large_entry(payload),
                                    [&](record_key, std::string_view value) { seen += value.size(); });
    EXPECT_EQ(told, seen);
    EXPECT_EQ(end.next_seq, 1U);
}

TEST(History, TailStaysWhenPutThrows)
{
    const std::string payload(5000, 'x');
    const tail before = first_tail(sample::run);
    tail end = before;
    int calls = 0;
    const auto put = [&](record_key, std::string_view)
    {
        if (++calls == 2)
            throw std::runtime_error("full");
    };
    EXPECT_THROW(append(sample::run, end, large_entry(payload), put), std::runtime_error);
    EXPECT_EQ(end, before);
}

TEST(History, EmptyHistoryIsNoFault)
{
    history_reader reader(sample::run);
    EXPECT_TRUE(reader.finish());
    EXPECT_TRUE(reader.entries().empty());
    EXPECT_EQ(reader.end(), first_tail(sample::run));
}

TEST(History, ChainsOfTwoRunsBeginDifferently) { EXPECT_NE(first_tail(run_number{7}), first_tail(run_number{8})); }

TEST(WholeEntry, IsWhatTheReaderReads)
{
    const auto written = history_with_chunks();
    history_reader reader(sample::run);
    ASSERT_TRUE(read(reader, written));
    EXPECT_EQ(whole_entry(written[0].first, written[0].second, first_tail(sample::run).checksum), reader.entries()[0]);
}

TEST(WholeEntry, IsNoneWhereTheEntryIsCut)
{
    const auto written = history_with_chunks();
    const std::string& before = written[0].second;
    const auto previous = everstep::base::load_little<std::uint64_t>(before.data() + before.size() - checksum_bytes);
    ASSERT_EQ(check_body(written[1], previous), record_check::good);
    EXPECT_EQ(whole_entry(written[1].first, written[1].second, previous), std::nullopt);
}

TEST(WholeEntry, IsNoneBehindAnotherRecord)
{
    const auto written = history_with_chunks();
    EXPECT_EQ(whole_entry(written[0].first, written[0].second, first_tail(sample::run).checksum + 1), std::nullopt);
}

TEST(WholeEntry, IsNoneAtAnotherPlace)
{
    const auto written = history_with_chunks();
    EXPECT_EQ(whole_entry(history_key(run_number{8}, 0), written[0].second, first_tail(sample::run).checksum), std::nullopt);
}

TEST(WholeEntry, IsNoneWithoutABody)
{
    for (const std::string_view body : {std::string_view(), std::string_view("\1")})
    {
        const auto all = forged(body);
        EXPECT_EQ(whole_entry(all[0].first, all[0].second, first_tail(sample::run).checksum), std::nullopt) << body.size();
    }
}

TEST(HistoryReader, MissingRecordIsDamaged)
{
    const auto whole = history_with_chunks();
    for (std::size_t missing = 0; missing + 1 < whole.size(); ++missing)
    {
        auto written = whole;
        written.erase(written.begin() + static_cast<std::ptrdiff_t>(missing));
        EXPECT_EQ(fault_of(written), history_fault::damaged) << missing;
    }
}

TEST(HistoryReader, EntryWithoutItsLastChunkIsDamaged)
{
    auto written = history_with_chunks();
    written.resize(3);
    history_reader reader(sample::run);
    EXPECT_FALSE(read(reader, written));
    EXPECT_EQ(reader.fault(), history_fault::damaged);
    EXPECT_EQ(reader.entries().size(), 1U);
    EXPECT_NE(reader.fault_text().find("run 7, entry 1, chunk 2: its last chunks are missing"), std::string::npos)
        << reader.fault_text();
}

TEST(HistoryReader, RepeatedOrExchangedRecordIsDamaged)
{
    const auto whole = history_with_chunks();
    for (std::size_t i = 0; i + 1 < whole.size(); ++i)
    {
        auto repeated = whole;
        repeated.insert(repeated.begin() + static_cast<std::ptrdiff_t>(i), whole[i]);
        EXPECT_EQ(fault_of(repeated), history_fault::damaged) << i;
        auto exchanged = whole; // values under each other's keys
        std::swap(exchanged[i].second, exchanged[i + 1].second);
        EXPECT_EQ(fault_of(exchanged), history_fault::damaged) << i;
    }
}

TEST(HistoryReader, RecordOfAnotherRunIsDamaged)
{
    history_reader reader(run_number{8});
    EXPECT_FALSE(reader.take(history_key(run_number{7}, 0), history_with_chunks()[0].second));
    EXPECT_EQ(reader.fault(), history_fault::damaged);
    history_reader moved(run_number{8});
    EXPECT_FALSE(moved.take(history_key(run_number{8}, 0), history_with_chunks()[0].second));
}

TEST(HistoryReader, OldVersionOfALaterHistoryIsDamaged)
{
    // The same entry twice, appended to different tails: a chain that was forked cannot be spliced.
    auto one = sample::entries();
    auto other = one;
    other[1].attempts = 9;
    auto spliced = sample::history_of(one);
    spliced[1] = sample::history_of(other)[1];
    EXPECT_EQ(fault_of(spliced), history_fault::damaged);
}

TEST(HistoryReader, NewerFormatIsToldBeforeTheChecksumIsLookedAt)
{
    auto written = history_with_chunks();
    written[1].second = "\x02nothing that we know";
    history_reader reader(sample::run);
    EXPECT_FALSE(read(reader, written));
    EXPECT_EQ(reader.fault(), history_fault::newer_format);
    EXPECT_EQ(reader.entries().size(), 1U);
}

TEST(HistoryReader, FirstFaultStays)
{
    auto written = history_with_chunks();
    history_reader reader(sample::run);
    EXPECT_FALSE(reader.take(written[1].first, written[1].second));
    const std::string text = reader.fault_text();
    EXPECT_FALSE(reader.take(written[0].first, written[0].second));
    EXPECT_FALSE(reader.finish());
    EXPECT_EQ(reader.fault_text(), text);
}

TEST(HistoryReader, ForgedRecordsWithARightChecksumAreRefused)
{
    const std::string huge("\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11);
    for (const std::string& body : {std::string(), std::string("\0x", 2), std::string("\x04x"), std::string("\x01"),
                                    std::string("\x03x"), std::string("\x02"), std::string("\x02\x05"),
                                    std::string("\x02\x02xx"), std::string("\x02\x01xx"), huge + "x"})
        EXPECT_EQ(fault_of(forged(body)), history_fault::damaged) << body.size();
}

TEST(HistoryReader, GapInAForgedChainIsDamaged)
{
    const auto chunk = [](std::uint32_t seq, std::uint32_t number) { return history_key(sample::run, seq, number); };
    EXPECT_EQ(fault_of(forgery().add(chunk(0, 0), "\x01x").add(chunk(1, 0), "\x01x").all()), history_fault::none);
    EXPECT_EQ(fault_of(forgery().add(chunk(0, 0), "\x01x").add(chunk(2, 0), "\x01x").all()), history_fault::damaged);
    EXPECT_EQ(fault_of(forgery().add(chunk(1, 0), "\x01x").all()), history_fault::damaged);
    EXPECT_EQ(fault_of(forgery().add({8, 0}, "\x01x").all()), history_fault::damaged);
}

TEST(HistoryReader, ForgedChunksOutOfOrderAreDamaged)
{
    const record_key first = history_key(sample::run, 0, 0);
    const record_key second = history_key(sample::run, 0, 1);
    EXPECT_EQ(fault_of(forgery().add(first, "\x02\x02x").add(second, "\x03y").all()), history_fault::none);
    EXPECT_EQ(fault_of(forgery().add(first, "\x02\x02x").add(second, "\x01y").all()), history_fault::damaged);
    EXPECT_EQ(fault_of(forgery().add(first, "\x02\x02x").add(second, "\x02\x02y").all()), history_fault::damaged);
    EXPECT_EQ(fault_of(forgery().add(first, "\x02\x02x").add(second, "\x03yz").all()), history_fault::damaged);
    EXPECT_EQ(fault_of(forgery().add(first, "\x02\x02x").add(second, "\x03").all()), history_fault::damaged);
}

TEST(HistoryReader, ForgedWholeEntryInsideAnotherIsDamaged)
{
    forgery forged;
    forged.add(history_key(sample::run, 0, 0), "\x02\x02x").add(history_key(sample::run, 0, 1), "\x01y");
    forged.add(history_key(sample::run, 1, 0), "\x03z");
    EXPECT_EQ(fault_of(forged.all()), history_fault::damaged);
}

TEST(HistoryReader, LostTailIsSeenByTheExpectedOne)
{
    tail end = first_tail(sample::run);
    auto written = sample::append_all(sample::entries(), end);
    history_reader whole(sample::run);
    whole.expect(end);
    EXPECT_TRUE(read(whole, written));
    written.pop_back();
    history_reader cut(sample::run);
    cut.expect(end);
    EXPECT_FALSE(read(cut, written));
    EXPECT_EQ(cut.fault(), history_fault::damaged);
    history_reader none(sample::run);
    none.expect(end);
    EXPECT_FALSE(none.finish());
}

TEST(HistoryReader, HistoryMayBeLongerThanTheExpectedTail)
{
    tail end = first_tail(sample::run);
    auto written = sample::append_all(sample::entries(), end);
    const tail row = end;
    for (auto& record : sample::append_all(sample::entries(), end))
        written.push_back(record);
    history_reader reader(sample::run);
    reader.expect(row);
    EXPECT_TRUE(read(reader, written));
}

TEST(HistoryReader, OtherHistoryOfTheExpectedLengthIsDamaged)
{
    tail end = first_tail(sample::run);
    const auto written = sample::append_all(sample::entries(), end);
    history_reader reader(sample::run);
    reader.expect({end.next_seq, end.checksum ^ 1});
    EXPECT_FALSE(read(reader, written));
    EXPECT_EQ(reader.fault(), history_fault::damaged);
}
}
