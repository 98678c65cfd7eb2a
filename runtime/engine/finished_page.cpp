#include "engine/finished_page.hpp"

#include <algorithm>
#include <utility>

namespace everstep::core
{
using journal::record_key;
using journal::table;

namespace
{
base::run_number after(base::run_number run) noexcept { return base::run_number{base::to_integer(run) + 1}; }
}

finished_page finished_reader::read(base::time_us until, std::size_t records_max)
{
    finished_page page;
    if (has_given_up())
        return page;
    store_.read(
        [&](const store::snapshot& now)
        {
            std::size_t records = 0;
            std::size_t batch_ends = 0;  ///< at so many records
            std::size_t batch_began = 0; ///< with this run
            const bool has_states = now.last(table::state).has_value();
            const auto end_batch = [&]
            {
                if (batch_began < page.runs.size())
                    erase_records(std::span(page.runs).subspan(batch_began), page.erases.back());
                batch_began = page.runs.size();
            };
            for (const row& finished :
                 due_rows(now, until, std::max<std::size_t>(records_max / (records_besides + 2), 1), page))
            {
                if (records >= records_max)
                {
                    page.is_full = true;
                    page.next = static_cast<base::time_us>(finished.at.major);
                    break;
                }
                const auto header = header_of(now, finished, page);
                if (!header)
                    continue;
                if (records >= batch_ends)
                {
                    end_batch();
                    page.erases.emplace_back();
                    batch_ends = records + batch_records;
                }
                const base::run_number run{finished.at.minor};
                records += history_records(now, run) + records_besides;
                page.runs.push_back(run);
                // A row that somebody's later commit puts beside it may have an earlier time: a range would take it along.
                page.erases.back().erase(table::finished, finished.at);
                erase_id(now, run, *header, page.erases.back());
                if (has_states && header->state != journal::run_state::continued) // else the next run of the chain shows them
                    page.erases.back().erase_range(table::state, {header->chain, 0}, {header->chain + 1, 0});
            }
            end_batch();
        });
    return page;
}

std::vector<finished_reader::row> finished_reader::due_rows(const store::snapshot& now, base::time_us until,
                                                            std::size_t rows_max, finished_page& page) const
{
    std::vector<row> rows;
    now.scan(table::finished, {0, 0},
             [&](record_key at, std::string_view value)
             {
                 if (left_.contains(at))
                     return true;
                 page.is_full = static_cast<base::time_us>(at.major) <= until && rows.size() == rows_max;
                 if (static_cast<base::time_us>(at.major) > until || page.is_full)
                 {
                     page.next = static_cast<base::time_us>(at.major);
                     return false;
                 }
                 rows.push_back({at, journal::check_finished(at, value)});
                 return true;
             });
    return rows;
}

std::size_t finished_reader::history_records(const store::snapshot& now, base::run_number run)
{
    std::size_t records = 0;
    now.scan(table::history, journal::history_key(run, 0),
             [&](record_key at, std::string_view)
             {
                 const bool is_of_run = at.major == base::to_integer(run);
                 records += is_of_run;
                 return is_of_run;
             });
    return records;
}

/// Of a run that may be deleted; nothing where the row and the run do not agree on that.
std::optional<journal::run_header> finished_reader::header_of(const store::snapshot& now, const row& finished,
                                                              finished_page& page)
{
    const record_key at = journal::header_key(base::run_number{finished.at.minor});
    const auto value = now.get(table::run, at);
    auto header = value ? journal::decode_header(at, *value) : std::nullopt;
    const char* why = nullptr;
    if (!finished.is_whole)
        why = "the row that says when it ended is damaged";
    else if (!value)
        why = "it has no header";
    else if (!header)
        why = "its header is damaged";
    else if (!journal::has_ended(header->state) || static_cast<std::uint64_t>(header->ended_at) != finished.at.major)
        why = "its header does not say that it ended then";
    if (!why)
        return header;
    left_.insert(finished.at);
    page.left.push_back("run " + std::to_string(finished.at.minor) + " is not deleted: " + why + "; restore a backup");
    return std::nullopt;
}

void finished_reader::erase_id(const store::snapshot& now, base::run_number run, const journal::run_header& header,
                               store::batch& erases)
{
    const record_key at = journal::id_key(run, journal::id_hash(header.workflow, header.id));
    const auto value = now.get(table::id, at);
    // A row that leads to another run is that run's.
    if (value && journal::decode_id(at, *value) == run)
        erases.erase(table::id, at);
}

/// Runs that began one after the other lie side by side, and go as one range. A run's number is its own for ever, so nothing that a
/// later commit writes falls into it.
void finished_reader::erase_records(std::span<const base::run_number> of, store::batch& erases)
{
    std::vector<base::run_number> runs(of.begin(), of.end());
    std::ranges::sort(runs);
    for (std::size_t first = 0; first < runs.size();)
    {
        std::size_t end = first + 1;
        while (end < runs.size() && runs[end] == after(runs[end - 1]))
            ++end;
        const base::run_number next = after(runs[end - 1]);
        erases.erase_range(table::history, journal::history_key(runs[first], 0), journal::history_key(next, 0));
        erases.erase_range(table::run, journal::header_key(runs[first]), journal::header_key(next));
        first = end;
    }
}
}
