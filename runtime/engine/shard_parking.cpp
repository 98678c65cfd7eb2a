// Parking a run, and what waits meanwhile: bodies of its other branches work on the frame, and a transaction may have its history.

#include "engine/request_desk.hpp"
#include "engine/shard.hpp"

#include <utility>

namespace everstep::core
{
using journal::park_reason;
using journal::run_state;

/// Stops the run and keeps it whole: nothing of the turn is written (but where a topic is missing), but the reason and a wake row that is
/// never due.
void shard::park(resident_run& run, park_reason reason, std::string text)
{
    // Where only a topic is missing, what the turn has recorded fits the code, and stays; so does how the last attempt failed.
    if (reason != park_reason::missing_code && reason != park_reason::retries_exhausted && reason != park_reason::compensation_failed)
    {
        turn_.take_back();
        reply_.reset();
        answered_.clear();
    }
    leave_all_behind(run);
    if (!run.jobs.empty())
    {
        finish_turn(run);
        to_park_[run.number] = {reason, std::move(text)};
        for (step_attempt* job : run.jobs)
            ask_to_stop(*job);
        return;
    }
    // The text outlives this call in the header; the one given may live in the driver.
    run.header.state = run_state::parked;
    run.header.reason = reason;
    run.header.text = text.substr(0, 1000);
    if (run.driver)
        run.header.reply_seq = run.driver->machine().reply_seq() < run.end.next_seq ? run.driver->machine().reply_seq() : 0;
    turn_.put_header();
    turn_.move_wake(journal::due_never);
    finish_turn(run);
    count_up(host_.count.runs_parked);
    host_.log(severity::warning, "parked (" + std::string(name_of(reason)) + "): " + run.header.text, run.header.workflow, run.header.id);
    detail::answer failed = parked_answer(run.header);
    answer(run, detail::request_kind::result, failed);
    end_updates(run, failed);
    answer(run, detail::request_kind::reply, std::move(failed));
    drop_driver(run);
    hold(run, settled_run{run.number});
}

/// What the bodies that were waited for came to is not recorded: it would stand in front of what the rest of the cut turn records when it is
/// played again. They run again when the run is resumed.
void shard::park_at_last(resident_run& run)
{
    const auto at = to_park_.find(run.number);
    parking why = std::move(at->second);
    to_park_.erase(at);
    begin_turn(run);
    park(run, why.reason, std::move(why.text));
    take_held(run.number);
}

/// What would append to the history waits until that is ours again, or until the run is parked.
bool shard::is_held(const resident_run& run) const noexcept
{
    return run.transaction || run.is_lost || run.after != aftermath::none || (!to_park_.empty() && to_park_.contains(run.number));
}

void shard::hold_back(resident_run& run, request_item&& item) { held_[run.number].requests.push_back(std::move(item)); }

void shard::take_held(base::run_number number)
{
    const auto at = held_.find(number);
    if (at == held_.end())
        return;
    held_work held = std::move(at->second);
    held_.erase(at);
    for (step_attempt* job : held.jobs)
        if (job->of.run)
            go_on_after(*job);
        else
            drop_left_behind(*job); // by a turn of one before it
    request_desk desk(*this);
    for (request_item& item : held.requests)
        desk.take(std::move(item));
}
}
