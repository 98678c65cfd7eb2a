// Publishes events to a subscription whose handler blocks, and says what that takes in memory: at the worst moment, with all of them waiting.

#include "support/process_meters.hpp"
#include "support/publishers.hpp"
#include "support/scale_roles.hpp"

#include <everstep/engine.hpp>

#include <atomic>
#include <iostream>
#include <stdexcept>
#include <string>

namespace everstep::bench
{
int play_backlog(std::span<char* const> arguments)
{
    if (arguments.size() != 2)
        throw std::invalid_argument("backlog DIRECTORY EVENTS");
    std::atomic<bool> blocked{true};
    engine_options options;
    options.journal = arguments[0];
    engine shop(options);
    shop.add_topic(topic_name);
    shop.subscribe(topic_name, "dead", [&blocked](const event&) { blocked.wait(true); });
    shop.open();
    publishers(shop, 1'000).publish(std::stoul(arguments[1]));
    wait_for_rest();
    std::cout << "anonymous " << anonymous_bytes() << std::endl;
    std::string line;
    std::getline(std::cin, line);
    shop.subscription("dead").pause();
    blocked = false;
    blocked.notify_all();
    return 0;
}
}
