// How many starts a second are acknowledged, by callers at once? The workflow has no steps, so nothing else is written but
// its end. Beside LMDB with the same records in commits of the same size.

#include "questions.hpp"
#include "support/engine_loop.hpp"

#include <array>
#include <memory>

namespace everstep::bench
{
namespace
{
constexpr std::array<std::size_t, 4> in_flight{1, 100, 1'000, 10'000};
}

void add_start(figures& to, const settings& chosen)
{
    for (const std::size_t count : in_flight)
    {
        const run_shape shape = reception_shape();
        const engine_loop loop{&reception, shape, slot_until::acknowledged, size_of_loop(chosen, count, shape.turns())};
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
            const std::size_t runs = run_floor(state, chosen, loop.shape, loop.size, *entries_per_commit);
            state.SetItemsProcessed(static_cast<std::int64_t>(runs));
        };
        to.add({"starts", count, ""}, ours, floor);
    }
}
}
