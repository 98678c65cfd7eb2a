#pragma once

// Writes runs into a store as the engine does, record by record, so that tests of readers can leave out or damage any of them.

#include "journal/header.hpp"
#include "journal/history.hpp"
#include "store/memory_store.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace everstep::core
{
using journal::entry;
using journal::entry_kind;
using journal::table;

class stored_runs
{
public:
    /// One run, before it is committed.
    struct draft
    {
        base::run_number number{};
        journal::run_header header;
        journal::tail end;
        std::uint64_t id_hash{};
        std::vector<std::pair<store::key, std::string>> history;
        base::time_us wake_due{journal::due_now};
        bool has_wake{true};

        std::uint32_t append(const entry& e)
        {
            const std::uint32_t seq = end.next_seq;
            journal::append(number, end, e, [this](store::key at, std::string_view value) { history.emplace_back(at, value); });
            return seq;
        }
    };

    draft begin(std::uint64_t number, const std::string& id = "o-1", std::string_view input = "1", const std::string& workflow = "shop") const
    {
        draft made;
        made.number = base::run_number{number};
        made.header.workflow = workflow;
        made.header.id = id;
        made.header.chain = number;
        made.end = journal::first_tail(made.number);
        made.id_hash = journal::id_hash(workflow, id);
        entry e;
        e.kind = entry_kind::started;
        e.payload = input;
        made.append(e);
        return made;
    }

    void commit(const draft& run)
    {
        store::batch rows;
        rows.put(table::run, journal::header_key(run.number), journal::encode(journal::header_key(run.number), run.header));
        const auto id_at = journal::id_key(run.number, run.id_hash);
        rows.put(table::id, id_at, journal::encode_id(id_at, run.number));
        for (const auto& [at, value] : run.history)
            rows.put(table::history, at, value);
        const auto wake_at = journal::wake_key(run.wake_due, run.number);
        if (run.has_wake)
            rows.put(table::wake, wake_at, journal::encode(wake_at, journal::wake_row{run.end, run.id_hash}));
        commit(rows);
    }
    void commit(const store::batch& rows)
    {
        const store::batch* part = &rows;
        store.commit({&part, 1});
    }
    void put(table where, store::key at, std::string_view value)
    {
        store::batch rows;
        rows.put(where, at, value);
        commit(rows);
    }
    void erase(table where, store::key at)
    {
        store::batch rows;
        rows.erase(where, at);
        commit(rows);
    }
    /// Flips one bit of a record.
    void damage(table where, store::key at)
    {
        std::string value;
        store.read([&](const store::snapshot& now) { value = now.get(where, at).value(); });
        value[value.size() / 2] = static_cast<char>(value[value.size() / 2] ^ 4);
        put(where, at, value);
    }

    store::memory_store store;
};
}
