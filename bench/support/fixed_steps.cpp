#include "support/fixed_steps.hpp"

#include "support/client.hpp"
#include "support/folder.hpp"

#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>

namespace everstep::bench
{
int play_steps(std::span<char* const> arguments)
{
    if (arguments.size() != 3)
        throw std::invalid_argument("use --role steps DIRECTORY RUNS_IN_FLIGHT RUNS");
    const std::size_t in_flight = std::stoul(arguments[1]);
    const std::size_t runs = std::stoul(arguments[2]);
    const folder home(arguments[0]);
    latencies unused(1);
    desk service(in_flight, unused);
    engine_options options;
    options.journal = home.path();
    options.map_bytes = std::uint64_t{4} << 30; // valgrind has no room for the default
    engine shop(options);
    shop.provide(service);
    shop.add(workflow_name, &checkout<step_place::shard>);
    shop.open();
    client callers(shop, &checkout<step_place::shard>, slot_until::ended, in_flight, unused);
    callers.begin();
    if (runs > in_flight)
        callers.complete(runs - in_flight);
    callers.drain();
    const metrics after = shop.metrics();
    std::cout << "steps " << after.steps_recorded << "\ncommits " << after.commits << std::endl;
    if (const auto left = shop.close(std::chrono::seconds(60)); !left.empty())
        throw std::runtime_error("still running at close: " + left.front());
    return 0;
}
}
