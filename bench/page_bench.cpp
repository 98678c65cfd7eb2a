// Synchronous against asynchronous: when does a customer have the answer of a page with four services behind it, 50 ms a call? The page
// calls all four and then answers; or it publishes one event, to which they have subscribed, and answers. With a crowd at once, with a
// service that is down, and with one that is added later.

#include "questions.hpp"
#include "support/folder.hpp"
#include "support/page_server.hpp"
#include "support/remote_service.hpp"

#include <everstep/engine.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace everstep::bench
{
namespace
{
constexpr const char* placed_orders = "orders.placed";
constexpr std::size_t page_threads = 32;
constexpr std::array services_of_page{"orders", "warehouse", "mail", "marketing", "loyalty"};
constexpr std::size_t mail = 2; ///< the one that goes down
constexpr std::chrono::minutes patience{1};
constexpr std::chrono::seconds close_deadline{10};

enum class incident : std::uint8_t
{
    none,
    one_down, ///< before the customers come, until all of them have the answer and a call has failed
    one_more  ///< the fifth service is there, too
};

struct page_load
{
    std::size_t customers{}; ///< at once
    std::size_t bursts{};    ///< one after the other
    incident what{};

    std::size_t orders() const noexcept { return 1 + customers * bursts; } ///< with the one before the clock starts
};

using remote_services = std::deque<remote_service>;

remote_services services_for(const page_load& load)
{
    remote_services made;
    const std::size_t count = services_of_page.size() - (load.what == incident::one_more ? 0 : 1);
    while (made.size() < count)
        made.emplace_back(load.orders());
    return made;
}

template <class Condition>
void wait_until(Condition&& holds)
{
    for (const auto begun = clock::now(); !holds(); std::this_thread::sleep_for(std::chrono::milliseconds(1)))
        if (clock::now() - begun > patience)
            throw std::runtime_error("a service behind the page does not get its orders");
}

/// `settle` is called when all customers have the answer, with how many orders there were so far; it returns when no service is at work
/// any more.
void measure(benchmark::State& state, const page_load& load, remote_services& behind, const page_server::page& page,
             const std::function<void(std::size_t)>& settle)
{
    latencies waits(load.customers * load.bursts);
    page_server server(page_threads, page);
    server.serve(1, waits);
    settle(1);
    waits.record(true);
    std::chrono::duration<double, std::milli> services_done{};
    for (auto _ : state)
        for (std::size_t orders = 1; orders < load.orders();)
        {
            if (load.what == incident::one_down)
                behind[mail].go_down();
            const auto came = clock::now();
            server.serve(load.customers, waits);
            settle(orders += load.customers);
            services_done = clock::now() - came;
        }
    std::size_t lost = 0;
    for (const remote_service& one : behind)
        lost += load.orders() - one.orders();
    state.counters[value_counter] = waits.quantile(0.5) / 1000;
    state.counters[p50_counter] = waits.quantile(0.5);
    state.counters[p99_counter] = waits.quantile(0.99);
    state.counters["services_done_ms"] = services_done.count();
    state.counters["lost"] = static_cast<double>(lost);
}

/// The page calls them one after the other. What fails is lost: nobody is there to try it again.
void serve_synchronously(benchmark::State& state, const page_load& load)
{
    remote_services behind = services_for(load);
    const auto page = [&behind](std::uint32_t customer) {
        const order placed = make_order(customer);
        for (remote_service& one : behind)
            one.call(placed);
    };
    measure(state, load, behind, page, [&behind](std::size_t) { behind[mail].come_back(); });
}

/// The page publishes. As many calls of each service at once as the page's threads would make.
void serve_with_topics(benchmark::State& state, const settings& chosen, const page_load& load)
{
    const folder home(chosen.directory);
    remote_services behind = services_for(load);
    engine_options options;
    options.journal = home.path();
    engine shop(options);
    shop.add_topic(placed_orders);
    const auto call = [](remote_service& to) {
        return [&to](const event& e) {
            if (!to.call(e.as<order>()))
                throw std::runtime_error("no answer");
        };
    };
    for (std::size_t n = 0; n < behind.size(); ++n)
        shop.subscribe(placed_orders, services_of_page[n], call(behind[n]), {.concurrency = page_threads});
    shop.open();
    const auto page = [&shop](std::uint32_t customer) { shop.publish(placed_orders, make_order(customer)); };
    std::size_t failures = 0;
    const auto settle = [&](std::size_t orders) {
        if (load.what == incident::one_down && orders > 1)
            wait_until([&] { return behind[mail].failures() > failures; });
        behind[mail].come_back();
        for (std::size_t n = 0; n < behind.size(); ++n)
            wait_until([&] { return behind[n].orders() == orders && shop.subscription(services_of_page[n]).status().backlog == 0; });
        failures = behind[mail].failures();
    };
    measure(state, load, behind, page, settle);
    if (const auto left = shop.close(close_deadline); !left.empty())
        throw std::runtime_error("still running at close: " + left.front());
}

void add_one(figures& to, const settings& chosen, const std::string& name, const page_load& load)
{
    const figure common{.name = name,
                        .x = static_cast<double>(load.customers),
                        .x_name = "customers",
                        .unit = "ms",
                        .in = load.what == incident::none ? plot::page : plot::none,
                        .rounds = chosen.quick() ? 1 : 3};
    figure synchronous = common;
    synchronous.place = "synchronous";
    to.add(std::move(synchronous), [=](benchmark::State& state) { serve_synchronously(state, load); });
    figure topics = common;
    topics.place = "topics";
    if (load.what == incident::none && load.customers == 1)
        topics.goals = {at_most(10)};
    to.add(std::move(topics), [=, &chosen](benchmark::State& state) { serve_with_topics(state, chosen, load); });
}
}

void add_page(figures& to, const settings& chosen)
{
    const std::size_t alone = chosen.quick() ? 3 : 5; // bursts of one
    add_one(to, chosen, "page", {1, alone});
    add_one(to, chosen, "page", {100, 1});
    if (!chosen.quick())
        add_one(to, chosen, "page", {1'000, 1});
    for (const auto& [name, what] : {std::pair{"page, one down", incident::one_down}, {"page, one more", incident::one_more}})
    {
        add_one(to, chosen, name, {1, alone, what});
        if (!chosen.quick())
            add_one(to, chosen, name, {100, 1, what});
    }
}
}
