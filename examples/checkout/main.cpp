// The shop: answers each customer as soon as the payment is durable, and lets the rest go on behind. It may be killed at any time;
// started again with the same journal it goes on where it stood, and nobody pays twice.

#include "checkout.hpp"
#include "crowd.hpp"
#include "services.hpp"
#include "shop_log.hpp"

#include <everstep/engine.hpp>

#include <iostream>

using namespace std::chrono_literals;

namespace
{
void buy(everstep::engine& engine, const shop::order& o, shop::crowd::customer who)
try
{
    const auto run = engine.start(shop::checkout, o.id, o); // the same id after a kill: the same run, never a second charge
    who.started();
    who.answered(run.reply());
}
catch (const everstep::run_failed& why)
{
    if (why.code() != "declined")
        throw;
    who.declined();
}

void follow(const everstep::engine& engine, const shop::order& o, shop::crowd::customer who)
try
{
    engine.run(shop::checkout, o.id).result();
    who.ended();
}
catch (const everstep::run_failed&) // declined, canceled, unavailable: compensated
{
    who.ended();
}
}

int main(int count, char** arguments)
try
{
    const auto options = shop::shop_options::parse(count, arguments);
    shop::crowd crowd(options);
    shop::outside_world world(options.world, crowd.epoch(), options.service);
    shop::bank bank{world};
    shop::warehouse warehouse{world};
    shop::carrier carrier{world};
    shop::notices notices{world};

    // Who kills us here comes from outside: that says nothing against the steps that were running.
    everstep::engine engine{{.journal = options.journal, .log = shop::log_to(options.journal + ".log"), .crash_loop_deaths = 0}};
    engine.provide(bank).provide(warehouse).provide(carrier).provide(notices);
    engine.add("checkout", shop::checkout);
    engine.open(); // what an earlier process left goes on from here

    crowd.come({.buy = [&](const auto& o, auto who) { buy(engine, o, who); },
                .follow = [&](const auto& o, auto who) { follow(engine, o, who); },
                .is_disk_full = [&] { return world.is_full() || engine.metrics().commits_delayed_full > 0; },
                .close = [&] { engine.close(10s); }});
}
catch (const std::exception& why)
{
    std::cerr << "checkout: " << why.what() << std::endl;
    return 2;
}
