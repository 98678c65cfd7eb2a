// FORMAT.md says what is on disk. These tests compare it with what the code writes and reads.

#include "base/bytes.hpp"
#include "journal/entry.hpp"
#include "journal/header.hpp"
#include "journal/history.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace
{
using namespace everstep::journal;
using everstep::base::run_number;

constexpr run_number run{7};

std::string format_text()
{
    std::ifstream file(EVERSTEP_TEST_FOLDER "/../runtime/journal/FORMAT.md");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string hex(std::string_view bytes)
{
    std::string text;
    for (const char byte : bytes)
    {
        text += "0123456789abcdef"[static_cast<unsigned char>(byte) / 16];
        text += "0123456789abcdef"[static_cast<unsigned char>(byte) % 16];
    }
    return text;
}

std::string line(std::string name, record_key at, std::string_view value)
{
    char key[16];
    everstep::base::store_big(key, at.major);
    everstep::base::store_big(key + 8, at.minor);
    name.resize(9, ' ');
    return name + hex({key, sizeof key}) + " " + hex(value);
}

/// The history of the example, and its end.
std::string history_lines(tail& end)
{
    std::string lines;
    const auto put = [&](record_key at, std::string_view value) { lines += line("history", at, value) + "\n"; };
    entry started;
    started.kind = entry_kind::started;
    started.at = 1'700'000'000'000'000;
    started.payload = R"({"id":"A-1"})";
    append(run, end, started, put);
    entry step;
    step.kind = entry_kind::step_done;
    step.operation = operation_kind::step;
    step.where = path(0);
    step.at = 1'700'000'000'250'000;
    step.attempts = 1;
    step.line = 88;
    step.file = "orders.cpp";
    step.name = "charge";
    step.type = "receipt";
    step.payload = R"({"cents":1999})";
    append(run, end, step, put);
    return lines;
}

constexpr std::string_view golden_history =
    "history  00000000000000070000000000000000 01010100401e18240a06007b226964223a22412d31227d9b6bef789d61d026\n"
    "history  00000000000000070000000000010000 01010201010090102218240a060001580a6f72646572732e63707006636861726765"
    "07726563656970747b2263656e7473223a313939397d84702acce42679c0\n";

constexpr std::string_view golden_wake = "wake     7fffffffffffffff0000000000000007 "
                                         "010200000084702acce42679c07e0ce5d6cd1267fd3cf7169310957495";
constexpr std::string_view golden_header =
    "run      00000000000000070000000000000000 "
    "01010001000000efcdab89674523011032547698badcfe00401e18240a0600000000000000"
    "00000000000000000000070000000000000008636865636b6f757403412d31004952858db325d2ee";
constexpr std::string_view golden_id = "id       0000000000000000fd6712cdd6e50c7e 0107000000000000006a1d187a7d79c1ce";
constexpr std::string_view golden_finished = "finished 00060a241825e1200000000000000007 017f99f27f61186a1f";
constexpr std::string_view golden_meta = "meta     00000000000000000000000000000000 "
                                         "01010000000200000000000000080000000000000090102218240a0600554e55b05b97d006";

TEST(Format, DocumentShowsTheGoldenBytes)
{
    const std::string text = format_text();
    for (const std::string_view golden :
         {golden_history, golden_wake, golden_header, golden_id, golden_finished, golden_meta})
        EXPECT_NE(text.find(golden), std::string::npos) << golden;
}

TEST(Format, HistoryIsWrittenAsTheGoldenBytes)
{
    tail end = first_tail(run);
    EXPECT_EQ(history_lines(end), golden_history);
}

TEST(Format, WakeRowIsWrittenAsTheGoldenBytes)
{
    tail end = first_tail(run);
    history_lines(end);
    const record_key at = wake_key(due_never, run);
    EXPECT_EQ(line("wake", at, encode(at, wake_row{end, id_hash("checkout", "A-1")})), golden_wake);
}

TEST(Format, HeaderIsWrittenAsTheGoldenBytes)
{
    run_header header;
    header.version = 1;
    header.seed = {0x0123456789ABCDEF, 0xFEDCBA9876543210};
    header.started_at = 1'700'000'000'000'000;
    header.chain = 7;
    header.workflow = "checkout";
    header.id = "A-1";
    EXPECT_EQ(line("run", header_key(run), encode(header_key(run), header)), golden_header);
}

TEST(Format, SmallRowsAreWrittenAsTheGoldenBytes)
{
    const record_key id = id_key(run, id_hash("checkout", "A-1"));
    EXPECT_EQ(line("id", id, encode_id(id, run)), golden_id);
    const record_key finished = finished_key(1'700'000'000'500'000, run);
    EXPECT_EQ(line("finished", finished, encode_finished(finished)), golden_finished);
    EXPECT_EQ(line("meta", {0, 0}, encode({0, 0}, meta_record{1, 2, 8, 1'700'000'000'250'000})), golden_meta);
}

/// The row of the document's table of kinds, by what is really written: a field that changes the bytes is carried.
std::string row_of(entry_kind kind)
{
    const auto bytes = [&](auto change)
    {
        entry e;
        e.kind = kind;
        e.operation = operation_kind::step;
        change(e);
        std::string encoded;
        encode(e, encoded);
        return encoded;
    };
    const std::string plain = bytes([](entry&) {});
    entry read;
    decode(plain, read);
    const bool written = bytes([](entry& e) { e.operation = operation_kind::undo; }) != plain;
    const auto mark = [&](auto change) { return bytes(change) != plain ? std::string(" x |") : std::string(" |"); };
    std::string row = "| " + std::to_string(static_cast<int>(kind)) + " " + std::string(name_of(kind)) + " |";
    row += written                                  ? " x |"
           : read.operation == operation_kind::none ? " |"
                                                    : " " + std::string(name_of(read.operation)) + " |";
    row += mark([](entry& e) { e.where.push(1); });
    row += mark([](entry& e) { e.at = 1; });
    row += mark([](entry& e) { e.clock = timer_clock::wall; });
    row += mark([](entry& e) { e.due = 1; });
    row += mark([](entry& e) { e.attempts = 1; });
    row += mark([](entry& e) { e.line = 1; });
    row += mark([](entry& e) { e.name = "n"; });
    row += mark([](entry& e) { e.type = "t"; });
    row += mark([](entry& e) { e.code = "c"; });
    row += mark([](entry& e) { e.text = "t"; });
    return row;
}

TEST(Format, DocumentHasEveryKindWithItsFields)
{
    const std::string text = format_text();
    for (int kind = 1; kind <= static_cast<int>(last_entry_kind); ++kind)
    {
        const std::string row = row_of(static_cast<entry_kind>(kind));
        EXPECT_NE(text.find(row), std::string::npos) << row;
    }
}

TEST(Format, DocumentHasTheLimitsOfTheCode)
{
    const std::string text = format_text();
    EXPECT_NE(text.find("| workflow name | " + std::to_string(workflow_bytes_max) + " bytes"), std::string::npos);
    EXPECT_NE(text.find("| run id | " + std::to_string(id_bytes_max) + " bytes"), std::string::npos);
    EXPECT_NE(text.find("| numbers in a path | " + std::to_string(path::depth_max) + " "), std::string::npos);
    EXPECT_EQ(record_bytes_max, 2000U);
    EXPECT_EQ(park_text_bytes_max, 1000U);
    EXPECT_NE(text.find("Format " + std::to_string(journal_format) + "."), std::string::npos);
}
}
