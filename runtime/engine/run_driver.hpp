#pragma once

// One run in memory: its coroutine and the branches of it, the replay core that holds them against the history, and its undos. Runs the
// code until it waits; writes nothing itself: what it records goes through `recorder`, so that a turn is one element for the shard.
//
// Threads: the run's shard only.

#include "engine/child_list.hpp"
#include "engine/code_watch.hpp"
#include "engine/registry.hpp"
#include "journal/event.hpp"
#include "journal/header.hpp"
#include "replay/machine.hpp"
#include "replay/undo_list.hpp"

#include <everstep/args.hpp>
#include <everstep/context.hpp>
#include <everstep/detail/group_operation.hpp>
#include <everstep/detail/operation.hpp>

#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::core
{
struct intent;

/// Where a run's new entries go: the shard's turn.
class recorder
{
public:
    /// Appends to the history of the run whose turn it is; returns its seq. False: the turn or the history is at its limit.
    virtual bool record(const journal::entry& e, std::uint32_t& seq) = 0;
    /// An event of the same turn.
    virtual void publish(const journal::event& e) = 0;
    /// A value that the run shows to readers, likewise. `may_be_there`: in a life before this one it was perhaps written.
    virtual void put_state(std::string_view name, std::string_view value, bool may_be_there) = 0;

protected:
    ~recorder() = default;
};

/// How the code ended.
struct run_end
{
    journal::entry_kind kind{journal::entry_kind::completed};
    std::string payload; ///< result; or the next run's input
    std::string code;
    std::string text;
};

/// What a driver needs while its code runs and when it has just stopped, and not while it waits: one a shard. A run that waits is then
/// smaller.
class driver_scratch
{
public:
    detail::await_end delivery;
    std::string path;
    run_end end;
    std::string text;
    std::vector<std::string> notes;

    /// In which a recorded result is decoded just before the coroutine takes it.
    void* storage(std::size_t bytes)
    {
        if (bytes > bytes_)
        {
            storage_ = std::make_unique<std::max_align_t[]>(bytes / sizeof(std::max_align_t) + 1);
            bytes_ = bytes;
        }
        return storage_.get();
    }

private:
    std::unique_ptr<std::max_align_t[]> storage_;
    std::size_t bytes_{};
};

/// Limits that the driver itself keeps.
struct driver_limits
{
    std::size_t payload_bytes_max{};
    const std::set<std::string, std::less<>>* topics{}; ///< that were added
    std::uint32_t turn_operations_max{}; ///< operations begun between two waits: a loop that never waits ends here
    const registry* workflows{};
    code_watch* watch{}; ///< is told when code runs; null: nobody looks
};

enum class driver_state : std::uint8_t
{
    waiting,
    ended, ///< see end()
    parked ///< see reason() and text()
};

class run_driver final : public detail::run_link
{
public:
    run_driver(const journal::run_header& header, const registered_workflow& code, services& given, driver_scratch& scratch,
               const driver_limits& limits);
    ~run_driver();
    run_driver(const run_driver&) = delete;
    run_driver& operator=(const run_driver&) = delete;

    /// Makes the frame, runs it over `history` (bodies of entries 1…, which need live no longer than the call), and on. `is_new`: it was
    /// started a moment ago, and no process before this one can have begun a step of it.
    driver_state begin(std::string_view input, const std::vector<std::string_view>& history, recorder& to, bool is_new = false);
    /// A new entry, already recorded at `seq`.
    driver_state apply(const journal::entry& e, std::uint32_t seq, recorder& to);

    const replay::machine& machine() const noexcept { return machine_; }
    // Until another driver of the scratch goes on:
    const run_end& end() const noexcept { return scratch_.end; }
    journal::park_reason reason() const noexcept { return reason_; }
    const std::string& text() const noexcept { return scratch_.text; }
    /// Notes for the log that came up while replaying: timers whose duration has changed.
    std::vector<std::string>& notes() noexcept { return scratch_.notes; }
    std::size_t undos() const noexcept { return undos_.size(); }
    /// That are open; null: there never was one.
    const child_list* children() const noexcept { return children_.get(); }
    /// On the engine's clock; 0: it has none.
    base::time_us deadline() const noexcept;
    /// Whether the operation at this path takes the value; else why not.
    std::string why_not_resolved(const replay::pending& p, std::string_view encoded);

    /// The operation that a pending step runs: the frame's, or the undo's own.
    static detail::operation& operation_of(const replay::pending& p) noexcept
    {
        return *static_cast<detail::operation*>(p.what.operation);
    }
    /// The recorded result that an undo is given; nothing for a step.
    static std::string_view undo_input(const replay::pending& p) noexcept;
    /// Of an undo: what it was registered with.
    static const replay::undo& undo_of(const replay::pending& p) noexcept;

    // detail::run_link
    void start(detail::branch& at, detail::operation& op) override;
    std::int64_t now_us() const noexcept override { return machine_.now(); }
    std::uint64_t random() noexcept override;
    std::uint32_t open_saga() noexcept override { return ++sagas_; }
    void release_saga(std::uint32_t saga) noexcept override { undos_.release(saga); }
    void set_state(std::string_view name, std::string_view encoded) override;
    std::uint32_t history_entries() const noexcept override { return machine_.entries(); }
    void pass_pivot(std::uint32_t saga) override { undos_.pass_pivot(saga); }
    bool take_signal(std::string_view name, std::string_view& payload) override;
    std::string_view workflow_name(void (*function)()) const override;
    std::pair<std::string, std::string> promise_names(std::string_view name) const override;
    services& given() const noexcept override { return services_; }
    std::string_view run_id() const noexcept override { return header_.id; }

private:
    class undo_operation;
    struct group;
    struct own_timers;

    /// One line of execution: the workflow itself, or a branch.
    struct line : detail::branch
    {
        explicit line(run_driver& driver) noexcept : branch{&driver, {}} {}
        replay::branch_counter counter;
        group* of{}; ///< null: the workflow itself
        std::size_t index{};
        const detail::operation* goes_on_from{}; ///< in its frame, until it goes on
    };
    /// Undos that run, newest first, for one line.
    struct compensation
    {
        std::uint32_t saga{};
        line* at{};
        detail::operation* awaiting{}; ///< null: at the end of the run
        std::vector<std::unique_ptr<undo_operation>> undos; ///< that run
    };
    static line& line_of(const detail::operation& op) noexcept { return static_cast<line&>(op.joined()); }

    driver_state settle();
    void drive();
    void run(line& one);
    void go_on(line& one);
    void open_group(line& at, detail::any_group& op);
    void open_branches(group& of);
    void branch_ended(line& one);
    void begin_compensation(line& at, std::uint32_t saga, detail::operation* awaiting);
    void compensate_next(std::size_t index);
    void begin_undo(compensation& of);
    bool undo_ended(const detail::operation& op, const journal::entry& e);
    static bool is_undone(const detail::operation& op, const journal::entry& e) noexcept;
    void code_ended();
    void finish();
    bool replay_next();
    void handle(replay::verdict v, const journal::entry& e);
    void deliver(const journal::entry& e);
    void keep_undo(detail::operation& op, const journal::entry& e);
    void pass_unasked();
    void park(journal::park_reason reason, std::string text);
    const journal::entry* peek();
    void pass() noexcept;
    std::uint32_t next_seq() const noexcept;
    replay::asked ask(detail::operation& op) const;
    bool can_record(const replay::asked& what);
    void write_beside(detail::operation& op, const journal::path& where);
    bool add_arguments(const arguments& given, replay::asked& what);
    void publish(const detail::event_draft& draft, const journal::path& where);
    void send(const detail::any_signal& what, const journal::path& where);
    void want(const intent& what, std::string id);
    std::pair<std::string, std::string> names_of_promise(std::string_view name) const;
    bool is_live();
    void show(std::string_view name, std::string_view encoded);
    replay::verdict take(const journal::entry& e, std::uint32_t seq);
    void take_one(const journal::entry& e, std::uint32_t seq);
    void note(const journal::entry& e);
    void name_child(line& at, detail::any_child& op);
    void start_child(const detail::any_child& op, const journal::path& where);
    void cancel_children(std::string_view reason, bool waited_for_too);
    bool waits_for_children();
    bool begin_own_timers();
    bool take_own_timer(const detail::operation& op);
    void drop_own_timers() noexcept;
    void go_on_as_new(line& at, detail::any_successor& op);

    const journal::run_header& header_;
    const registered_workflow& code_;
    services& services_;
    driver_scratch& scratch_;
    const driver_limits& limits_;

    replay::machine machine_;
    line root_;
    context context_;
    std::coroutine_handle<> frame_;
    replay::undo_list undos_;
    std::uint64_t random_state_;
    std::uint32_t sagas_{};

    struct replaying;
    replaying* replaying_{}; ///< null when live
    recorder* recorder_{};
    std::uint32_t operations_{}; ///< in this turn

    std::vector<line*> runnable_; ///< in the order in which they go on
    line* running_{};
    bool waiting_{}; ///< the running one
    bool is_new_{};
    bool code_ended_{};
    std::optional<driver_state> stopped_;
    std::vector<std::unique_ptr<group>> groups_;
    std::vector<compensation> compensations_;
    std::unique_ptr<child_list> children_;
    std::unique_ptr<own_timers> own_timers_; ///< null: there is neither a delay nor a deadline

    journal::park_reason reason_{};
};
}
