// How many events a second reach their subscribers, from publish to the handler's return, one publish for each and all of them durable? How
// soon after its publish is an event with an idle handler, beside a raw commit? And what do a million take in memory that nobody has had?

#include "questions.hpp"
#include "support/floor_commits.hpp"
#include "support/folder.hpp"
#include "support/latencies.hpp"
#include "support/order.hpp"
#include "support/publishers.hpp"
#include "support/role_process.hpp"

#include <everstep/engine.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace everstep::bench
{
namespace
{
constexpr std::size_t in_flight = 10'000;
constexpr std::chrono::seconds close_deadline{10};
constexpr double megabyte = 1e6;

/// Counts calls, and wakes who waits for so many.
class tally
{
public:
    void add() noexcept
    {
        if (count_.fetch_add(1, std::memory_order_acq_rel) + 1 == wanted_.load(std::memory_order_acquire))
            count_.notify_all();
    }
    void wait_for(std::size_t wanted)
    {
        wanted_.store(wanted, std::memory_order_release);
        for (std::size_t now = count_.load(); now < wanted; now = count_.load())
            count_.wait(now);
    }

private:
    std::atomic<std::size_t> count_{};
    std::atomic<std::size_t> wanted_{};
};

void close(engine& shop)
{
    if (const auto left = shop.close(close_deadline); !left.empty())
        throw std::runtime_error("still running at close: " + left.front());
}

void deliver(benchmark::State& state, const settings& chosen, std::size_t subscribers, std::size_t events)
{
    const folder home(chosen.directory);
    tally had;
    engine_options options;
    options.journal = home.path();
    engine shop(options);
    shop.add_topic(topic_name);
    for (std::size_t n = 0; n < subscribers; ++n)
        shop.subscribe(topic_name, "reader" + std::to_string(n), [&had](const event& e) {
            benchmark::DoNotOptimize(e.data.data());
            had.add();
        });
    shop.open();
    publishers customers(shop, in_flight);
    const std::size_t warm = events / 4;
    customers.publish(warm);
    had.wait_for(warm * subscribers);
    for (auto _ : state)
    {
        customers.publish(events);
        had.wait_for((warm + events) * subscribers);
    }
    close(shop);
    state.SetItemsProcessed(static_cast<std::int64_t>(events * subscribers));
}

void add_throughput(figures& to, const settings& chosen, std::size_t subscribers, double goal)
{
    const std::size_t events = (chosen.quick() ? 200'000 : 1'000'000) / (subscribers == 1 ? 1 : subscribers / 2);
    to.add({.name = subscribers == 1 ? "events" : "deliveries",
            .x = static_cast<double>(subscribers),
            .x_name = subscribers == 1 ? "subscriber" : "subscribers",
            .goals = {at_least(goal)},
            .rounds = chosen.rounds_of_minor()},
           [=, &chosen](benchmark::State& state) { deliver(state, chosen, subscribers, events); });
}

/// From the call of publish to the begin of the handler, with nothing else to do.
void reach_handler(benchmark::State& state, const settings& chosen, std::size_t warm, std::size_t events)
{
    const folder home(chosen.directory);
    tally had;
    latencies times(events);
    std::atomic<clock::time_point> published{};
    engine_options options;
    options.journal = home.path();
    engine shop(options);
    shop.add_topic(topic_name);
    shop.subscribe(topic_name, "reader", [&](const event&) {
        times.add(clock::now() - published.load());
        had.add();
    });
    shop.open();
    std::size_t count = 0;
    const auto publish_one = [&] {
        published = clock::now();
        shop.publish(topic_name, make_order(0));
        had.wait_for(++count);
        while (shop.subscription("reader").status().backlog != 0) // what the handler's end writes is not for the next
            std::this_thread::yield();
    };
    while (count < warm)
        publish_one();
    times.record(true);
    for (auto _ : state)
        while (count < warm + events)
            publish_one();
    times.record(false);
    close(shop);
    state.counters[value_counter] = times.quantile(0.5);
    state.counters[p50_counter] = times.quantile(0.5);
    state.counters[p99_counter] = times.quantile(0.99);
}

void add_latency_of_event(figures& to, const settings& chosen)
{
    const std::size_t warm = 100;
    const std::size_t events = chosen.quick() ? 500 : 3'000;
    const auto floor = [=, &chosen](benchmark::State& state) {
        play_one_record_commits(state, chosen, warm, events);
        state.SetItemsProcessed(static_cast<std::int64_t>(events));
    };
    to.add({.name = "event to handler", .x = 1, .unit = "us", .goals = {at_most(1.3, goal::subject::ratio)}},
           [=, &chosen](benchmark::State& state) { reach_handler(state, chosen, warm, events); }, floor);
}

void add_memory_of_backlog(figures& to, const settings& chosen)
{
    const std::size_t events = chosen.quick() ? 100'000 : 1'000'000;
    const auto ours = [=, &chosen](benchmark::State& state) {
        const folder home(chosen.directory);
        for (auto _ : state)
        {
            role_process there("backlog", {home.path(), std::to_string(events)});
            state.counters[value_counter] = there.hear("anonymous") / megabyte;
            there.finish();
        }
    };
    to.add({.name = "memory of backlog",
            .x = static_cast<double>(events),
            .x_name = "events",
            .unit = "MB",
            .goals = {at_most(100)},
            .rounds = 1},
           ours);
}
}

void add_events(figures& to, const settings& chosen)
{
    add_throughput(to, chosen, 1, 150'000);
    add_throughput(to, chosen, 10, 300'000);
    add_latency_of_event(to, chosen);
    add_memory_of_backlog(to, chosen);
}
}
