// Does the engine become slower as its journal and its histories grow? New work on a journal full of finished runs, the replay of a very
// long history, and what a step of a long run costs.

#include "questions.hpp"

#include "floor/many_runs.hpp"
#include "support/folder.hpp"
#include "support/journal_loop.hpp"
#include "support/process_meters.hpp"
#include "support/scale_work.hpp"

#include <memory>
#include <stdexcept>
#include <string>

namespace everstep::bench
{
namespace
{
constexpr std::size_t in_flight = 1'000;
constexpr std::chrono::seconds close_deadline{10};

/// What the log says of long histories is expected here.
void hear_nothing(const log_line&) {}

void add_grown(figures& to, const settings& chosen, std::size_t finished, bool has_goal)
{
    const auto kept = std::make_shared<std::unique_ptr<folder>>();
    const auto next_id =
        std::make_shared<std::uint64_t>(std::uint64_t{1} << 32); // the finished runs have the first ones
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
    const auto ours = [=, &chosen](benchmark::State& state)
    {
        if (!*kept)
        {
            auto home = std::make_unique<folder>(chosen.directory);
            write_runs(home->path(), checkout_shape(), finished);
            *kept = std::move(home);
        }
        measure(state, (*kept)->path());
    };
    const auto floor = [=, &chosen](benchmark::State& state)
    {
        const folder home(chosen.directory);
        measure(state, home.path());
    };
    std::vector<goal> goals;
    if (has_goal)
        goals = {at_least(0.85, goal::subject::ratio), at_most(1.5, goal::subject::p99_ratio)};
    to.add({.name = "steps, grown",
            .x = static_cast<double>(finished * checkout_shape().entries()),
            .place = "pool",
            .x_name = "entries",
            .goals = std::move(goals),
            .in = plot::growth,
            .rounds = chosen.quick() ? 2
                      : has_goal     ? 0
                                     : 3},
           ours, floor);
}

/// From a cancel of a run that is not in memory until it is acknowledged: the history is read and replayed, and one entry is committed.
void add_long_history(figures& to, const settings& chosen)
{
    constexpr std::size_t entries = march_steps_max;
    const auto ours = [=, &chosen](benchmark::State& state)
    {
        const folder home(chosen.directory);
        write_runs(home.path(), march_shape(entries, entries), 1);
        turnstile gate;
        engine_options options;
        options.journal = home.path();
        options.log = hear_nothing;
        engine shop(options);
        shop.provide(gate);
        shop.add(march_name, &march);
        shop.open(); // which finds it due, lets it come to its last wait, and evicts it
        wait_for_rest();
        const metrics before = shop.metrics();
        for (auto _ : state)
            shop.run(&march, random_run_id(1)).cancel("to look at it");
        const metrics after = shop.metrics();
        state.SetItemsProcessed(1);
        shop.close(close_deadline);
        if (after.entries_replayed - before.entries_replayed != entries || after.runs_parked != 0 || gate.passed() != 0)
            throw std::runtime_error("the cancel replayed " +
                                     std::to_string(after.entries_replayed - before.entries_replayed) +
                                     " entries, not " + std::to_string(entries));
    };
    to.add({.name = "replay",
            .x = static_cast<double>(entries),
            .place = "long run",
            .x_name = "entries",
            .unit = "ms",
            .goals = {at_most(20)}},
           ours);
}

/// A journal of runs * many entries however long a history is: among the runs that go on lie others that sleep, as many as it takes.
void write_marches(const std::string& directory, std::size_t runs, std::size_t recorded, std::size_t many,
                   std::size_t steps)
{
    const run_shape goes_on = march_shape(recorded, recorded + steps);
    run_shape sleeps = goes_on;
    sleeps.sleeps = long_sleeper_shape().sleeps;
    const std::size_t stride = many / recorded;
    write_runs(
        directory, [&](std::size_t number) -> const run_shape& { return number % stride == 0 ? goes_on : sleeps; },
        runs* stride);
}

/// Processor time a step, of runs whose history has `recorded` entries already.
double step_cost_us(benchmark::State& state, const settings& chosen, std::size_t recorded, std::size_t many)
{
    constexpr std::size_t runs = 50;
    const std::size_t steps = chosen.quick() ? 200 : 1'000;
    const folder home(chosen.directory);
    write_marches(home.path(), runs, recorded, many, steps);
    turnstile gate(runs); // so that no run goes on before all are replayed
    engine_options options;
    options.journal = home.path();
    options.log = hear_nothing;
    engine shop(options);
    shop.provide(gate);
    shop.add(march_name, &march);
    shop.open();
    gate.wait_for(runs * steps / 10);
    std::chrono::duration<double, std::micro> spent{};
    std::size_t passed = 0;
    for (auto _ : state)
    {
        const std::size_t from = gate.passed();
        const auto begin = processor_time();
        gate.wait_for(runs * steps * 9 / 10);
        passed = gate.passed() - from;
        spent = processor_time() - begin;
    }
    gate.wait_for(runs * steps);
    wait_for_rest();
    const metrics end = shop.metrics();
    shop.close(close_deadline);
    if (end.runs_parked != 0 || gate.passed() != runs * steps || end.steps_recorded != runs * steps)
        throw std::runtime_error("of " + std::to_string(runs * steps) + " steps " + std::to_string(end.steps_recorded) +
                                 " were recorded");
    return spent.count() / static_cast<double>(passed);
}

void add_step_cost(figures& to, const settings& chosen)
{
    constexpr std::size_t few = 100;
    const std::size_t many = chosen.quick() ? 2'000 : march_steps_max;
    const auto ours = [=, &chosen](benchmark::State& state)
    { state.counters[value_counter] = step_cost_us(state, chosen, many, many); };
    const auto floor = [=, &chosen](benchmark::State& state)
    { state.counters[value_counter] = step_cost_us(state, chosen, few, many); };
    to.add({.name = "processor a step",
            .x = static_cast<double>(many),
            .place = "long run",
            .x_name = "entries",
            .unit = "us",
            .goals = {at_most(1.1, goal::subject::ratio)},
            .rounds = chosen.quick() ? 2 : 0},
           ours, floor);
}
}

void add_growth(figures& to, const settings& chosen)
{
    if (chosen.quick())
        add_grown(to, chosen, 20'000, true);
    else
        for (const std::size_t finished : {7'000u, 70'000u, 700'000u})
            add_grown(to, chosen, finished, finished == 700'000);
    if (chosen.giant())
        add_grown(to, chosen, 7'150'000, true); // 50 million entries
    add_long_history(to, chosen);
    add_step_cost(to, chosen);
}
}
