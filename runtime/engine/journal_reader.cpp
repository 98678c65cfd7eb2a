#include "engine/journal_reader.hpp"

#include "base/bytes.hpp"
#include "journal/state.hpp"

#include <utility>
#include <vector>

namespace everstep::core
{
using journal::record_key;
using journal::table;

namespace
{
constexpr std::uint32_t seq_of(record_key at) noexcept { return static_cast<std::uint32_t>(at.minor >> 16); }

/// Where the wake row of a run may be: its hint, "now", "messages only", and every time that its history ever waited for.
std::vector<base::time_us> possible_dues(base::time_us hint, const std::vector<std::string_view>& entries)
{
    std::vector<base::time_us> dues;
    if (hint >= 0)
        dues.push_back(hint);
    for (auto at = entries.rbegin(); at != entries.rend(); ++at)
        if (journal::entry e; journal::decode(*at, e) && e.due > 0)
            dues.push_back(e.due);
    dues.push_back(journal::due_now);
    dues.push_back(journal::due_never);
    return dues;
}
}

stored_run journal_reader::read(base::run_number run, base::time_us due) const
{
    stored_run found{.header = std::nullopt, .history = journal::history_reader(run), .wake_due = -1, .written = {}, .fault = {}};
    look([&](const store::snapshot& now) {
        const record_key header_at = journal::header_key(run);
        const auto header = now.get(table::run, header_at);
        if (!header)
            return;
        found.header = journal::decode_header(header_at, *header);
        if (!found.header)
        {
            found.header.emplace(); // state running: the caller parks it as damaged
            found.fault = "the header of run " + std::to_string(base::to_integer(run)) + " is damaged";
            return;
        }
        if (found.header->state != journal::run_state::running && found.header->state != journal::run_state::parked)
            return;
        now.scan(table::history, journal::history_key(run, 0), [&](record_key at, std::string_view value) {
            return at.major == base::to_integer(run) && found.history.take(at, value);
        });
        std::vector<std::string_view> entries = found.history.entries();
        for (const base::time_us possible : possible_dues(due, entries))
        {
            const record_key wake_at = journal::wake_key(possible, run);
            const auto row = now.get(table::wake, wake_at);
            if (!row)
                continue;
            found.wake_due = possible;
            if (const auto wake = journal::decode_wake(wake_at, *row))
            {
                found.written = wake->end;
                found.history.expect(wake->end);
            }
            else
                found.fault = "the wake row of run " + std::to_string(base::to_integer(run)) + " is damaged";
            break;
        }
        if (!found.history.finish() && found.fault.empty())
            found.fault = found.history.fault_text();
    });
    return found;
}

journal::history_reader journal_reader::history(base::run_number run) const
{
    journal::history_reader found(run);
    look([&](const store::snapshot& now) {
        now.scan(table::history, journal::history_key(run, 0), [&](record_key at, std::string_view value) {
            return at.major == base::to_integer(run) && found.take(at, value);
        });
    });
    return found;
}

std::optional<found_run> journal_reader::find(const id_filter& ids, base::run_number newest, std::uint64_t id_hash,
                                              std::string_view workflow,
                                              std::string_view id, bool* hash_taken) const
{
    // Most ids are new, and the filter says so without a snapshot.
    bool possible = false;
    ids.visit(base::to_integer(newest) >> 14, id_hash, [&](std::uint64_t) { return possible = true; });
    std::optional<found_run> found;
    if (!possible)
        return found;
    look([&](const store::snapshot& now) {
        ids.visit(base::to_integer(newest) >> 14, id_hash, [&](std::uint64_t generation) {
            const record_key at{generation, id_hash};
            const auto value = now.get(table::id, at);
            if (!value)
                return false;
            const auto number = journal::decode_id(at, *value);
            const auto header_value = number ? now.get(table::run, journal::header_key(*number)) : std::nullopt;
            auto header = header_value ? journal::decode_header(journal::header_key(*number), *header_value) : std::nullopt;
            if (!header)
            {
                // Whose it was cannot be told; taken for no run, its id would be started again.
                found.emplace().damaged = true;
                return true;
            }
            if (header->workflow != workflow || header->id != id)
            {
                if (hash_taken && generation == base::to_integer(newest) >> 14)
                    *hash_taken = true;
                return false;
            }
            found = {*number, std::move(*header), false};
            return true;
        });
    });
    return found;
}

bool journal_reader::has(base::run_number run) const
{
    bool found = false;
    look([&](const store::snapshot& now) { found = now.get(table::run, journal::header_key(run)).has_value(); });
    return found;
}

std::optional<std::string> journal_reader::state(std::uint64_t chain, std::string_view name, bool* damaged) const
{
    journal::state_reader reader(chain, name);
    look([&](const store::snapshot& now) {
        now.scan(table::state, journal::state_key(chain, name), [&](record_key at, std::string_view record) { return reader.take(at, record); });
    });
    auto value = reader.value();
    if (damaged)
        *damaged = reader.is_damaged();
    return value;
}

std::uint32_t journal_reader::find_reply(base::run_number run) const
{
    std::uint32_t reply = 0;
    journal::history_reader history(run);
    look([&](const store::snapshot& now) {
        now.scan(table::history, journal::history_key(run, 0), [&](record_key at, std::string_view value) {
            return at.major == base::to_integer(run) && history.take(at, value);
        });
    });
    const auto& entries = history.entries();
    journal::entry e;
    for (std::uint32_t seq = 0; seq < entries.size() && reply == 0; ++seq)
        if (journal::decode(entries[seq], e) && e.kind == journal::entry_kind::replied)
            reply = seq;
    return reply;
}

bool journal_reader::body_at(base::run_number run, std::uint32_t seq, const std::function<bool(std::string_view)>& take) const
{
    bool taken = false;
    look([&](const store::snapshot& now) {
        // The chain needs the checksum of the record before: the last one of the entry before.
        journal::tail before = journal::first_tail(run);
        before.next_seq = seq;
        std::optional<journal::history_reader> cut;
        now.scan(table::history, journal::history_key(run, seq == 0 ? 0 : seq - 1), [&](record_key at, std::string_view value) {
            if (at.major != base::to_integer(run) || seq_of(at) > seq)
                return false;
            if (seq_of(at) < seq)
            {
                if (value.size() >= sizeof before.checksum)
                    before.checksum = base::load_little<std::uint64_t>(value.data() + value.size() - sizeof before.checksum);
                return true;
            }
            if (cut)
                return cut->take(at, value);
            const auto whole = at == journal::history_key(run, seq) ? journal::whole_entry(at, value, before.checksum) : std::nullopt;
            if (whole)
            {
                taken = take(*whole);
                return false;
            }
            return cut.emplace(run, before).take(at, value);
        });
        if (cut && cut->finish() && cut->entries().size() == 1)
            taken = take(cut->entries().front());
    });
    return taken;
}
}
