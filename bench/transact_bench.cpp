// How many transactions a second, each one get and one put of 100 bytes over 100,000 hot keys? Beside plain steps in the pool, in the same
// number in flight: the floor is an engine, too.

#include "questions.hpp"
#include "support/engine_loop.hpp"

#include <array>

namespace everstep::bench
{
namespace
{
constexpr std::int64_t steps_of_run = 5;
constexpr std::array<std::size_t, 2> in_flight{1'000, 10'000};
}

void add_transact(figures& to, const settings& chosen)
{
    for (const std::size_t count : in_flight)
    {
        const run_shape shape = checkout_shape();
        const loop_size size = size_of_loop(chosen, count, shape.turns());
        const auto loop_of = [=](workload function)
        {
            engine_loop loop{.function = function, .shape = shape, .size = size};
            loop.before = &fill_hot_keys; // the steps run beside the same rows
            return loop;
        };
        const auto measure = [=, &chosen](const engine_loop& loop)
        {
            return [=, &chosen](benchmark::State& state)
            {
                report(state, run_engine(state, chosen, loop).step);
                state.SetItemsProcessed(steps_of_run * static_cast<std::int64_t>(size.timed_runs));
            };
        };
        to.add({.name = "transactions", .x = static_cast<double>(count), .goals = {at_least(0.5, goal::subject::ratio)}},
               measure(loop_of(&trading)), measure(loop_of(&checkout<step_place::pool>)));
    }
}
}
