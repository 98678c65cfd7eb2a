#pragma once

// What a shard needs of the engine around it: one object for all shards, made before them and gone after them.

#include "engine/committer.hpp"
#include "engine/counters.hpp"
#include "engine/id_filter.hpp"
#include "engine/registry.hpp"
#include "engine/time_source.hpp"
#include "engine/wake_index.hpp"
#include "store/store.hpp"

#include <everstep/engine_options.hpp>
#include <everstep/services.hpp>
#include <everstep/step_options.hpp>

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace everstep::core
{
class body_job;
class step_attempt;
class inflight_map;

class shard_host
{
public:
    // Fixed before the first shard is made.
    engine_options options;
    registry workflows;
    std::set<std::string, std::less<>> topics;
    services given;
    counters count;
    id_filter ids;
    bool shards_commit{true}; ///< small commits, on their own threads; a test that holds commits back turns it off

    virtual store::store& journal() noexcept = 0;
    virtual committer& commits() noexcept = 0;
    virtual time_source& time() noexcept = 0;
    virtual wake_index& wakes() noexcept = 0;
    virtual std::size_t shard_count() const noexcept = 0;

    virtual base::run_number take_run_number() noexcept = 0;
    virtual base::run_number newest_run() const noexcept = 0;

    /// Any place but `shard`. Jobs end in their home.
    virtual void submit(step_place place, std::span<body_job* const> jobs) = 0;
    /// Transactions; they come home when they are durable.
    virtual void transact(std::span<step_attempt* const> jobs) = 0;
    /// Bodies that return an awaitable.
    virtual void spawn(body_job& job) = 0;
    /// A step that blocked its fiber thread goes to the pool from then on.
    virtual bool is_sent_to_pool(std::uint64_t step) const noexcept = 0;
    /// Process deaths that this step was in flight at.
    virtual std::uint32_t deaths(std::uint64_t run, std::uint64_t step) const noexcept = 0;
    /// The run was resumed by a person: its steps are trusted anew.
    virtual void trust(std::uint64_t run) noexcept = 0;
    virtual inflight_map& inflight() noexcept = 0;
    /// Admission ends before the map does, so that running work and retention can finish.
    virtual bool is_journal_nearly_full() const noexcept = 0;
    /// First thing on a shard's thread.
    virtual void enter_thread() noexcept = 0;
    /// A shard goes to work: its workflow code is looked at.
    virtual void watch_code() noexcept {}
    /// A shard that closes has looked at its bodies again: close() may go on.
    virtual void body_ended() noexcept = 0;
    /// Gives a page of the wake table to the shards.
    virtual void load_wakes() = 0;

    /// A run's workflow was not added: it waits in the journal for its code. Reported once a name, counted each.
    virtual void missing_code(std::string_view workflow, base::run_number run) noexcept = 0;

    virtual void log(severity level, std::string_view text, std::string_view workflow = {}, std::string_view run = {}) noexcept = 0;

protected:
    ~shard_host() = default;
};
}
