// Steps by hand over SQLite (sqlite_peer) or PostgreSQL (postgres_peer): the subcommands of a driver (README.md).
//
//     loop    --where WHERE --ids N --in-flight N --seconds S --until ended|acknowledged
//     sleep   --where WHERE --ids N --runs N --in-flight N
//     recover --where WHERE --in-flight N
//     version
//
// Nothing sleeps here: a run that waits is a row. `sleep` leaves the runs where the others' sleep, and `recover` finishes them.

#include "by_hand/callers.hpp"
#include "driver/arguments.hpp"
#include "driver/events.hpp"
#include "floor/run_writer.hpp"
#include "support/latencies.hpp"
#include "support/order.hpp"

#include <exception>
#include <iostream>
#include <limits>
#include <stdexcept>
#include <string>

namespace everstep::bench::peers
{
namespace
{
constexpr std::size_t samples_max = 1u << 20;
constexpr std::size_t without_end = std::numeric_limits<std::size_t>::max();
/// Of the measured time, before it begins.
constexpr double warm_share = 0.2;
constexpr std::chrono::milliseconds look{1};

/// The body of a step: it returns at once.
const std::string& serve()
{
    static const std::string receipt = encode(make_receipt());
    return receipt;
}

void work_on(hand_store& store, std::int64_t run, int steps_done)
{
    for (int step = steps_done; step < steps_of_run - 1; ++step)
        store.record(run, step, serve());
    store.record_last(run, steps_of_run - 1, serve());
}

void loop(const arguments& given)
{
    const std::size_t in_flight = given.number("--in-flight");
    const double seconds = given.seconds("--seconds");
    const bool ended = given.text("--until") == "ended";
    const std::uint64_t ids = given.number("--ids");
    const std::string input = encode(make_order(0));
    latencies latency(samples_max);
    const auto one_run = [&](hand_store& store, std::size_t number)
    {
        const auto began = clock::now();
        const std::string id = random_run_id(ids + number);
        if (ended)
            work_on(store, store.start(id, input), 0);
        else
            store.start_finished(id, input, serve());
        latency.add(clock::now() - began);
    };

    prepare_database(given.text("--where"));
    callers all(given.text("--where"), in_flight, without_end, one_run);
    using duration = std::chrono::duration<double>;
    const auto warm_from = clock::now();
    while (!all.failed() && (all.completed() < in_flight || clock::now() - warm_from < duration(seconds * warm_share)))
        std::this_thread::sleep_for(look);

    latency.record(true);
    tell_begin();
    const auto begin = clock::now();
    const std::size_t before = all.completed();
    std::this_thread::sleep_for(duration(seconds));
    const std::size_t runs = all.completed() - before;
    const double took = duration(clock::now() - begin).count();
    latency.record(false);
    if (!all.failed())
        tell_end(runs, took, latency.quantile(0.5) / 1'000);
    all.stop();
    all.join();
}

void sleep(const arguments& given)
{
    const std::uint64_t ids = given.number("--ids");
    const std::string input = encode(make_order(0));
    prepare_database(given.text("--where"));
    tell_ready();
    wait_for_go();
    callers all(given.text("--where"), given.number("--in-flight"), given.number("--runs"),
                [&](hand_store& store, std::size_t number)
                {
                    const std::int64_t run = store.start(random_run_id(ids + number), input);
                    for (int step = 0; step < steps_before_nap; ++step)
                        store.record(run, step, serve());
                });
    all.join();
    tell_asleep();
    wait_for_go();
}

void recover(const arguments& given)
{
    const std::vector<unfinished_run> cut = open_store(given.text("--where"))->unfinished();
    if (cut.size() != given.number("--runs"))
        throw std::runtime_error(std::to_string(cut.size()) + " runs are unfinished");
    callers all(given.text("--where"), given.number("--in-flight"), cut.size(),
                [&](hand_store& store, std::size_t number)
                { work_on(store, cut[number].number, cut[number].steps_done); });
    all.join();
    tell_finished();
    wait_for_go();
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
        std::cout << R"({"version":")" << version_of_store() << R"("})" << std::endl;
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
        std::cerr << words[0] << ": " << failed.what() << '\n';
        return 1;
    }
}
