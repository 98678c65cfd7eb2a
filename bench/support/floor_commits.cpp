#include "support/floor_commits.hpp"

#include "floor/closed_loop.hpp"
#include "floor/one_record.hpp"
#include "floor/raw_journal.hpp"
#include "support/checkout.hpp"
#include "support/figure.hpp"
#include "support/folder.hpp"
#include "support/latencies.hpp"

#include <cmath>

namespace everstep::bench
{
spread time_commits(benchmark::State& state, const settings& chosen, const run_shape& shape, double entries_per_commit,
                    std::size_t commits)
{
    const auto in_flight = static_cast<std::size_t>(std::ceil(entries_per_commit));
    const auto runs = static_cast<std::size_t>(entries_per_commit * static_cast<double>(commits)) / shape.entries() + 1;
    const floor_loop loop = make_floor(shape, {in_flight, in_flight, runs}, entries_per_commit);
    const folder home(chosen.directory);
    raw_journal journal(home.path());
    latencies times(loop.all.commits());
    for (std::size_t i = 0; i < loop.warm_commits; ++i)
        journal.play(loop.all, i);
    times.record(true);
    for (auto _ : state)
        for (std::size_t i = loop.warm_commits; i < loop.all.commits(); ++i)
        {
            const auto begun = clock::now();
            journal.play(loop.all, i);
            times.add(clock::now() - begun);
        }
    state.counters[value_counter] = times.quantile(0.99);
    state.counters[p50_counter] = times.quantile(0.5);
    state.counters[p99_counter] = times.quantile(0.99);
    return times.shape();
}

void play_one_record_commits(benchmark::State& state, const settings& chosen, std::size_t warm, std::size_t commits)
{
    const folder home(chosen.directory);
    raw_journal journal(home.path());
    const script all = one_record_commits(checkout_shape(), warm + commits);
    for (std::size_t i = 0; i < warm; ++i)
        journal.play(all, i);
    for (auto _ : state)
        for (std::size_t i = warm; i < all.commits(); ++i)
            journal.play(all, i);
}
}
