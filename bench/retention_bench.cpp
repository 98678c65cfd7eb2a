// Does the engine keep its speed, and its file its size, while finished runs are deleted as fast as new ones end? Beside the same work
// with all of them kept.

#include "questions.hpp"
#include "support/folder.hpp"
#include "support/journal_loop.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

namespace everstep::bench
{
namespace
{
constexpr std::size_t in_flight = 1'000;

/// Runs are kept for so short a time that many are deleted before the clock starts: what is timed goes round and round.
std::chrono::milliseconds kept_for(const settings& chosen)
{
    return std::chrono::milliseconds(chosen.quick() ? 50 : 300);
}

loop_size size_of_round(const settings& chosen)
{
    loop_size size = size_of_loop(chosen, in_flight, checkout_shape().turns());
    size.warm_runs = size.timed_runs / 2;
    return size;
}

journal_loop run_once(benchmark::State& state, const settings& chosen, std::chrono::milliseconds keep)
{
    const folder home(chosen.directory);
    engine_options options;
    options.journal = home.path();
    options.keep_finished = keep;
    return run_on_journal(state, options, size_of_round(chosen), 1);
}

void report_steps(benchmark::State& state, const settings& chosen, const journal_loop& outcome)
{
    state.SetItemsProcessed(
        static_cast<std::int64_t>(checkout_shape().steps.size() * size_of_round(chosen).timed_runs));
    report(state, outcome.step);
}

journal_loop run_deleting(benchmark::State& state, const settings& chosen)
{
    const journal_loop outcome = run_once(state, chosen, kept_for(chosen));
    const std::uint64_t ended = outcome.after.runs_completed - outcome.before.runs_completed;
    const std::uint64_t deleted = outcome.after.runs_deleted - outcome.before.runs_deleted;
    state.counters["deleted_of_ended"] = static_cast<double>(deleted) / static_cast<double>(ended);
    if (deleted < ended / 2)
        throw std::runtime_error("only " + std::to_string(deleted) + " runs were deleted while " +
                                 std::to_string(ended) + " ended");
    return outcome;
}

void report_growth(benchmark::State& state, const journal_loop& outcome)
{
    state.counters[value_counter] = static_cast<double>(outcome.file_bytes_after - outcome.file_bytes_before) /
                                    static_cast<double>(outcome.after.runs_completed - outcome.before.runs_completed);
}

/// What a run that ends adds to the file, which never shrinks.
void add_file_growth(figures& to, const settings& chosen, double runs)
{
    const auto deleting = [&chosen](benchmark::State& state) { report_growth(state, run_deleting(state, chosen)); };
    const auto keeping = [&chosen](benchmark::State& state)
    { report_growth(state, run_once(state, chosen, engine_options().keep_finished)); };
    to.add({.name = "file, deleting",
            .x = runs,
            .place = "pool",
            .x_name = "runs",
            .unit = "B a run",
            .goals = {at_most(0.1, goal::subject::ratio)},
            .rounds = chosen.quick() ? 1 : 3},
           deleting, keeping);
}
}

void add_retention(figures& to, const settings& chosen)
{
    const auto runs = static_cast<double>(size_of_round(chosen).timed_runs);
    const auto deleting = [&chosen](benchmark::State& state)
    { report_steps(state, chosen, run_deleting(state, chosen)); };
    const auto keeping = [&chosen](benchmark::State& state)
    { report_steps(state, chosen, run_once(state, chosen, engine_options().keep_finished)); };
    to.add({.name = "steps, deleting",
            .x = runs,
            .place = "pool",
            .x_name = "runs",
            .goals = {at_least(0.6, goal::subject::ratio)},
            .rounds = chosen.quick() ? 2 : 0},
           deleting, keeping);

    add_file_growth(to, chosen, runs);
}
}
