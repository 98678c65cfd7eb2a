// How long does a run of five steps take, alone? Beside six raw commits of one record each, the fewest that can make a start
// and five results durable one after the other.

#include "floor/one_record.hpp"
#include "floor/raw_journal.hpp"
#include "questions.hpp"
#include "support/engine_loop.hpp"
#include "support/folder.hpp"

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
        const engine_loop loop{at.run, shape, slot_until::ended, size};
        const auto ours = [=, &chosen](benchmark::State& state)
        {
            const loop_outcome outcome = run_engine(state, chosen, loop);
            state.SetItemsProcessed(static_cast<std::int64_t>(runs));
            report(state, outcome.slot);
        };
        const auto floor = [=, &chosen](benchmark::State& state)
        {
            const folder home(chosen.directory);
            raw_journal journal(home.path());
            const script commits = one_record_commits(loop.shape, commits_of_run * (warm + runs));
            for (std::size_t i = 0; i < commits_of_run * warm; ++i)
                journal.play(commits, i);
            for (auto _ : state)
                for (std::size_t i = commits_of_run * warm; i < commits.commits(); ++i)
                    journal.play(commits, i);
            state.SetItemsProcessed(static_cast<std::int64_t>(runs));
        };
        to.add({"latency", 1, at.name, figure::comparison::time}, ours, floor);
    }
}
}
