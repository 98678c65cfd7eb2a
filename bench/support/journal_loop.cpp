#include "support/journal_loop.hpp"

#include "support/process_meters.hpp"
#include "support/scale_work.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>

namespace everstep::bench
{
namespace
{
constexpr std::size_t samples_max = 1u << 20;
constexpr std::chrono::seconds close_deadline{10};
}

journal_loop run_on_journal(benchmark::State& state, const engine_options& options, const loop_size& size,
                            std::uint64_t ids)
{
    const std::string file = options.journal + "/data.mdb";
    latencies step_latency(samples_max);
    latencies slot_latency(samples_max);
    desk service(size.in_flight, step_latency);
    engine shop(options);
    shop.provide(service);
    shop.add(workflow_name, &checkout<step_place::pool>);
    shop.add(long_sleeper_name, long_sleeper);
    shop.open();
    wait_for_rest();
    client callers(shop, &checkout<step_place::pool>, slot_until::ended, size.in_flight, slot_latency, ids);
    callers.begin();
    callers.complete(size.warm_runs);

    step_latency.record(true);
    const std::uint64_t file_bytes_before = std::filesystem::file_size(file);
    const metrics before = shop.metrics();
    for (auto _ : state)
        callers.complete(size.timed_runs);
    const metrics after = shop.metrics();
    const std::uint64_t file_bytes_after = std::filesystem::file_size(file);
    step_latency.record(false);

    callers.drain();
    const metrics end = shop.metrics();
    if (const auto left = shop.close(close_deadline); !left.empty())
        throw std::runtime_error("still running at close: " + left.front());
    if (end.runs_parked != 0 || end.runs_completed != end.runs_started)
        throw std::runtime_error("of " + std::to_string(end.runs_started) + " runs " +
                                 std::to_string(end.runs_completed) + " have completed, and " +
                                 std::to_string(end.runs_parked) + " were parked");
    return {
        {step_latency.quantile(0.5), step_latency.quantile(0.99)}, before, after, file_bytes_before, file_bytes_after};
}
}
