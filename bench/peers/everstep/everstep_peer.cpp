// everstep's side of the comparison: the subcommands of a driver (README.md), with default engine options.
//
//     everstep_peer loop    --directory DIR --ids N --in-flight N --seconds S --until ended|acknowledged --place pool|shard
//     everstep_peer sleep   --directory DIR --ids N --runs N --nap S --warm N --in-flight N
//     everstep_peer recover --directory DIR --ids N --runs N --nap S
//     everstep_peer version

#include "driver/arguments.hpp"
#include "driver/events.hpp"
#include "everstep/nap.hpp"
#include "support/client.hpp"

#include <algorithm>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

namespace everstep::bench::peers
{
namespace
{
constexpr std::size_t samples_max = 1u << 20;
constexpr std::chrono::seconds close_deadline{10};
/// Of the measured time, before it begins.
constexpr double warm_share = 0.2;
/// In the default place.
constexpr workload awake = &checkout<step_options{}.place>;

engine_options options_of(const arguments& given)
{
    engine_options options;
    options.journal = given.text("--directory");
    return options;
}

void close(engine& shop)
{
    if (const auto left = shop.close(close_deadline); !left.empty())
        throw std::runtime_error("still running at close: " + left.front());
}

workload function_for(const arguments& given)
{
    if (given.text("--until") == "acknowledged")
        return &reception;
    const std::string place = given.text("--place");
    for (const checkout_place& at : checkout_places)
        if (place == at.name)
            return at.run;
    throw std::invalid_argument("there is no place " + place);
}

struct timed
{
    std::size_t runs{};
    double seconds{};
};

/// Goes on in pieces until the time is over: a piece is long beside the cost of waking this thread.
timed go_on(client& callers, std::size_t in_flight, double seconds)
{
    const std::size_t piece = 20 + 5 * in_flight;
    timed so_far;
    const auto begin = clock::now();
    while (so_far.seconds < seconds)
    {
        callers.complete(piece);
        so_far.runs += piece;
        so_far.seconds = std::chrono::duration<double>(clock::now() - begin).count();
    }
    return so_far;
}

void loop(const arguments& given)
{
    const std::size_t in_flight = given.number("--in-flight");
    const double seconds = given.seconds("--seconds");
    const workload function = function_for(given);
    latencies step_latency(1);
    latencies run_latency(samples_max);
    desk service(in_flight, step_latency);

    engine shop(options_of(given));
    shop.provide(service);
    shop.add(workflow_name, function);
    shop.open();
    const slot_until until = given.text("--until") == "ended" ? slot_until::ended : slot_until::acknowledged;
    client callers(shop, function, until, in_flight, run_latency, given.number("--ids"));
    callers.begin();
    callers.complete(in_flight);
    go_on(callers, in_flight, seconds * warm_share);

    run_latency.record(true);
    tell_begin();
    const timed measured = go_on(callers, in_flight, seconds);
    run_latency.record(false);
    tell_end(measured.runs, measured.seconds, run_latency.quantile(0.5) / 1'000);
    callers.drain();
    close(shop);
}

/// Whole runs first, so that what work brings up is not taken for what sleep takes.
/// The client goes after the engine has closed: until then the thread of its last answer may still be in it.
std::unique_ptr<client> warm_up(engine& shop, latencies& unused, const arguments& given)
{
    const std::size_t runs = given.number("--warm");
    if (runs == 0)
        return nullptr;
    const std::size_t in_flight = std::min(runs, given.number("--in-flight"));
    const std::uint64_t ids = given.number("--ids") + given.number("--runs");
    auto callers = std::make_unique<client>(shop, awake, slot_until::ended, in_flight, unused, ids);
    callers->begin();
    callers->complete(runs);
    callers->drain();
    return callers;
}

void sleep(const arguments& given)
{
    const std::size_t runs = given.number("--runs");
    const std::uint64_t ids = given.number("--ids");
    latencies unused(1);
    desk service(std::max(runs, given.number("--in-flight")), unused);
    nap_length nap{std::chrono::duration<double>(given.seconds("--nap"))};

    engine shop(options_of(given));
    shop.provide(service).provide(nap);
    shop.add(workflow_name, awake).add(nap_name, &nap_between_steps);
    shop.open();
    const auto warmed = warm_up(shop, unused, given);
    tell_ready();
    wait_for_go();

    const std::uint64_t steps_before = shop.metrics().steps_recorded;
    start_naps(shop, ids, runs);
    while (shop.metrics().steps_recorded < steps_before + steps_before_nap * runs)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    // The counter runs ahead of the disk; what is started and acknowledged now is durable after all of them.
    shop.start(awake, "last", make_order(0)).result();
    tell_asleep();
    wait_for_go();
    close(shop);
}

void recover(const arguments& given)
{
    const std::size_t runs = given.number("--runs");
    latencies unused(1);
    desk service(runs, unused);
    nap_length nap{std::chrono::duration<double>(given.seconds("--nap"))};

    engine shop(options_of(given));
    shop.provide(service).provide(nap);
    shop.add(workflow_name, awake).add(nap_name, &nap_between_steps);
    shop.open();
    for (std::size_t i = 0; i < runs; ++i)
        shop.run(&nap_between_steps, random_run_id(given.number("--ids") + i)).result();
    tell_finished();
    wait_for_go();
    close(shop);
}

void run(const arguments& given)
{
    if (given.subcommand() == "loop")
        loop(given);
    else if (given.subcommand() == "sleep")
        sleep(given);
    else if (given.subcommand() == "recover")
        recover(given);
    else if (given.subcommand() == "version")
        std::cout << R"({"version":"everstep )" << EVERSTEP_VERSION << R"("})" << std::endl;
    else
        throw std::invalid_argument("there is no subcommand " + given.subcommand());
}
}
}

int main(int count, char** words)
{
    try
    {
        everstep::bench::peers::run(everstep::bench::peers::arguments(count, words));
        return 0;
    }
    catch (const std::exception& failed)
    {
        std::cerr << "everstep_peer: " << failed.what() << '\n';
        return 1;
    }
}
