#pragma once

// A journal as portable text, one record a line: table, key and value in hexadecimal. And its runs cut short, so that any engine can be
// asked to bring them to their recorded end.

#include "engine_disk.hpp"
#include "engine_journal.hpp"

#include <cstdint>
#include <istream>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>

namespace everstep::test
{
inline void dump_journal(const store::store& from, std::ostream& to)
{
    constexpr const char* digits = "0123456789abcdef";
    from.read([&](const store::snapshot& now) {
        for (std::size_t n = 0; n < journal::table_count; ++n)
            now.scan(static_cast<journal::table>(n), {0, 0}, [&](journal::record_key at, std::string_view value) {
                std::string hex;
                for (const char c : value)
                {
                    hex += digits[static_cast<unsigned char>(c) >> 4];
                    hex += digits[static_cast<unsigned char>(c) & 15];
                }
                to << n << ' ' << at.major << ' ' << at.minor << ' ' << (hex.empty() ? "-" : hex) << '\n';
                return true;
            });
    });
}

/// A disk with what a dump says.
inline std::unique_ptr<engine_disk> load_journal(std::istream& from)
{
    auto disk = std::make_unique<memory_disk>();
    store::batch writes;
    for (std::string line; std::getline(from, line);)
    {
        std::istringstream words(line);
        unsigned table = 0;
        journal::record_key at;
        std::string hex, value;
        words >> table >> at.major >> at.minor >> hex;
        for (std::size_t n = 0; n + 1 < hex.size(); n += 2)
            value += static_cast<char>(std::stoi(hex.substr(n, 2), nullptr, 16));
        writes.put(static_cast<journal::table>(table), at, value);
    }
    const store::batch* const parts[] = {&writes};
    disk->open()->commit(parts);
    return disk;
}

/// A disk with one run of a journal, as it was when its history had `entries` entries and the process died.
inline std::unique_ptr<engine_disk> cut_run(const engine_run& run, std::size_t entries)
{
    auto disk = std::make_unique<memory_disk>();
    store::batch writes;
    journal::tail end = journal::first_tail(run.number);
    for (std::size_t n = 0; n < entries; ++n)
    {
        const engine_entry& from = run.entries[n];
        journal::entry e;
        e.kind = from.kind;
        e.operation = from.operation;
        e.clock = from.clock;
        e.where = from.path;
        e.at = from.at;
        e.due = from.due;
        e.attempts = from.attempts;
        e.line = from.line;
        e.file = from.file;
        e.name = from.name;
        e.type = from.type;
        e.code = from.code;
        e.text = from.text;
        e.payload = from.payload;
        journal::append(run.number, end, e,
                        [&](journal::record_key at, std::string_view value) { writes.put(journal::table::history, at, value); });
    }
    journal::run_header header = run.header;
    header.state = journal::run_state::running;
    header.reason = {};
    header.text.clear();
    header.end_seq = header.reply_seq = 0;
    header.ended_at = 0;
    const std::uint64_t hash = journal::id_hash(header.workflow, header.id);
    writes.put(journal::table::run, journal::header_key(run.number), journal::encode(journal::header_key(run.number), header));
    writes.put(journal::table::id, journal::id_key(run.number, hash), journal::encode_id(journal::id_key(run.number, hash), run.number));
    const auto wake = journal::wake_key(journal::due_now, run.number);
    writes.put(journal::table::wake, wake, journal::encode(wake, journal::wake_row{end, hash}));
    const store::batch* const parts[] = {&writes};
    disk->open()->commit(parts);
    return disk;
}
}
