#include "support/process_meters.hpp"
#include "support/scale_roles.hpp"
#include "support/scale_work.hpp"

#include <everstep/engine.hpp>

#include <iostream>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace everstep::bench
{
namespace
{
/// A sleeper replays and takes its cancel only where its records are what its code would have written.
void check_one(engine& shop)
{
    auto first = shop.run(long_sleeper, random_run_id(1));
    first.cancel("asleep for long enough");
    bool was_cancelled = false;
    try
    {
        first.result();
    }
    catch (const run_failed&)
    {
        was_cancelled = first.status().state == run_state::cancelled;
    }
    if (!was_cancelled || shop.metrics().runs_parked != 0)
        throw std::runtime_error("a sleeper does not replay: its journal does not fit its code");
}
}

int play_sleepers(std::span<char* const> arguments)
{
    if (arguments.size() != 1)
        throw std::invalid_argument("sleepers DIRECTORY");
    engine_options options;
    options.journal = arguments[0];
    engine shop(options);
    shop.add(long_sleeper_name, long_sleeper);
    shop.add(workflow_name, &reception);
    shop.open();
    const auto now = clock::now().time_since_epoch();
    shop.start(&reception, "first-" + std::to_string(now.count()), make_order(0));
    const std::chrono::nanoseconds acknowledged = clock::now().time_since_epoch();
    std::cout << "acknowledged " << acknowledged.count() << std::endl;

    wait_for_rest();
    std::cout << "anonymous " << anonymous_bytes() << std::endl;

    char end{};
    while (::read(STDIN_FILENO, &end, 1) > 0)
    {
    }
    check_one(shop);
    return 0;
}
}
