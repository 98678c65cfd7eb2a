// Work side by side, and signals: a parcel asks three carriers at once, is packed by two people, and waits until it has been picked up.
//
//     parcel [JOURNAL]         run it twice with the same directory: the second time everything is there already

#include <everstep/engine.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

using namespace everstep;
using namespace std::chrono_literals;

struct offer
{
    std::string carrier;
    int cents{};
};
BOOST_DESCRIBE_STRUCT(offer, (), (carrier, cents))

struct order
{
    std::vector<std::string> items;
};
BOOST_DESCRIBE_STRUCT(order, (), (items))

struct picking
{
    std::string driver;
};
BOOST_DESCRIBE_STRUCT(picking, (), (driver))

/// Two people pack side by side, so a line is written in one piece.
void say(const std::string& line) { std::cout << line + "\n" << std::flush; }

/// Carriers that answer in time are compared; one that never does is left behind.
offer ask(const std::string& carrier, attempt& a)
{
    if (carrier == "snail")
        while (!a.stop().stop_requested())
            std::this_thread::yield();
    return {carrier, carrier == "swift" ? 900 : 700};
}

workflow<offer> quote(context& ctx, std::string carrier)
{
    try
    {
        co_return co_await with_timeout(100ms, ctx.step("ask " + carrier, [&](attempt& a) { return ask(carrier, a); }));
    }
    catch (const timed_out&)
    {
        say(carrier + " does not answer");
    }
    co_return offer{};
}

workflow<std::string> send(context& ctx, order o)
{
    const auto [swift, cheap, snail] = co_await all(quote(ctx, "swift"), quote(ctx, "cheap"), quote(ctx, "snail"));
    const offer best = swift.cents < cheap.cents ? swift : cheap;

    co_await all(o.items, 2, [&](const std::string& item) {
        return ctx.step("pack " + item, [&item] { say("pack " + item); });
    });
    const auto picked = co_await ctx.receive_for<picking>("picked", 72h);
    if (!picked)
        throw permanent_error("not_picked", "nobody came in 72 h");
    co_return best.carrier + " for " + std::to_string(best.cents) + ", picked by " + picked->driver;
}

int main(int count, char** arguments)
{
    engine shop{{.journal = count > 1 ? arguments[1] : ":memory:"}};
    shop.add("send", send);
    shop.open();

    auto run = shop.start(send, "parcel-1", {{"shoes", "laces", "polish"}});
    run.signal("picked", picking{"ann"}, {.id = "scan-4711"}); // the scanner may say so twice
    run.signal("picked", picking{"ann"}, {.id = "scan-4711"});
    say(run.result());
}
