// How long does it take until a process is back? Until it takes a new start, with a million runs asleep in its journal; until a hundred
// thousand runs that were cut mid-way go on; and how do new starts fare while a day's timers are made up for?

#include "questions.hpp"

#include "floor/many_runs.hpp"
#include "support/client.hpp"
#include "support/folder.hpp"
#include "support/process_meters.hpp"
#include "support/role_process.hpp"
#include "support/scale_work.hpp"
#include "support/sleeping_journals.hpp"

#include <stdexcept>
#include <string>
#include <thread>

namespace everstep::bench
{
namespace
{
constexpr std::chrono::seconds close_deadline{10};

double milliseconds(clock::duration of) { return std::chrono::duration<double, std::milli>(of).count(); }

/// From the begin of a process to its first acknowledged start; the one before it died by kill -9.
void add_first_start(figures& to, const shared_sleepers& journals, std::size_t runs, bool has_goal)
{
    const auto ours = [=](benchmark::State& state)
    {
        const std::string& directory = journals->of(runs);
        {
            role_process before("sleepers", {directory});
            before.hear("acknowledged");
            before.kill();
        }
        for (auto _ : state)
        {
            role_process there("sleepers", {directory});
            const std::chrono::nanoseconds acknowledged(static_cast<std::int64_t>(there.hear("acknowledged")));
            state.counters[value_counter] = milliseconds(acknowledged - there.begun().time_since_epoch());
            there.kill();
        }
    };
    to.add({.name = "first start",
            .x = static_cast<double>(runs),
            .x_name = "runs",
            .unit = "ms",
            .goals = has_goal ? std::vector{at_most(300)} : std::vector<goal>{},
            .in = plot::recovery},
           ours);
}

/// From the begin of open() until each of the runs has begun the body of its next step.
void add_cut_runs(figures& to, const settings& chosen, std::size_t runs, bool has_goal)
{
    constexpr std::size_t recorded = 10;
    const auto ours = [=, &chosen](benchmark::State& state)
    {
        const folder home(chosen.directory);
        write_runs(home.path(), march_shape(recorded, recorded + 1), runs);
        turnstile gate;
        engine_options options;
        options.journal = home.path();
        engine shop(options);
        shop.provide(gate);
        shop.add(march_name, &march);
        for (auto _ : state)
        {
            const auto begin = clock::now();
            shop.open();
            gate.wait_for(runs);
            state.counters[value_counter] = milliseconds(clock::now() - begin);
        }
        wait_for_rest();
        const metrics end = shop.metrics();
        shop.close(close_deadline);
        if (end.runs_parked != 0 || gate.passed() != runs || end.steps_recorded != runs)
            throw std::runtime_error(std::to_string(runs) + " runs were cut, " + std::to_string(gate.passed()) +
                                     " bodies began, " + std::to_string(end.steps_recorded) + " were recorded, and " +
                                     std::to_string(end.runs_parked) + " runs were parked");
    };
    // In proportion where fewer are measured.
    const double limit_ms = 1'500.0 * static_cast<double>(runs) / 100'000;
    to.add({.name = "cut runs go on",
            .x = static_cast<double>(runs),
            .place = "pool",
            .x_name = "runs",
            .unit = "ms",
            .goals = has_goal ? std::vector{at_most(limit_ms)} : std::vector<goal>{},
            .in = plot::recovery},
           ours);
}

/// Callers who start runs, one each at a time, until told to stop.
class callers
{
public:
    callers(engine& to)
        : latency_(samples_max), client_(to, &reception, slot_until::acknowledged, at_once, latency_, first_id)
    {
        latency_.record(true);
        client_.begin();
    }
    void report_to(benchmark::State& state)
    {
        client_.drain();
        latency_.record(false);
        state.counters[p50_counter] = latency_.quantile(0.5);
        state.counters[p99_counter] = latency_.quantile(0.99);
        state.counters[value_counter] = latency_.quantile(0.99);
    }
    void complete(std::size_t starts) { client_.complete(starts); }

private:
    static constexpr std::size_t at_once = 4;
    static constexpr std::size_t samples_max = 1u << 20;
    static constexpr std::uint64_t first_id = std::uint64_t{1} << 32; // the sleepers have those from 1 on
    latencies latency_;
    client client_;
};

void start_while_draining(benchmark::State& state, const settings& chosen, std::size_t sleepers)
{
    const folder home(chosen.directory);
    write_runs(home.path(), due_sleeper_shape(), sleepers);
    engine_options options;
    options.journal = home.path();
    engine shop(options);
    shop.add(due_sleeper_name, due_sleeper);
    shop.add(workflow_name, &reception);
    for (auto _ : state)
    {
        const auto begin = clock::now();
        shop.open();
        callers front(shop);
        constexpr std::chrono::minutes patience{5};
        while (shop.metrics().timers_fired < sleepers && clock::now() - begin < patience)
            std::this_thread::sleep_for(std::chrono::microseconds(500));
        state.counters["drained_ms"] = milliseconds(clock::now() - begin);
        const metrics drained = shop.metrics();
        state.counters["entries_per_commit"] =
            static_cast<double>(drained.entries_written) / static_cast<double>(drained.commits);
        front.report_to(state);
    }
    wait_for_rest();
    const metrics end = shop.metrics();
    shop.close(close_deadline);
    if (end.timers_fired != sleepers || end.runs_parked != 0 || end.runs_completed != sleepers + end.runs_started)
        throw std::runtime_error("of " + std::to_string(sleepers) + " timers " + std::to_string(end.timers_fired) +
                                 " fired, and " + std::to_string(end.runs_parked) + " runs were parked");
}

void start_while_idle(benchmark::State& state, const settings& chosen)
{
    const folder home(chosen.directory);
    engine_options options;
    options.journal = home.path();
    engine shop(options);
    shop.add(workflow_name, &reception);
    shop.open();
    for (auto _ : state)
    {
        callers front(shop);
        front.complete(chosen.quick() ? 1'000 : 4'000);
        front.report_to(state);
    }
    shop.close(close_deadline);
}

void add_storm(figures& to, const settings& chosen, std::size_t sleepers)
{
    const auto ours = [=, &chosen](benchmark::State& state) { start_while_draining(state, chosen, sleepers); };
    const auto floor = [=, &chosen](benchmark::State& state) { start_while_idle(state, chosen); };
    to.add({.name = "starts in a storm",
            .x = static_cast<double>(sleepers),
            .place = "p99",
            .x_name = "timers",
            .unit = "us",
            .goals = {at_most(5, goal::subject::ratio)},
            .rounds = chosen.quick() ? 2 : 0},
           ours, floor);
}
}

void add_recovery(figures& to, const settings& chosen, const shared_sleepers& journals)
{
    const bool quick = chosen.quick();
    add_first_start(to, journals, 10'000, false);
    add_first_start(to, journals, 100'000, quick);
    if (!quick)
        add_first_start(to, journals, 1'000'000, true);
    if (chosen.giant())
        add_first_start(to, journals, 10'000'000, false);

    add_cut_runs(to, chosen, 10'000, quick);
    if (!quick)
        add_cut_runs(to, chosen, 100'000, true);

    add_storm(to, chosen, quick ? 10'000 : 100'000);
}
}
