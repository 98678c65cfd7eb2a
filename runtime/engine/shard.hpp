#pragma once

// One thread and the runs that belong to it: it alone runs their code and decides starts, signals and cancels for their ids. Its loop
// takes everything that arrived, makes turns of it, submits them, and lets out what depended on turns that are durable by now.
//
// Threads: put-functions from any; everything else on the shard's own thread, between start() and stop().

#include "base/slab.hpp"
#include "engine/lane.hpp"
#include "engine/mailbox.hpp"
#include "engine/outputs.hpp"
#include "engine/resident_run.hpp"
#include "engine/shard_host.hpp"
#include "engine/turn.hpp"
#include "engine/wake_heap.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace everstep::core
{
/// How an attempt without a result has ended.
struct ended_attempt
{
    body_end end{body_end::failed};
    time_limit passed{};
    bool is_left_behind{}; ///< it has not: nobody waits for it any more
    base::time_us delay{-1}; ///< asked by retry_after; negative: by the policy
    std::string code;
    std::string text;
    std::string progress;
};

/// What is told of an attempt that failed, and becomes its entry.
struct failed_attempt
{
    std::uint32_t number{};
    std::string_view code;
    std::string_view text;
    std::string_view progress; ///< encoded; empty: none
};

class shard final : public job_home
{
public:
    shard(shard_host& host, std::size_t index);
    ~shard();

    void start();
    /// Runs end where they are; what was submitted is the committer's. After it, no more calls come out of this shard.
    void stop() noexcept;

    void put_request(request_item&& item);
    void put_due(const std::vector<wake_index::row>& rows);
    void put_durable();
    void put_alarm();
    void put_closing();
    void take_back(std::span<body_job* const> finished) noexcept override;

    /// Whether put_closing() was heard: from then on no body begins. Any thread.
    bool is_closing() const noexcept { return closing_.load(std::memory_order_acquire); }
    /// Bodies that this shard waits for. Any thread.
    std::size_t jobs_out() const noexcept { return jobs_out_.load(std::memory_order_acquire); }
    /// The body that runs on this shard's own thread; empty: none. Any thread.
    std::string running_here() const;
    code_watch& watched_code() noexcept { return code_; }
    bool is_own_thread() const noexcept { return std::this_thread::get_id() == thread_.get_id(); }

private:
    friend class request_desk;
    enum class reaction : std::uint8_t
    {
        live,
        closing, ///< close() was called
        failed   ///< the outcome of a commit is unknown
    };

    /// Bodies that ended, or run here, and that nobody waits for: so many an iteration, then the shard looks whether somebody came.
    static constexpr std::size_t background_per_iteration = 64;
    /// Loads, and starts from the waiting line, of one iteration: so that nothing else waits long for them.
    static constexpr std::size_t loads_per_iteration = 64;

    void work();
    void iterate(mailbox::content& news);
    void work_in_background();
    bool has_background() const;
    bool is_background_wanted() const noexcept;
    void flush(bool here = false);
    void flush_last();
    void flush_if_large();
    void move_watermark();
    bool has_more() const;
    void release_outputs();
    void hand_over();
    void submit_bodies();
    void run_bodies_here(std::vector<step_attempt*>& jobs);
    void run_here(step_attempt& job);
    void give_back_later_here();
    void end_all(errc why);
    void drop_finished();

    // Turns.
    void begin_turn(resident_run& run);
    void begin_turn(resident_run& run, urgency how);
    bool is_durable(const resident_run& run) const noexcept;
    lane& lane_for(urgency how) noexcept { return lanes_[static_cast<std::size_t>(how)]; }
    const lane& lane_for(urgency how) const noexcept { return lanes_[static_cast<std::size_t>(how)]; }
    void take_finished(step_attempt& job);
    void go_on_after(step_attempt& job);
    void park_at_last(resident_run& run);
    bool is_parking(const resident_run& run) const noexcept { return !to_park_.empty() && to_park_.contains(run.number); }
    void take_result(resident_run& run, step_attempt& job);
    void take_failure(resident_run& run, step_attempt& job);
    void settle_failure(resident_run& run, const replay::pending& p, ended_attempt&& ended);
    void park_exhausted(resident_run& run, const replay::pending& p, const failed_attempt& last);
    bool time_has_run_out(const replay::pending& p) const noexcept;
    bool end_for_time(resident_run& run, const replay::pending& p, driver_state& state);
    void apply_live(resident_run& run, const journal::entry& e);
    void advance(resident_run& run, driver_state state);
    bool go_on_at_once(resident_run& run, driver_state& state);
    void rest(resident_run& run);
    void finish_turn(resident_run& run);
    void warn_of_length(resident_run& run);
    void end_run(resident_run& run);
    void take_aside(resident_run& run, step_attempt& job);
    void stop_here(resident_run& run, aftermath after);
    void end_aside(resident_run& run);
    void tell_parent(resident_run& run, const detail::promise_answer& end);
    void cancel_children_of(resident_run& run, const child_list& children, std::string_view reason);
    resident_run& begin_successor(resident_run& of, std::string_view input);
    void answer_update(resident_run& run, const std::string& id, std::string&& encoded);
    void end_updates(resident_run& run, const detail::answer& a);
    void park(resident_run& run, journal::park_reason reason, std::string text);
    void dispatch_all(resident_run& run);
    bool dispatch(resident_run& run, const replay::pending& step);
    void begin_body(step_attempt& job);
    step_attempt& make_job(resident_run& run, const replay::pending& step);
    void keep_spare(step_attempt& job);
    void drop_job(step_attempt& job);
    static void take_from(resident_run& run, step_attempt& job);
    void ask_to_stop(step_attempt& job);
    void watch(step_attempt& job);
    void leave_behind(step_attempt& job);
    void leave_all_behind(resident_run& run);
    void leave_those_out_of_time(resident_run& run);
    void drop_left_behind(step_attempt& job);
    time_limit passed_limit(step_attempt& job);
    void wake(resident_run& run);
    void begin_transaction(step_attempt& job);
    void take_recorded(resident_run& run, step_attempt& job);
    bool is_held(const resident_run& run) const noexcept;
    void hold_back(resident_run& run, request_item&& item);
    void take_held(base::run_number number);
    base::time_us next_due(const resident_run& run) const noexcept;
    void expect(resident_run& run, base::time_us due);
    base::time_us engine_due(const replay::pending& p) const noexcept;
    bool is_due(const replay::pending& p) const noexcept;

    // Runs in memory.
    resident_run* find(base::run_number run) noexcept;
    resident_run* find(std::uint64_t id_hash, const registered_workflow& code, std::string_view id) noexcept;
    resident_run& add(base::run_number number, std::uint64_t id_hash, journal::run_header header, const registered_workflow& code);
    resident_run* load(base::run_number number, base::time_us due);
    void try_load(const wake_index::row& row);
    base::time_us wakes_due() const;
    void load_wakes();
    bool read_history(resident_run& run, journal::history_reader& history, base::time_us due);
    driver_state replay(resident_run& run, std::string_view input, const std::vector<std::string_view>& history, bool is_new);
    void enter(resident_run& run, std::string_view input, const std::vector<std::string_view>& history, bool is_new);
    void drop_driver(resident_run& run);
    void forget(resident_run& run);
    void settle(base::run_number run);
    void make_room();
    bool has_room() const noexcept;
    void set_idle(resident_run& run, bool idle);
    void work_off_backlog();
    void fire_due();
    void look_at_bodies(resident_run& run);
    void look_at_wall_clock();

    // Answers.
    void answer(resident_run& run, detail::request_kind what, detail::answer a);
    void hold(resident_run& run, output what);

    shard_host& host_;
    const std::size_t index_;
    std::thread thread_;
    mailbox mailbox_;
    mailbox::content news_;
    reaction reaction_{reaction::live};

    base::time_us now_{};
    base::time_us wall_{};
    base::time_us wall_ahead_{}; ///< of engine time, when the heap was last put in order
    base::time_us armed_{journal::due_never};
    base::time_us wakes_again_at_{}; ///< a page of the wake table could not be read; 0: all could

    lane lanes_[urgencies]{lane(urgency::caller_waits), lane(urgency::background)}; ///< in the order in which they are submitted
    turn turn_;
    urgency turn_in_{}; ///< the lane of the turn
    std::optional<std::string> reply_; ///< recorded in this turn, and somebody waits for it
    std::vector<std::pair<std::string, std::string>> answered_; ///< updates in this turn: id, answer

    code_watch code_;
    driver_scratch scratch_;
    driver_limits limits_;
    base::slab<resident_run> run_places_;
    boost::unordered_flat_map<base::run_number, base::slab<resident_run>::pointer> runs_;
    boost::unordered_flat_map<std::uint64_t, resident_run*> by_id_; ///< by hash of the id; chained where hashes are equal
    boost::unordered_flat_map<base::run_number, waiter_list> waiters_; ///< of runs that are not in memory
    struct update_waiter
    {
        std::string id;
        std::unique_ptr<detail::receiver> to;
    };
    boost::unordered_flat_map<base::run_number, std::vector<update_waiter>> updates_; ///< that are not answered yet
    std::list<resident_run*> idle_; ///< waiting and durable, the one that waits longest first
    std::size_t drivers_{};
    std::size_t history_bytes_{};
    wake_heap heap_;
    std::deque<wake_index::row> backlog_; ///< runs that are due and have no frame
    std::deque<request_item> waiting_starts_; ///< for admission
    std::vector<request_item> again_;         ///< to be looked at before what comes: their runs have become durable
    std::deque<step_attempt*> later_;         ///< ended bodies of runs that nobody waits for
    std::vector<step_attempt*> ready_here_;   ///< bodies for this thread
    std::vector<step_attempt*> young_here_;   ///< the same, of runs that nobody waited for when they became ready
    std::deque<step_attempt*> later_here_;    ///< the same, a sweep later
    std::vector<step_attempt*> now_here_;     ///< those that run now; kept for its memory
    std::vector<std::unique_ptr<step_attempt>> spare_jobs_; ///< to be used again
    std::vector<body_job*> ready_pool_, ready_fiber_;
    std::vector<step_attempt*> ready_transactions_;
    struct held_work
    {
        std::vector<step_attempt*> jobs; ///< that have ended
        std::vector<request_item> requests;
    };
    boost::unordered_flat_map<base::run_number, held_work> held_; ///< of runs whose history is not ours
    struct parking
    {
        journal::park_reason reason{};
        std::string text;
    };
    boost::unordered_flat_map<base::run_number, parking> to_park_; ///< when their last bodies have ended, which work on the frame
    std::uint64_t chance_;
    std::uint32_t inflight_hint_{};
    std::atomic<step_attempt*> here_{};       ///< the body that runs on this thread
    mutable std::atomic<unsigned> looking_{}; ///< threads that look at it
    mutable std::mutex here_mutex_;           ///< held while one looks
    std::atomic<std::size_t> jobs_out_{}; ///< written by this thread alone
    std::atomic<bool> closing_{};
};
}
