// Does an engine that has nothing to do wake up? A journal of runs that sleep for years is open, none is due, and somebody else counts
// how often the threads of that process are given a processor.

#include "questions.hpp"
#include "support/process_meters.hpp"
#include "support/role_process.hpp"
#include "support/sleeping_journals.hpp"

#include <thread>

namespace everstep::bench
{
void add_idle(figures& to, const settings& chosen, const shared_sleepers& journals)
{
    const std::size_t runs = chosen.quick() ? 100'000 : 1'000'000;
    const std::chrono::seconds watched{chosen.quick() ? 1 : 2};
    const auto ours = [=](benchmark::State& state)
    {
        const std::string& directory = journals->of(runs);
        role_process there("sleepers", {directory});
        there.hear("acknowledged");
        there.hear("anonymous"); // from here on it waits for its standard input
        std::uint64_t switches = 0;
        for (auto _ : state)
        {
            std::this_thread::sleep_for(std::chrono::milliseconds(100)); // its last word has been said
            const std::uint64_t before = context_switches(there.id());
            std::this_thread::sleep_for(watched);
            switches = context_switches(there.id()) - before;
        }
        there.finish();
        state.counters[value_counter] = static_cast<double>(switches) / static_cast<double>(watched.count());
    };
    to.add({.name = "wake-ups asleep",
            .x = static_cast<double>(runs),
            .x_name = "runs",
            .goals = {at_most(0)},
            .rounds = 1},
           ours);
}
}
