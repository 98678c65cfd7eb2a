// How long does a run of five steps take, alone? Beside six raw commits of one record each, the fewest that can make a start
// and five results durable one after the other.

#include "questions.hpp"
#include "support/engine_loop.hpp"
#include "support/floor_commits.hpp"

#include <memory>

namespace everstep::bench
{
namespace
{
constexpr std::size_t commits_of_run = 6;
}

void add_latency(figures& to, const settings& chosen)
{
    const run_shape shape = checkout_shape();
    const loop_size size = size_of_loop(chosen, 1, shape.turns());
    const std::size_t warm = size.warm_runs;
    const std::size_t runs = size.timed_runs;
    for (const checkout_place& at : checkout_places)
    {
        engine_loop loop{at.run, shape, slot_until::ended, size};
        if (&at == &checkout_places.front())
            loop.slot_latency = std::make_shared<spread>();
        const auto ours = [=, &chosen](benchmark::State& state)
        {
            const loop_outcome outcome = run_engine(state, chosen, loop);
            state.SetItemsProcessed(static_cast<std::int64_t>(runs));
            report(state, outcome.slot);
        };
        const auto floor = [=, &chosen](benchmark::State& state)
        {
            play_one_record_commits(state, chosen, commits_of_run * warm, commits_of_run * runs);
            state.SetItemsProcessed(static_cast<std::int64_t>(runs));
        };
        to.add({.name = "latency",
                .x = 1,
                .place = at.name,
                .unit = "us",
                .goals = {at_most(1.1, goal::subject::ratio)},
                .rounds = at.run == &checkout<step_place::pool> ? chosen.rounds() : chosen.rounds_of_minor(),
                .latency = loop.slot_latency},
               ours, floor);
    }
}
}
