// How many starts a second are acknowledged, by callers at once? The workflow has no steps, so nothing else is written but
// its end. Beside LMDB with the same records in commits of the same size.

#include "questions.hpp"
#include "support/engine_loop.hpp"
#include "support/floor_commits.hpp"

#include <array>
#include <memory>

namespace everstep::bench
{
namespace
{
constexpr std::array<std::size_t, 4> in_flight{1, 100, 1'000, 10'000};

/// Whose latencies are drawn.
constexpr std::size_t in_flight_of_plot = 1'000;

/// Alone, beside the one raw commit that no start can do without.
void add_start_alone(figures& to, const settings& chosen)
{
    const run_shape shape = reception_shape();
    const engine_loop loop{.function = &reception,
                           .shape = shape,
                           .until = slot_until::acknowledged,
                           .size = size_of_loop(chosen, 1, shape.turns())};
    const auto ours = [=, &chosen](benchmark::State& state)
    {
        const loop_outcome outcome = run_engine(state, chosen, loop);
        state.SetItemsProcessed(static_cast<std::int64_t>(loop.size.timed_runs));
        report(state, outcome.slot);
    };
    const auto floor = [=, &chosen](benchmark::State& state)
    {
        play_one_record_commits(state, chosen, loop.size.warm_runs, loop.size.timed_runs);
        state.SetItemsProcessed(static_cast<std::int64_t>(loop.size.timed_runs));
    };
    to.add({.name = "start", .x = 1, .unit = "us", .goals = {at_most(1.1, goal::subject::ratio)}}, ours, floor);
}
}

void add_start(figures& to, const settings& chosen)
{
    add_start_alone(to, chosen);
    for (const std::size_t count : in_flight)
    {
        const run_shape shape = reception_shape();
        engine_loop loop{&reception, shape, slot_until::acknowledged, size_of_loop(chosen, count, shape.turns())};
        if (count == in_flight_of_plot)
            loop.slot_latency = std::make_shared<spread>();
        const auto entries_per_commit = std::make_shared<double>(1);
        const auto ours = [=, &chosen](benchmark::State& state)
        {
            const loop_outcome outcome = run_engine(state, chosen, loop);
            *entries_per_commit = outcome.entries_per_commit;
            state.SetItemsProcessed(static_cast<std::int64_t>(loop.size.timed_runs));
            report(state, outcome.slot);
        };
        const auto floor = [=, &chosen](benchmark::State& state)
        {
            const floor_outcome outcome = run_floor(state, chosen, loop.shape, loop.size, *entries_per_commit);
            state.SetItemsProcessed(static_cast<std::int64_t>(outcome.runs));
        };
        to.add({.name = "starts", .x = static_cast<double>(count), .latency = loop.slot_latency}, ours, floor);
    }
}
}
