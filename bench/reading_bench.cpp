// How fast can others look at runs? One thread asks for runs of an idle engine; and what a reader at a fixed rate costs the writers.

#include "questions.hpp"
#include "support/engine_loop.hpp"
#include "support/folder.hpp"
#include "support/starts.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

namespace everstep::bench
{
namespace
{
constexpr std::size_t runs_to_read = 10'000;
constexpr double reads_a_second = 20'000;
constexpr std::size_t writers_in_flight = 1'000;
constexpr std::chrono::seconds close_deadline{10};

workflow<receipt> waiting(context& ctx, order)
{
    co_await ctx.wait_forever();
    co_return receipt();
}

using handle = everstep::run<receipt>;
using look = void (*)(const handle&);

void look_at_completed(const handle& one)
{
    if (one.status().state != run_state::completed)
        throw std::runtime_error("a run has not completed");
}

void look_at_running(const handle& one)
{
    if (one.status().state != run_state::running)
        throw std::runtime_error("a run does not wait");
}

void look_at_result(const handle& one)
{
    if (one.result().payment.empty())
        throw std::runtime_error("a run has no result");
}

/// Handles in an order that has nothing to do with that of the starts.
std::vector<handle> shuffled(const engine& shop, workload function)
{
    std::vector<handle> all;
    for (std::size_t i = 0; i < runs_to_read; ++i)
        all.push_back(shop.run(function, random_run_id(i)));
    std::shuffle(all.begin(), all.end(), std::minstd_rand(1));
    return all;
}

void read_idle(benchmark::State& state, const settings& chosen, workload function, look what, std::size_t reads)
{
    const folder home(chosen.directory);
    engine_options options;
    options.journal = home.path();
    engine shop(options);
    shop.add(workflow_name, function);
    shop.open();
    start_runs(shop, function, make_order(0), 0, runs_to_read);
    const std::vector<handle> all = shuffled(shop, function);
    for (const handle& one : all)
        what(one); // a result that is not there yet is waited for here
    for (auto _ : state)
        for (std::size_t i = 0; i < reads; ++i)
            what(all[i % all.size()]);
    state.SetItemsProcessed(static_cast<std::int64_t>(reads));
    if (const auto left = shop.close(close_deadline); !left.empty())
        throw std::runtime_error("still running at close: " + left.front());
}

/// Asks for the status of runs of the loop, finished and running, at a fixed rate until it goes.
class steady_reader
{
public:
    steady_reader(const engine& shop, workload function, const client& callers)
        : thread_([&shop, function, &callers](const std::stop_token& stop) { read(shop, function, callers, stop); })
    {
    }

private:
    static void read(const engine& shop, workload function, const client& callers, const std::stop_token& stop)
    {
        constexpr std::chrono::milliseconds tick{1};
        std::minstd_rand chance(1);
        for (auto next = clock::now(); !stop.stop_requested(); next += tick)
        {
            std::this_thread::sleep_until(next);
            for (int i = 0; i < static_cast<int>(reads_a_second / 1000); ++i)
            {
                // The first have begun long ago.
                const std::uint64_t number = chance() % (callers.completed() / 2 + 1);
                benchmark::DoNotOptimize(shop.run(function, random_run_id(number)).status());
            }
        }
    }

    std::jthread thread_;
};

void add_writers(figures& to, const settings& chosen)
{
    const run_shape shape = checkout_shape();
    engine_loop loop{.function = &checkout<step_place::pool>,
                     .shape = shape,
                     .size = size_of_loop(chosen, writers_in_flight, shape.turns())};
    const auto measured = [&chosen](const engine_loop& what)
    {
        return [=, &chosen](benchmark::State& state)
        {
            run_engine(state, chosen, what);
            state.SetItemsProcessed(static_cast<std::int64_t>(what.shape.steps.size() * what.size.timed_runs));
        };
    };
    const auto alone = measured(loop);
    loop.beside = [](engine& shop, const client& callers) -> std::shared_ptr<void>
    { return std::make_shared<steady_reader>(shop, &checkout<step_place::pool>, callers); };
    to.add({.name = "steps, with reader",
            .x = static_cast<double>(writers_in_flight),
            .place = "pool",
            .goals = {at_least(0.95, goal::subject::ratio)}},
           measured(loop), alone);
}
}

void add_reading(figures& to, const settings& chosen)
{
    const std::size_t reads = chosen.quick() ? 100'000 : 1'000'000;
    const auto add = [&](const char* place, workload function, look what)
    {
        to.add({.name = "reading",
                .x = static_cast<double>(runs_to_read),
                .place = place,
                .x_name = "runs",
                .goals = {at_least(500'000)},
                .rounds = chosen.rounds_of_minor()},
               [=, &chosen](benchmark::State& state) { read_idle(state, chosen, function, what, reads); });
    };
    add("completed", &reception, &look_at_completed);
    add("result", &reception, &look_at_result);
    add("running", &waiting, &look_at_running);
    add_writers(to, chosen);
}
}
