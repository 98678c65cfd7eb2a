#include "support/engine_loop.hpp"

#include "floor/raw_journal.hpp"
#include "support/allocations.hpp"
#include "support/figure.hpp"
#include "support/folder.hpp"
#include "support/process_meters.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace everstep::bench
{
using journal::table;

namespace
{
constexpr std::size_t samples_max = 1u << 20;
constexpr std::chrono::seconds close_deadline{10};

struct amount
{
    std::uint64_t rows{};
    std::uint64_t bytes{};
    friend bool operator==(const amount&, const amount&) = default;
};

amount amount_of(const raw_journal& in, table where)
{
    amount sum;
    in.read(where,
            [&](std::string_view key, std::string_view value)
            {
                ++sum.rows;
                sum.bytes += key.size() + value.size();
            });
    return sum;
}

/// What one whole run of the shape leaves in a table.
amount expected_of_run(const run_shape& shape, table where)
{
    script all;
    run_writer writer(shape, 1);
    while (!writer.ended())
        writer.write_turn(all);
    all.end_commit();
    amount sum;
    std::string_view previous;
    for (const script::write& one : all.commit(0))
    {
        const std::string_view key(one.key.data(), one.key.size());
        if (one.where != where || one.erases)
            continue;
        // A header that was written twice is there once; both have the same size.
        if (key == previous)
            continue;
        previous = key;
        ++sum.rows;
        sum.bytes += key.size() + all.value_of(one).size();
    }
    return sum;
}

/// A floor is only a floor while it writes what the engine writes.
void compare_with_floor(const std::string& directory, const run_shape& shape)
{
    const raw_journal written(directory);
    const std::uint64_t runs = written.rows(table::run);
    constexpr std::array tables{table::history, table::run, table::id, table::finished};
    constexpr std::array names{"history", "run", "id", "finished"};
    for (std::size_t i = 0; i < tables.size(); ++i)
    {
        const amount one = expected_of_run(shape, tables[i]);
        const amount expected{one.rows * runs, one.bytes * runs};
        const amount found = amount_of(written, tables[i]);
        if (found != expected)
            throw std::runtime_error(std::string("the floor does not write what the engine writes: table ") + names[i] +
                                     " has " + std::to_string(found.rows) + " records of " +
                                     std::to_string(found.bytes) + " bytes, the floor's would have " +
                                     std::to_string(expected.rows) + " of " + std::to_string(expected.bytes));
    }
    if (written.rows(table::wake) != 0)
        throw std::runtime_error("runs are left over in the journal");
}

quantiles quantiles_of(latencies& samples) { return {samples.quantile(0.5), samples.quantile(0.99)}; }

void close(engine& shop)
{
    if (const auto left = shop.close(close_deadline); !left.empty())
        throw std::runtime_error("still running at close: " + left.front());
}
}

loop_size size_of_loop(const settings& chosen, std::size_t in_flight, std::uint32_t turns_of_run)
{
    const double budget_us = chosen.quick() ? 100'000 : 2'000'000;
    const double commit_us = 2.5 * chosen.sync_us + 1; // two syncs each, and LMDB's own work
    const std::size_t affordable = static_cast<std::size_t>(budget_us / (commit_us * turns_of_run));
    // Where many are in flight the processor sets the pace, not the disk.
    const std::size_t least = chosen.quick() ? 2 : 3;
    const std::size_t useful = std::max(least, (chosen.quick() ? 10'000 : 100'000) / in_flight);
    const std::size_t rounds = std::clamp(affordable, least, useful);
    return {in_flight, in_flight * std::max<std::size_t>(1, rounds / 10), in_flight * rounds};
}

loop_outcome run_engine(benchmark::State& state, const settings& chosen, const engine_loop& what)
{
    const folder home(chosen.directory);
    latencies step_latency(samples_max);
    latencies slot_latency(samples_max);
    desk service(what.size.in_flight, step_latency);
    loop_outcome outcome;
    {
        engine_options options;
        options.journal = home.path();
        engine shop(options);
        shop.provide(service);
        shop.add(workflow_name, what.function);
        shop.open();
        if (what.before)
            what.before(shop);
        client callers(shop, what.function, what.until, what.size.in_flight, slot_latency);
        callers.begin();
        callers.complete(what.size.warm_runs);

        step_latency.record(true);
        slot_latency.record(true);
        std::shared_ptr<void> beside = what.beside ? what.beside(shop, callers) : nullptr;
        const metrics before = shop.metrics();
        const std::uint64_t allocations = allocations_counted();
        const std::chrono::nanoseconds processor = processor_time();
        for (auto _ : state)
            callers.complete(what.size.timed_runs);
        outcome.processor = processor_time() - processor;
        outcome.allocations = allocations_counted() - allocations;
        const metrics after = shop.metrics();
        step_latency.record(false);
        slot_latency.record(false);
        beside.reset();

        callers.drain();
        close(shop); // and only then may the client go: an answer's thread may still be in it
        outcome.entries_per_commit = static_cast<double>(after.entries_written - before.entries_written) /
                                     static_cast<double>(std::max<std::uint64_t>(1, after.commits - before.commits));
    }
    compare_with_floor(home.path(), what.shape);
    outcome.step = quantiles_of(step_latency);
    outcome.slot = quantiles_of(slot_latency);
    if (what.step_latency)
        *what.step_latency = step_latency.shape();
    if (what.slot_latency)
        *what.slot_latency = slot_latency.shape();
    state.counters["entries_per_commit"] = outcome.entries_per_commit;
    return outcome;
}

floor_outcome run_floor(benchmark::State& state, const settings& chosen, const run_shape& shape, const loop_size& size,
                      double entries_per_commit)
{
    const folder home(chosen.directory);
    raw_journal journal(home.path());
    const floor_loop loop = make_floor(shape, size, entries_per_commit);
    for (std::size_t i = 0; i < loop.warm_commits; ++i)
        journal.play(loop.all, i);
    const std::chrono::nanoseconds before = processor_time();
    for (auto _ : state)
        for (std::size_t i = loop.warm_commits; i < loop.all.commits(); ++i)
            journal.play(loop.all, i);
    return {loop.timed_runs, processor_time() - before};
}

void report(benchmark::State& state, const quantiles& latency)
{
    state.counters[p50_counter] = latency.p50_us;
    state.counters[p99_counter] = latency.p99_us;
}
}
