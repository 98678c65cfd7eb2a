#pragma once

// What a killed process left in its journal: the runs as engine_journal.hpp reads them, and the rows that lead to them.

#include "engine_journal.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace everstep::test
{
struct kill_journal
{
    engine_journal runs;                                        ///< by "workflow/id"
    std::vector<std::pair<std::string, std::uint64_t>> headers; ///< every header: name and run number
    std::vector<std::pair<std::uint64_t, base::time_us>> wakes; ///< run number, due
    std::vector<std::uint64_t> finished;
    std::vector<std::uint64_t> ids;
    std::vector<std::string> damaged; ///< rows that are not what they should be
};

inline kill_journal read_kill_journal(const store::store& from)
{
    using journal::table;
    kill_journal all;
    all.runs = read_journal(from);
    from.read([&](const store::snapshot& now) {
        const auto each = [&](table where, auto&& take) {
            now.scan(where, {0, 0}, [&](journal::record_key at, std::string_view value) {
                if (!take(at, value))
                    all.damaged.push_back("table " + std::to_string(static_cast<int>(where)) + " row " + std::to_string(at.major));
                return true;
            });
        };
        each(table::run, [&](journal::record_key at, std::string_view value) {
            const auto header = journal::decode_header(at, value);
            if (header)
                all.headers.emplace_back(header->workflow + "/" + header->id, at.major);
            return header.has_value();
        });
        each(table::wake, [&](journal::record_key at, std::string_view value) {
            all.wakes.emplace_back(at.minor, static_cast<base::time_us>(at.major));
            return journal::decode_wake(at, value).has_value();
        });
        each(table::finished, [&](journal::record_key at, std::string_view value) {
            all.finished.push_back(at.minor);
            return journal::check_finished(at, value);
        });
        each(table::id, [&](journal::record_key at, std::string_view value) {
            const auto run = journal::decode_id(at, value);
            all.ids.push_back(run ? base::to_integer(*run) : 0);
            return run.has_value();
        });
        each(table::meta, [&](journal::record_key at, std::string_view value) {
            return at == journal::next_event_key ? journal::decode_next_event(value).has_value() : journal::decode_meta(at, value).has_value();
        });
    });
    return all;
}
}
