// What does a durable step cost? Processor time over all threads, the kernel's included, and allocations. Beside LMDB's own processor
// time for the same records; the client's part, which is in ours, has a row of its own. (bench/instructions counts instructions.)

#include "questions.hpp"
#include "support/allocations.hpp"
#include "support/engine_loop.hpp"
#include "support/process_meters.hpp"

#include <memory>
#include <string>

namespace everstep::bench
{
namespace
{
constexpr std::size_t in_flight = 10'000;
constexpr double steps_of_run = 5;

double us_a_step(std::chrono::nanoseconds processor, std::size_t runs)
{
    return std::chrono::duration<double, std::micro>(processor).count() / (steps_of_run * static_cast<double>(runs));
}

/// What the client does for a run, without an engine that it does it for: the id, the encoded order, two receivers.
void ask_nobody(std::size_t runs)
{
    const order work = make_order(0);
    for (std::size_t i = 0; i < runs; ++i)
    {
        const std::string id = random_run_id(i);
        std::string kept = id;
        std::string input = encode(work);
        benchmark::DoNotOptimize(kept.data());
        benchmark::DoNotOptimize(input.data());
        benchmark::DoNotOptimize(std::make_unique<std::pair<void*, std::string>>(nullptr, id));
        benchmark::DoNotOptimize(std::make_unique<std::pair<void*, std::string>>());
    }
}
}

void add_cost(figures& to, const settings& chosen)
{
    const run_shape shape = checkout_shape();
    const engine_loop loop{.function = &checkout<step_place::shard>,
                           .shape = shape,
                           .size = size_of_loop(chosen, in_flight, shape.turns())};
    const auto entries_per_commit = std::make_shared<double>(1);
    const auto row = [&](const char* name, const char* unit, std::vector<goal> goals)
    {
        return figure{.name = name,
                      .x = static_cast<double>(in_flight),
                      .place = "shard",
                      .unit = unit,
                      .goals = std::move(goals),
                      .rounds = chosen.rounds_of_minor()};
    };
    to.add(
        row("cost", "us/step", {at_most(5)}),
        [=, &chosen](benchmark::State& state)
        {
            const loop_outcome outcome = run_engine(state, chosen, loop);
            *entries_per_commit = outcome.entries_per_commit;
            state.counters[value_counter] = us_a_step(outcome.processor, loop.size.timed_runs);
        },
        [=, &chosen](benchmark::State& state)
        {
            const floor_outcome outcome = run_floor(state, chosen, loop.shape, loop.size, *entries_per_commit);
            state.counters[value_counter] = us_a_step(outcome.processor, outcome.runs);
        });
    to.add(row("cost of client", "us/step", {}),
           [=](benchmark::State& state)
           {
               const std::chrono::nanoseconds before = processor_time();
               for (auto _ : state)
                   ask_nobody(loop.size.timed_runs);
               state.counters[value_counter] = us_a_step(processor_time() - before, loop.size.timed_runs);
           });
    to.add(row("allocations", "/step", {at_most(6)}),
           [=, &chosen](benchmark::State& state)
           {
               const allocation_count on;
               const loop_outcome outcome = run_engine(state, chosen, loop);
               state.counters[value_counter] = static_cast<double>(outcome.allocations) /
                                               (steps_of_run * static_cast<double>(loop.size.timed_runs));
           });
}
}
