// How long does a step take where the engine has half of what it can do? The highest throughput is measured first, in a closed loop;
// then runs arrive at half of its rate, whether the engine keeps up or not. Beside the time of one raw commit of as many records.

#include "questions.hpp"
#include "support/arrivals.hpp"
#include "support/engine_loop.hpp"
#include "support/floor_commits.hpp"
#include "support/folder.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace everstep::bench
{
namespace
{
constexpr std::size_t crowd = 10'000; ///< in flight, where throughput is highest
constexpr std::size_t samples_max = 1u << 20;
constexpr std::chrono::seconds close_deadline{30};

struct half_load
{
    double entries_per_commit{1};
    spread step;
};

/// Runs a second, in a closed loop of many.
double highest_rate(engine& shop, workload function, const loop_size& size)
{
    latencies unused(1);
    client callers(shop, function, slot_until::ended, size.in_flight, unused);
    callers.begin();
    callers.complete(size.warm_runs);
    const auto begun = clock::now();
    callers.complete(size.timed_runs);
    const std::chrono::duration<double> took = clock::now() - begun;
    callers.drain();
    return static_cast<double>(size.timed_runs) / took.count();
}

half_load run_at_half(benchmark::State& state, const settings& chosen, workload function)
{
    const folder home(chosen.directory);
    const loop_size size = size_of_loop(chosen, crowd, checkout_shape().turns());
    const std::chrono::milliseconds lasts(chosen.quick() ? 500 : 4'000);
    latencies step_latency(samples_max);
    desk service(std::max(crowd, arrivals::slots), step_latency);
    engine_options options;
    options.journal = home.path();
    engine shop(options);
    shop.provide(service);
    shop.add(workflow_name, function);
    shop.open();
    const double rate = highest_rate(shop, function, size) / 2;

    arrivals callers(shop, function, crowd + size.warm_runs + size.timed_runs + crowd);
    callers.come(rate, lasts / 5);
    step_latency.record(true);
    const metrics before = shop.metrics();
    for (auto _ : state)
        callers.come(rate, lasts);
    const metrics after = shop.metrics();
    step_latency.record(false);
    callers.wait_for_all();
    if (const auto left = shop.close(close_deadline); !left.empty())
        throw std::runtime_error("still running at close: " + left.front());

    state.counters[value_counter] = step_latency.quantile(0.99);
    state.counters[p50_counter] = step_latency.quantile(0.5);
    state.counters[p99_counter] = step_latency.quantile(0.99);
    state.counters["runs_per_s"] = rate;
    half_load seen;
    seen.entries_per_commit = static_cast<double>(after.entries_written - before.entries_written) /
                              static_cast<double>(std::max<std::uint64_t>(1, after.commits - before.commits));
    state.counters["entries_per_commit"] = seen.entries_per_commit;
    seen.step = step_latency.shape();
    return seen;
}
}

void add_half_load(figures& to, const settings& chosen)
{
    for (const checkout_place& at : {checkout_places[0], checkout_places[1]})
    {
        const auto entries_per_commit = std::make_shared<double>(1);
        const auto ours_spread = std::make_shared<spread>();
        const auto floor_spread = std::make_shared<spread>();
        const std::size_t commits = chosen.quick() ? 300 : 2'000;
        to.add(
            {.name = "half load p99",
             .place = at.name,
             .unit = "us",
             .goals = {at_most(2, goal::subject::ratio)},
             .rounds = chosen.rounds_of_minor(),
             .latency = ours_spread,
             .floor_latency = floor_spread},
            [=, &chosen](benchmark::State& state)
            {
                const half_load seen = run_at_half(state, chosen, at.run);
                *entries_per_commit = seen.entries_per_commit;
                *ours_spread = seen.step;
            },
            [=, &chosen](benchmark::State& state)
            { *floor_spread = time_commits(state, chosen, checkout_shape(), *entries_per_commit, commits); });
    }
}
}
