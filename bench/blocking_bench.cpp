// Do bodies that wait hold others back? Steps that block their thread beside quick ones, and ten thousand that wait through Asio.

#include "questions.hpp"
#include "support/client.hpp"
#include "support/folder.hpp"
#include "support/payment.hpp"
#include "support/threads.hpp"

#include <everstep/async.hpp>

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <string>

namespace everstep::bench
{
namespace
{
constexpr std::size_t blocked_threads = 64;
constexpr std::chrono::milliseconds blocks_for{300};
constexpr std::size_t quick_steps = 10'000;
constexpr std::size_t quick_in_flight = 100;
constexpr std::size_t steps_of_run = 5;
constexpr std::size_t waits = 10'000;
constexpr std::chrono::seconds waits_for{1};
constexpr double threads_max = 15; // fewer than 16
constexpr std::uint64_t ids_of_blockers = 1u << 30;
constexpr std::chrono::seconds close_deadline{10};

/// One call that takes as long as the service does.
template <step_place Place>
workflow<receipt> patience(context& ctx, order)
{
    auto& outside = ctx.use<slow_service>();
    co_return co_await step_at<Place>(ctx, "wait", [&] { return call_at<Place>(outside); });
}

workflow<receipt> awaited_patience(context& ctx, order)
{
    auto& outside = ctx.use<slow_service>();
    co_return co_await ctx.step("wait", [&] { return outside.awaiting(); });
}

void close(engine& shop)
{
    if (const auto left = shop.close(close_deadline); !left.empty())
        throw std::runtime_error("still running at close: " + left.front());
}

void quick_beside(benchmark::State& state, const settings& chosen, std::size_t blockers, spread& all)
{
    const folder home(chosen.directory);
    latencies step_times(quick_steps);
    latencies run_times(quick_steps);
    latencies unused(1);
    slow_service outside(blocks_for);
    desk service(quick_in_flight, step_times);
    engine_options options;
    options.journal = home.path();
    engine shop(options);
    shop.provide(outside).provide(service);
    shop.add("patience", &patience<step_place::pool>);
    shop.add(workflow_name, &checkout<step_place::pool>);
    shop.open();
    client slow(shop, &patience<step_place::pool>, slot_until::ended, blockers, unused, ids_of_blockers);
    client quick(shop, &checkout<step_place::pool>, slot_until::ended, quick_in_flight, run_times);

    // The pool has no thread yet: what is measured holds its growth, too.
    step_times.record(true);
    if (blockers != 0)
        slow.begin();
    for (auto _ : state)
    {
        quick.begin();
        quick.complete(quick_steps / steps_of_run);
    }
    step_times.record(false);
    const std::uint64_t threads = shop.metrics().pool_threads;
    quick.drain();
    if (blockers != 0)
        slow.drain();
    close(shop);
    const double p99_us = step_times.quantile(0.99);
    state.counters[value_counter] = p99_us / 1000;
    state.counters[p50_counter] = step_times.quantile(0.5);
    state.counters[p99_counter] = p99_us;
    state.counters["pool_threads"] = static_cast<double>(threads);
    all = step_times.shape();
}

/// What one measurement of the waits came to. Two figures are read off it.
struct waits_outcome
{
    double threads{};
    double took_ms{};
};

waits_outcome wait_at_once(benchmark::State& state, const settings& chosen, workload function)
{
    const folder home(chosen.directory);
    latencies unused(1);
    slow_service outside(waits_for);
    const thread_watch threads; // begins here: the service's own thread is not the engine's
    waits_outcome outcome;
    engine_options options;
    options.journal = home.path();
    engine shop(options);
    shop.provide(outside);
    shop.add("patience", function);
    shop.open();
    client callers(shop, function, slot_until::ended, waits, unused);
    std::uint64_t running = 0;
    const auto begun = clock::now();
    for (auto _ : state)
    {
        callers.begin();
        while (callers.completed() == 0)
        {
            running = std::max(running, shop.metrics().bodies_running);
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        callers.drain();
    }
    outcome.took_ms = std::chrono::duration<double, std::milli>(clock::now() - begun).count();
    outcome.threads = static_cast<double>(threads.most());
    const metrics after = shop.metrics();
    if (after.runs_started != after.runs_completed || after.runs_completed < waits)
        throw std::runtime_error("runs were lost");
    close(shop);
    state.counters["bodies_at_once"] = static_cast<double>(running);
    return outcome;
}

void add_waits(figures& to, const settings& chosen, const char* place, workload function)
{
    const int rounds = chosen.quick() ? 1 : 3;
    const auto measured = std::make_shared<std::deque<waits_outcome>>();
    const auto threads = [=, &chosen](benchmark::State& state)
    {
        measured->push_back(wait_at_once(state, chosen, function));
        state.counters[value_counter] = measured->back().threads;
    };
    const auto time = [=, &chosen](benchmark::State& state)
    {
        if (measured->empty())
            measured->push_back(wait_at_once(state, chosen, function));
        else // where both figures are asked for, one measurement tells both
            while (state.KeepRunning())
                ;
        state.counters[value_counter] = measured->front().took_ms;
        measured->pop_front();
    };
    const auto figure_of = [&](const char* name, const char* unit, std::vector<goal> goals)
    {
        return figure{.name = name,
                      .x = static_cast<double>(waits),
                      .place = place,
                      .x_name = "bodies",
                      .unit = unit,
                      .goals = std::move(goals),
                      .rounds = rounds};
    };
    to.add(figure_of("wait threads", "threads", {at_most(threads_max)}), threads);
    to.add(figure_of("wait time", "ms", {}), time);
}
}

void add_blocking(figures& to, const settings& chosen)
{
    const auto all = std::make_shared<spread>();
    const auto without = std::make_shared<spread>();
    to.add(
        {.name = "blocking",
         .x = static_cast<double>(blocked_threads),
         .place = "pool",
         .x_name = "blocked",
         .unit = "ms",
         .goals = {at_most(20)},
         .latency = all,
         .floor_latency = without},
        [=, &chosen](benchmark::State& state) { quick_beside(state, chosen, blocked_threads, *all); },
        [=, &chosen](benchmark::State& state) { quick_beside(state, chosen, 0, *without); });
    add_waits(to, chosen, "fiber", &patience<step_place::fiber>);
    add_waits(to, chosen, "awaitable", &awaited_patience);
}
}
