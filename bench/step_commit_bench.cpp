// How many durable steps a second, by runs in flight and place of the steps? Beside LMDB with the same records in commits of
// the same size.

#include "questions.hpp"
#include "support/engine_loop.hpp"

#include <array>
#include <memory>
#include <string_view>
#include <vector>

namespace everstep::bench
{
namespace
{
constexpr std::int64_t steps_of_run = 5;

constexpr std::array<std::size_t, 4> in_flight{1, 100, 1'000, 10'000};

/// Whose latencies are drawn, of all those in flight.
constexpr std::size_t in_flight_of_plot = 1'000;

bool has_goals(std::string_view place) { return place == "pool" || place == "shard"; }

std::vector<goal> goals_at(std::size_t count, std::string_view place)
{
    if (!has_goals(place))
        return {};
    if (count == 100)
        return {at_least(0.85, goal::subject::ratio)};
    if (count < 1'000)
        return {};
    return {at_least(0.8, goal::subject::ratio), at_least(300'000)};
}
}

void add_step_commit(figures& to, const settings& chosen)
{
    for (const checkout_place& at : checkout_places)
        for (const std::size_t count : in_flight)
        {
            if (chosen.quick() && !has_goals(at.name) && count == in_flight.back())
                continue; // takes long, and has no goal
            const run_shape shape = checkout_shape();
            engine_loop loop{at.run, shape, slot_until::ended, size_of_loop(chosen, count, shape.turns())};
            if (count == in_flight_of_plot && has_goals(at.name))
                loop.step_latency = std::make_shared<spread>();
            const auto entries_per_commit = std::make_shared<double>(1);
            const auto ours = [=, &chosen](benchmark::State& state)
            {
                const loop_outcome outcome = run_engine(state, chosen, loop);
                *entries_per_commit = outcome.entries_per_commit;
                state.SetItemsProcessed(steps_of_run * static_cast<std::int64_t>(loop.size.timed_runs));
                report(state, outcome.step);
            };
            const auto floor = [=, &chosen](benchmark::State& state)
            {
                const floor_outcome outcome = run_floor(state, chosen, loop.shape, loop.size, *entries_per_commit);
                state.SetItemsProcessed(steps_of_run * static_cast<std::int64_t>(outcome.runs));
            };
            to.add({.name = "steps",
                    .x = static_cast<double>(count),
                    .place = at.name,
                    .goals = goals_at(count, at.name),
                    .in = plot::throughput,
                    .rounds = has_goals(at.name) ? chosen.rounds() : chosen.rounds_of_minor(),
                    .latency = loop.step_latency},
                   ours, floor);
        }
}
}
