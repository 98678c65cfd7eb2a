// A payment page, synchronous and asynchronous: it calls the services behind it and then answers, or tells a topic and answers.
//
//     payment_page [JOURNAL]

#include <everstep/engine.hpp>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>

using namespace everstep;
using namespace std::chrono_literals;

/// Far away: a call takes its time, hangs while there is no network, or fails.
struct service
{
    std::string name;
    std::atomic<int> failures{}; ///< so many calls fail
    std::atomic<int> calls{};
    static inline std::atomic<int> calls_of_all{};
    static inline std::atomic<bool> no_network{};

    bool call(const std::string&)
    {
        no_network.wait(true);
        std::this_thread::sleep_for(50ms);
        ++calls;
        ++calls_of_all;
        return failures == 0 || failures-- == 0;
    }
};

/// The page waits for all of them, has no answer when one is down, and is changed when one is added.
bool pay_synchronously(std::span<service> behind, const std::string& payment)
{
    return std::ranges::all_of(behind, [&](service& one) { return one.call(payment); });
}

/// The page knows a topic and nobody else. The event is durable when publish returns.
void pay(engine& shop, const std::string& payment) { shop.publish("payments", payment); }

void open(engine& shop, std::span<service> listening)
{
    shop.add_topic("payments");
    for (service& one : listening)
        shop.subscribe("payments", one.name, [&one](const event& e) {
            if (!one.call(e.as<std::string>()))
                throw std::runtime_error(one.name + " is down");
        }, {.from_oldest = true}); // one that is new has the events from before it, too
    shop.open();
}

void wait_until_delivered(engine& shop, std::span<service> to)
{
    for (const service& one : to)
        while (shop.subscription(one.name).status().backlog != 0)
            std::this_thread::sleep_for(1ms);
}

int main(int count, char** arguments)
{
    const std::string journal = count > 1 ? arguments[1] : "payment-journal";
    service all[]{{"orders"}, {"warehouse"}, {"mail"}, {"marketing"}, {"loyalty"}};
    const auto four = std::span(all).first(4);
    service& mail = all[2];

    pay_synchronously(four, "payment-1");
    std::cout << "synchronous: " << service::calls_of_all.exchange(0) << " calls before the answer" << std::endl;
    mail.failures = 1;
    const bool paid = pay_synchronously(four, "payment-2");
    std::cout << "synchronous, mail is down: " << (paid ? "paid" : "not paid") << " after " << service::calls_of_all.exchange(0)
              << " calls" << std::endl;
    {
        engine shop{{.journal = journal}};
        open(shop, four);
        service::no_network = true;
        pay(shop, "payment-3");
        std::cout << "with a topic: " << service::calls_of_all << " calls before the answer, ";
        service::no_network = false;
        service::no_network.notify_all();
        wait_until_delivered(shop, four);
        std::cout << service::calls_of_all << " after it" << std::endl;
        mail.calls = 0;
        mail.failures = 2;
        pay(shop, "payment-4");
        wait_until_delivered(shop, four);
        std::cout << "with a topic, mail is down: paid, and mail has it at attempt " << mail.calls << std::endl;
    }
    engine shop{{.journal = journal}};
    open(shop, all);
    pay(shop, "payment-5");
    wait_until_delivered(shop, all);
    std::cout << "loyalty is new: it has " << all[4].calls << " payments, and the page was not changed" << std::endl;
}
