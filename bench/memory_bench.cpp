// How much memory does a run take that waits: in memory with its frame, and asleep in the journal alone? And how fast is new work beside
// a million that sleep?

#include "questions.hpp"
#include "support/journal_loop.hpp"
#include "support/role_process.hpp"
#include "support/sleeping_journals.hpp"

#include <vector>

namespace everstep::bench
{
namespace
{
constexpr double megabyte = 1e6;
constexpr std::size_t resident_runs = 10'000;
constexpr std::size_t in_flight = 1'000;

void add_resident(figures& to, const settings& chosen, const char* what, bool outside_frame)
{
    const auto ours = [=, &chosen](benchmark::State& state)
    {
        const folder home(chosen.directory);
        for (auto _ : state)
        {
            role_process there("resident", {home.path(), what, std::to_string(resident_runs)});
            const double frame = there.hear("frame");
            const double heap = there.hear("heap");
            state.counters["frame"] = frame;
            state.counters["anonymous"] = there.hear("anonymous");
            state.counters[value_counter] = outside_frame ? heap - frame : heap;
            there.finish();
        }
    };
    to.add({.name = "waiting run",
            .x = static_cast<double>(resident_runs),
            .place = outside_frame ? "no frame" : what,
            .x_name = "runs",
            .unit = "B",
            .goals = outside_frame ? std::vector{at_most(1'200)} : std::vector<goal>{},
            .rounds = 1},
           ours);
}

/// Each in a process of its own, because a heap keeps what it once had.
void add_sleeping(figures& to, const shared_sleepers& journals, std::size_t runs, std::vector<goal> goals)
{
    const auto ours = [=](benchmark::State& state)
    {
        const std::string& directory = journals->of(runs);
        for (auto _ : state)
        {
            role_process there("sleepers", {directory});
            there.hear("acknowledged");
            state.counters[value_counter] = there.hear("anonymous") / megabyte;
            there.finish();
        }
    };
    to.add({.name = "memory asleep",
            .x = static_cast<double>(runs),
            .x_name = "runs",
            .unit = "MB",
            .goals = std::move(goals),
            .in = plot::memory,
            .rounds = 1},
           ours);
}

void add_beside(figures& to, const settings& chosen, const shared_sleepers& journals, std::size_t sleepers)
{
    const auto next_id = std::make_shared<std::uint64_t>(std::uint64_t{1} << 32); // the sleepers have the first ones
    const auto measure = [=, &chosen](benchmark::State& state, const std::string& directory)
    {
        const run_shape shape = checkout_shape();
        const loop_size size = size_of_loop(chosen, in_flight, shape.turns());
        engine_options options;
        options.journal = directory;
        const journal_loop outcome = run_on_journal(state, options, size, *next_id += std::uint64_t{1} << 32);
        state.SetItemsProcessed(static_cast<std::int64_t>(shape.steps.size() * size.timed_runs));
        report(state, outcome.step);
    };
    const auto ours = [=](benchmark::State& state) { measure(state, journals->of(sleepers)); };
    const auto floor = [=, &chosen](benchmark::State& state)
    {
        const folder home(chosen.directory);
        measure(state, home.path());
    };
    to.add({.name = "beside sleepers",
            .x = static_cast<double>(sleepers),
            .place = "pool",
            .x_name = "runs",
            .goals = {at_least(0.8, goal::subject::ratio)},
            .rounds = chosen.quick() ? 2 : 0},
           ours, floor);
}
}

void add_memory(figures& to, const settings& chosen, const shared_sleepers& journals)
{
    add_resident(to, chosen, "nap", true);
    add_resident(to, chosen, "checkout", false);

    add_sleeping(to, journals, 10'000, {});
    add_sleeping(to, journals, 100'000, chosen.quick() ? std::vector{at_most(250)} : std::vector<goal>{});
    if (!chosen.quick())
        add_sleeping(to, journals, 1'000'000, {at_most(250)});
    if (chosen.giant())
        add_sleeping(to, journals, 10'000'000, {at_most(1'000)});
}

void add_work_beside(figures& to, const settings& chosen, const shared_sleepers& journals)
{
    add_beside(to, chosen, journals, chosen.quick() ? 100'000 : 1'000'000);
}
}
