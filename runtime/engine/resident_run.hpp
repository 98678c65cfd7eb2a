#pragma once

// What a shard keeps of a run that is in memory.

#include "engine/body_job.hpp"
#include "engine/outputs.hpp"
#include "engine/registry.hpp"
#include "engine/run_driver.hpp"
#include "journal/header.hpp"

#include <everstep/detail/engine_link.hpp>

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace everstep::core
{
class step_attempt;

/// What a run's caller waits for.
struct waiter
{
    detail::request_kind what{};
    std::unique_ptr<detail::receiver> to;
};
using waiter_list = boost::container::small_vector<waiter, 1>;

/// What becomes of bodies that are out when the run's header already says that it does not go on.
enum class aftermath : std::uint8_t
{
    none,     ///< it goes on
    recorded, ///< paused: what the first comes to is an entry, which its code finds when it is resumed
    dropped   ///< terminated
};

struct resident_run
{
    base::run_number number{};
    std::uint64_t id_hash{};
    journal::run_header header;
    const registered_workflow* code{};
    journal::tail end;
    std::optional<run_driver> driver; ///< empty: it has ended, is parked, or has no frame yet
    boost::container::small_vector<step_attempt*, 1> jobs; ///< attempts on their way; owned by their places or the shard's outputs
    step_attempt* transaction{};        ///< of these, the one that the transactor records: until it is back the history is the transactor's
    submission start_at{};              ///< the one that holds its start
    submission last_at{};               ///< the one that holds its last turn
    urgency last_in{};                  ///< its lane; a start is always in the callers'
    base::time_us wake_due{no_row};     ///< of its wake row, as written last
    std::size_t history_bytes{};
    std::size_t counted_bytes{};        ///< of them, in the shard's sum
    boost::container::small_vector<base::time_us, 2> expected; ///< times for which the shard's heap has an entry
    std::unique_ptr<const std::string> parent; ///< the token of the promise that its end is to its parent; null: it has none
    aftermath after{};
    bool has_aside{}; ///< a result was recorded since it has stopped: another one would stand in front of what its code does first
    bool is_lost{};                     ///< what stands at the end of its history is not known: the engine closes
    bool wants_frame{};                 ///< is in the shard's backlog
    bool warned{};                      ///< of the length of its history
    std::list<resident_run*>::iterator idle; ///< in the shard's list of waiting runs, where is_idle
    bool is_idle{};
    waiter_list waiters;                ///< for its reply or result
    resident_run* same_hash{};          ///< the next in the shard's index by id

    /// Whether its code is in memory and may run.
    bool goes_on() const noexcept { return driver && after == aftermath::none; }

    static constexpr base::time_us no_row = -1;
};

/// The first entry of its history says whose child it is.
inline std::unique_ptr<const std::string> parent_of(const journal::entry& started)
{
    return started.kind == journal::entry_kind::started_as_child ? std::make_unique<const std::string>(started.code) : nullptr;
}

/// Time-outs of step_options.
enum class time_limit : std::uint8_t
{
    none,
    attempt,
    total,
    heartbeat
};

/// One attempt of a step of a run.
class step_attempt final : public body_job
{
public:
    using body_job::body_job;
    std::string describe() const override
    {
        return detached ? detached->name : describe_by_run();
    }
    std::string describe_by_run() const
    {
        return std::string(of.run->header.workflow).append("/").append(of.run->header.id).append(is_undo ? " undo " : " step ").append(op().name().text());
    }

    /// What the shard knows of it: begins anew with each attempt. Times are the engine's.
    struct particulars
    {
        resident_run* run{}; ///< in memory for as long as the job is out; null: it was left behind
        journal::path where;
        const step_options* limited{};              ///< its options, where they have a time-out; in the frame
        base::time_us ends_at{journal::due_never};  ///< when the first of its time-outs ends it, but for that of heartbeats
        base::time_us deadline{journal::due_never}; ///< when it is to be looked at
        base::time_us stop_asked_at{};              ///< 0: not asked
        step_place place{step_place::pool};
        time_limit ends_by{}; ///< what ends_at is of
        time_limit passed{};  ///< it was asked to stop for it
        bool is_named{};      ///< the log has said that it ignores its stop
    } of;

    /// What the transactor needs to record it itself, and what came of it.
    struct recording
    {
        journal::entry entry; ///< all but its time and result, until it has ended in a value
        journal::tail end;    ///< of the history: before the entry, then after it
        std::size_t bytes{};  ///< of the entry's records
        bool caller_waits{};
    };
    bool is_transaction() const noexcept { return is_undo ? op().traits().undo_transact != nullptr : op().traits().transact != nullptr; }
    std::unique_ptr<recording> rec; ///< of a transaction; a spare job keeps the memory
};
}
