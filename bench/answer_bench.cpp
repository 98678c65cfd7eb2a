// When does the customer have the answer? A payment of six calls of 50 ms of which two matter: from start to the durable reply. Alone,
// beside a plain function that makes the six calls; and with 500 customers while 10,000 fulfilments are in flight.

#include "questions.hpp"
#include "support/client.hpp"
#include "support/folder.hpp"
#include "support/payment.hpp"

#include <stdexcept>
#include <string>

namespace everstep::bench
{
namespace
{
constexpr std::size_t crowd = 500;
constexpr std::size_t backlog = 10'000;
constexpr std::size_t samples_max = 1u << 16;
constexpr std::uint64_t ids_of_backlog = 1u << 30; ///< far from those of the customers
constexpr double calls_ms = 100;                   ///< of the two that matter
constexpr double commits_in_goal = 6;
constexpr std::chrono::seconds close_deadline{10};

struct answer_load
{
    payment_workflow run{};
    std::size_t customers{};
    std::size_t fulfilments{};
    std::size_t answers{}; ///< timed
};

void answer(benchmark::State& state, const settings& chosen, const answer_load& load)
{
    const folder home(chosen.directory);
    latencies times(samples_max);
    latencies unused(1);
    slow_service outside(call_time);
    backlog_switch more;
    engine_options options;
    options.journal = home.path();
    engine shop(options);
    shop.provide(outside).provide(more);
    shop.add("payment", load.run);
    shop.add("fulfilment", &fulfilment);
    shop.open();
    client background(shop, &fulfilment, slot_until::acknowledged, load.fulfilments, unused, ids_of_backlog);
    client customers(calls_of(shop, load.run, slot_until::replied), load.customers, times);
    if (load.fulfilments != 0)
    {
        background.begin();
        background.drain(); // each slot started one run, which goes on by itself
    }
    customers.begin(2 * call_time / load.customers);
    customers.complete(load.customers);

    times.record(true);
    const metrics before = shop.metrics();
    const auto begun = clock::now();
    for (auto _ : state)
        customers.complete(load.answers);
    const std::chrono::duration<double, std::milli> took = clock::now() - begun;
    const metrics after = shop.metrics();
    times.record(false);

    more.on = false;
    customers.drain();
    if (const auto left = shop.close(close_deadline); !left.empty())
        throw std::runtime_error("still running at close: " + left.front());
    if (after.runs_failed + after.runs_parked != 0)
        throw std::runtime_error("runs failed or were parked");

    const double p50_us = times.quantile(0.5);
    state.counters[value_counter] = p50_us / 1000;
    state.counters[p50_counter] = p50_us;
    state.counters[p99_counter] = times.quantile(0.99);
    if (load.fulfilments != 0)
    {
        const double commit_ms = took.count() / static_cast<double>(after.commits - before.commits);
        state.counters["commit_ms"] = commit_ms;
        state.counters["backlog_steps_per_s"] =
            static_cast<double>(after.steps_recorded - before.steps_recorded) / took.count() * 1000;
        state.counters[goal_counter] = calls_ms + commits_in_goal * commit_ms;
    }
}

/// The six calls, one after the other, as a function without an engine makes them.
void call_in_sequence(benchmark::State& state, std::size_t times)
{
    const slow_service outside(call_time);
    for (auto _ : state)
        for (std::size_t i = 0; i < times * calls_of_payment; ++i)
            benchmark::DoNotOptimize(outside.blocking());
    state.SetItemsProcessed(static_cast<std::int64_t>(times));
}
}

void add_answer(figures& to, const settings& chosen)
{
    const std::size_t alone = chosen.quick() ? 5 : 15;
    const std::size_t rounds_of_crowd = chosen.quick() ? 4 : 20;
    for (const payment_place& at : payment_places)
    {
        const answer_load load{at.run, 1, 0, alone};
        to.add(
            {.name = "answer",
             .x = 1,
             .place = at.name,
             .unit = "ms",
             .goals = {at_most(102)},
             .rounds = chosen.rounds_of_minor()},
            [=, &chosen](benchmark::State& state) { answer(state, chosen, load); },
            [=](benchmark::State& state) { call_in_sequence(state, 1); });
    }
    for (const payment_place& at : payment_places)
    {
        if (at.blocks_threads)
            continue;
        const answer_load load{at.run, crowd, backlog, rounds_of_crowd * crowd};
        to.add({.name = "answer busy",
                .x = static_cast<double>(crowd),
                .place = at.name,
                .unit = "ms",
                .goals = {at_most(0)},
                .rounds = chosen.rounds_of_minor()},
               [=, &chosen](benchmark::State& state) { answer(state, chosen, load); });
    }
}
}
