#pragma once

// Reads runs out of the journal: headers, histories, single entries, and the way from an id to its run. What it returns was durable,
// so it may leave the process.
//
// Threads: any.

#include "engine/id_filter.hpp"
#include "journal/header.hpp"
#include "journal/history.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace everstep::core
{
struct stored_run
{
    std::optional<journal::run_header> header;
    journal::history_reader history;
    base::time_us wake_due{-1}; ///< of the row that was found; -1: none
    std::optional<journal::tail> written; ///< the end of the history, as that row has it
    std::string fault;          ///< for people; empty: all of it is whole
};

struct found_run
{
    base::run_number number{};
    journal::run_header header;
    bool damaged{}; ///< its id row or its header cannot be read: nothing else is filled in
};

class journal_reader
{
public:
    /// Each call reads what is durable by then.
    explicit journal_reader(const store::store& from) : store_(&from) {}
    /// All calls read from one snapshot, and end before it does: cheaper for who asks more than once.
    explicit journal_reader(const store::snapshot& at) : at_(&at) {}

    /// All of a run. `due` names its wake row, whose record of the history's end is held against the history; negative: not known.
    stored_run read(base::run_number run, base::time_us due) const;

    /// All of a run's entries that can be read, whatever its state.
    journal::history_reader history(base::run_number run) const;

    /// The run of an id; nothing where there is none that is durable. `hash_taken` is set where another id of the same hash has a
    /// row in the newest generation: one in 2^64, but then the row cannot hold both.
    std::optional<found_run> find(const id_filter& ids, base::run_number newest, std::uint64_t id_hash, std::string_view workflow,
                                  std::string_view id, bool* hash_taken = nullptr) const;

    /// Whether the journal has the run. One that was found a moment ago may have been deleted since.
    bool has(base::run_number run) const;

    /// Calls `take` with the entry at `seq`, inside the snapshot, whose rules hold for it; false where there is none.
    template <class Take>
    bool entry_at(base::run_number run, std::uint32_t seq, Take&& take) const
    {
        return body_at(run, seq, [&](std::string_view body) {
            journal::entry e;
            const bool whole = journal::decode(body, e);
            if (whole)
                take(e);
            return whole;
        });
    }

    /// What runs of the chain show under this name; nothing: they have not set it, or (`damaged`) it cannot be read.
    std::optional<std::string> state(std::uint64_t chain, std::string_view name, bool* damaged = nullptr) const;

    /// Seq of the reply, for a run whose header does not say; 0: none.
    std::uint32_t find_reply(base::run_number run) const;

private:
    bool body_at(base::run_number run, std::uint32_t seq, const std::function<bool(std::string_view)>& take) const;

    template <class Visit>
    void look(Visit&& visit) const
    {
        if (at_)
            visit(*at_);
        else
            store_->read(visit);
    }

    const store::store* store_{};
    const store::snapshot* at_{};
};
}
