#include "feature/deliverer.hpp"

#include "subscribed_engine.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

constexpr base::time_us second = subscribed_engine::second;

workflow<int> ships(context&, int)
{
    co_return 1;
}

class Deliverer : public ::testing::Test
{
protected:
    ~Deliverer() override
    {
        gate_.open();
        engine_.close();
    }

    static subscription_options concurrently(std::uint32_t handlers)
    {
        subscription_options options;
        options.concurrency = handlers;
        return options;
    }
    /// Tried again after each of these; none: one attempt.
    static subscription_options tries(std::vector<std::chrono::milliseconds> delays = {})
    {
        subscription_options options;
        options.retry = {.at_once = 0, .pre_backoff = 0, .backoff = 0, .post_backoff = 0, .jitter = 0, .delays = std::move(delays)};
        return options;
    }
    auto calls_are_listed()
    {
        return [this](const event& e, delivery& d) { calls_.add(e, d); };
    }
    /// Whatever the deliverer was told until now, it has done.
    void let_it_look()
    {
        const std::size_t before = probes_.count();
        engine_.transact([](transaction& tx) { tx.publish("probes", 1); });
        engine_.until([&] { return probes_.count() > before; });
    }
    void open_with_probe()
    {
        engine_.core->add_topic("probes");
        engine_.subscribe("probe", [this](const event& e, delivery& d) { probes_.add(e, d); }, {}, "probes").open();
    }
    std::optional<errc> why_not(detail::subscription_setup what)
    {
        try
        {
            detail::subscribe(*engine_.core, std::move(what));
        }
        catch (const engine_error& e)
        {
            return e.why();
        }
        return std::nullopt;
    }
    static detail::subscription_setup setup(std::string name = "mail", subscription_options options = {})
    {
        return {"orders", std::move(name), detail::event_handler([](const event&, delivery&) {}), std::move(options)};
    }

    gate gate_;
    subscribed_engine engine_;
    call_list calls_{engine_.bell}, probes_{engine_.bell};
};

// What is refused.

TEST_F(Deliverer, ANameHas1To128Bytes)
{
    EXPECT_EQ(why_not(setup("")), errc::limit);
    EXPECT_EQ(why_not(setup(std::string(129, 'x'))), errc::limit);
    EXPECT_EQ(why_not(setup(std::string(128, 'x'))), std::nullopt);
}

TEST_F(Deliverer, ANameIsGivenOnce)
{
    EXPECT_EQ(why_not(setup()), std::nullopt);
    EXPECT_EQ(why_not(setup()), errc::wrong_use);
}

TEST_F(Deliverer, NamesOfTheEngineAreItsOwn) { EXPECT_EQ(why_not(setup("everstep.mine")), errc::wrong_use); }

TEST_F(Deliverer, ATopicThatWasNotAddedIsNotFound)
{
    detail::subscription_setup what = setup();
    what.topic = "nobody's";
    EXPECT_EQ(why_not(what), errc::not_found);
    what = setup();
    what.options.dead_letters_to = "nobody's";
    EXPECT_EQ(why_not(what), errc::not_found);
}

TEST_F(Deliverer, ASubscriptionHasATopic)
{
    detail::subscription_setup what = setup();
    what.topic.clear();
    EXPECT_EQ(why_not(what), errc::wrong_use);
}

TEST_F(Deliverer, DeadLettersGoToAnotherTopic)
{
    detail::subscription_setup what = setup();
    what.options.dead_letters_to = "orders";
    EXPECT_EQ(why_not(what), errc::wrong_use);
    what.options.dead_letters_to = "dead";
    EXPECT_EQ(why_not(what), std::nullopt);
}

TEST_F(Deliverer, AConcurrencyIs1To4096)
{
    EXPECT_EQ(why_not(setup("a", concurrently(0))), errc::limit);
    EXPECT_EQ(why_not(setup("b", concurrently(4'097))), errc::limit);
    EXPECT_EQ(why_not(setup("c", concurrently(1))), std::nullopt);
    EXPECT_EQ(why_not(setup("d", concurrently(4'096))), std::nullopt);
}

TEST_F(Deliverer, APolicyThatCannotBeIsRefused)
{
    EXPECT_EQ(why_not(setup("a", tries({-1ms}))), errc::wrong_use);
    EXPECT_EQ(why_not(setup("b", tries(std::vector<std::chrono::milliseconds>(10'001)))), errc::limit);
}

TEST_F(Deliverer, AWorkflowThatWasNotAddedIsRefused)
{
    const detail::subscription_setup what{"orders", "ship", detail::event_workflow{subscribed_engine::key_of(ships), &detail::input_of_event<int>}, {}};
    EXPECT_EQ(why_not(what), errc::wrong_use);
    engine_.add("ships", ships);
    EXPECT_EQ(why_not(what), std::nullopt);
}

TEST_F(Deliverer, SubscriptionsAreMadeBeforeTheEngineIsOpened)
{
    engine_.open();
    EXPECT_EQ(why_not(setup()), errc::wrong_use);
}

TEST_F(Deliverer, WhatIsRefusedIsNotThere)
{
    why_not(setup("mail", concurrently(0)));
    EXPECT_EQ(why_not(setup()), std::nullopt);
}

// Who has what.

TEST_F(Deliverer, EverySubscriptionHasEveryEvent)
{
    call_list others(engine_.bell);
    engine_.subscribe("mail", calls_are_listed(), concurrently(1))
        .subscribe("ledger", [&](const event& e, delivery& d) { others.add(e, d); }, concurrently(1))
        .open();
    engine_.publish_many(3);
    engine_.until_through("mail");
    engine_.until_through("ledger");
    EXPECT_EQ(calls_.text(), "1 2 3 ");
    EXPECT_EQ(others.text(), "1 2 3 ");
    EXPECT_EQ(engine_.core->metrics().deliveries, 6u);
    engine_.close();
}

TEST_F(Deliverer, AHandlerMayHaveTheEventAlone)
{
    std::atomic<int> sum{};
    engine_.subscribe("mail", [&](const event& e) { sum += e.as<int>(); }).open();
    engine_.publish({}, 40);
    engine_.publish({}, 2);
    engine_.until_through();
    EXPECT_EQ(sum, 42);
}

TEST_F(Deliverer, ATransactionsWritesAreThere)
{
    const table<std::string, int> sold{"sold"};
    engine_.subscribe("ledger", [&](transaction& tx, const event& e) { tx.add(sold, e.key, e.as<int>()); }).open();
    for (const char* key : {"a", "b", "a"})
        engine_.publish({.key = key}, 7);
    engine_.until_through("ledger");
    engine_.look([&](const table_reader& in) {
        EXPECT_EQ(in.get(sold, "a"), 14);
        EXPECT_EQ(in.get(sold, "b"), 7);
    });
}

// Order and concurrency.

TEST_F(Deliverer, EventsOfAKeyComeInOrderWhateverElseRuns)
{
    std::mutex mutex;
    std::map<std::string, std::vector<event_number>> seen;
    engine_.subscribe("mail", [&](const event& e, delivery&) {
        const std::scoped_lock lock(mutex);
        seen[e.key].push_back(e.number);
    }).open();
    engine_.transact([](transaction& tx) {
        for (int n = 0; n < 2'000; ++n)
            tx.publish("orders", 1, {.key = std::to_string(n * n % 37)});
    });
    engine_.until_through();
    std::size_t count = 0;
    for (const auto& [key, numbers] : seen)
    {
        EXPECT_TRUE(std::ranges::is_sorted(numbers)) << key;
        count += numbers.size();
    }
    EXPECT_EQ(count, 2'000u);
}

TEST_F(Deliverer, AHandlerThatBlocksDelaysItsKeyAndNoOther)
{
    engine_.subscribe("mail", [this](const event& e, delivery& d) {
        calls_.add(e, d);
        if (e.number == 1)
            gate_.wait();
    }).open();
    for (const char* key : {"a", "b", "a", "c"})
        engine_.publish({.key = key});
    engine_.until([&] { return calls_.count() == 3; });
    EXPECT_EQ(calls_.text().find("3 "), std::string::npos);
    gate_.open();
    engine_.until_through();
    EXPECT_EQ(calls_.count(), 4u);
}

TEST_F(Deliverer, NoMoreHandlersRunThanMay)
{
    std::atomic<int> running{}, most{}, began{};
    engine_.subscribe("mail", [&](const event&, delivery&) {
        int seen = most;
        for (const int now = ++running; seen < now && !most.compare_exchange_weak(seen, now);)
        {
        }
        ++began;
        engine_.bell.ring();
        gate_.wait();
        --running;
    }, concurrently(3));
    open_with_probe();
    engine_.publish_many(200);
    engine_.until([&] { return began == 3; });
    let_it_look();
    EXPECT_EQ(began, 3);
    gate_.open();
    engine_.until_through();
    EXPECT_EQ(began, 200);
    EXPECT_EQ(most, 3);
    engine_.close();
}

TEST_F(Deliverer, WithAConcurrencyOf1AllComeInTheOrderOfTheirNumbers)
{
    engine_.subscribe("mail", calls_are_listed(), concurrently(1)).open();
    std::string all;
    engine_.transact([&](transaction& tx) {
        for (int n = 1; n <= 500; ++n)
        {
            tx.publish("orders", 1, {.key = n % 3 == 0 ? "" : std::to_string(n % 7)});
            all += std::to_string(n) + " ";
        }
    });
    engine_.until_through();
    EXPECT_EQ(calls_.text(), all);
}

TEST_F(Deliverer, OneSubscriptionOfAHundredThatIsBlockedDelaysNoOther)
{
    constexpr std::size_t count = 100;
    std::vector<std::atomic<int>> delivered(count);
    for (std::size_t n = 0; n < count; ++n)
        engine_.subscribe("s" + std::to_string(n), [&, n](const event&, delivery&) {
            if (n == 50)
                gate_.wait();
            ++delivered[n];
        }, concurrently(1));
    engine_.open();
    engine_.publish_many(20);
    for (std::size_t n = 0; n < count; ++n)
        if (n != 50)
            engine_.until_through("s" + std::to_string(n));
    EXPECT_EQ(delivered[50], 0);
    EXPECT_EQ(delivered[49], 20);
    gate_.open();
    engine_.until_through("s50");
    engine_.close();
}

TEST_F(Deliverer, APoisonEventDelaysNoneOfTenThousandBehindIt)
{
    std::atomic<std::size_t> good{}, of_its_key{};
    engine_.subscribe("mail", [&](const event& e, delivery& d) {
        if (e.number == 1 && d.attempt() < 3)
            throw std::runtime_error("poison");
        ++(e.key == "p" ? of_its_key : good);
    }, tries({0s, 1h, 1h})).open();
    engine_.publish({.key = "p"});
    for (int n = 0; n < 10; ++n)
        engine_.transact([n](transaction& tx) {
            for (int one = 0; one < 1'000; ++one)
                tx.publish("orders", 1, {.key = one % 2 == 0 ? "" : std::to_string(n * 1'000 + one)});
        });
    engine_.publish({.key = "p"});
    engine_.until([&] { return engine_.of("mail").status().backlog == 2; });
    EXPECT_EQ(good, 10'000u);
    EXPECT_EQ(of_its_key, 0u);
    EXPECT_EQ(engine_.of("mail").status().waiting, 2u);
    engine_.time->advance_to(subscribed_engine::begin_of_time + 3'600 * second);
    engine_.until_through();
    EXPECT_EQ(of_its_key, 2u);
}

// Failures.

TEST_F(Deliverer, OneThatFailsIsTriedAgainAsThePolicySays)
{
    std::mutex mutex;
    std::vector<std::pair<std::uint32_t, base::time_us>> attempts;
    engine_.subscribe("mail", [&](const event&, delivery& d) {
        {
            const std::scoped_lock lock(mutex);
            attempts.emplace_back(d.attempt(), (engine_.time->now() - subscribed_engine::begin_of_time) / second);
        }
        if (d.attempt() < 4)
            throw std::runtime_error("not yet");
    }, tries({0s, 5s, 60s})).open();
    engine_.publish();
    for (const base::time_us at : {5, 65})
    {
        engine_.until_alarm(subscribed_engine::begin_of_time + at * second);
        engine_.time->advance_to(subscribed_engine::begin_of_time + at * second);
    }
    engine_.until_through();
    EXPECT_EQ(attempts, (std::vector<std::pair<std::uint32_t, base::time_us>>{{1, 0}, {2, 0}, {3, 5}, {4, 65}}));
    EXPECT_EQ(engine_.core->metrics().deliveries_failed, 3u);
    EXPECT_EQ(engine_.core->metrics().deliveries, 1u);
}

TEST_F(Deliverer, OfTheAttemptsThatFailOneAMinuteIsToldToTheLog)
{
    engine_.subscribe("mail", [](const event&, delivery& d) {
        if (d.attempt() < 4)
            throw std::runtime_error("busy");
    }, tries({5s, 60s, 1s})).open();
    engine_.publish();
    for (const base::time_us at : {5, 65, 66})
    {
        engine_.until_alarm(subscribed_engine::begin_of_time + at * second);
        engine_.time->advance_to(subscribed_engine::begin_of_time + at * second);
    }
    engine_.until_through();
    const std::string begins = "subscription 'mail': event 1 failed at attempt ";
    EXPECT_TRUE(engine_.has_logged(begins + "1, and will be tried again: std::runtime_error: busy"));
    EXPECT_FALSE(engine_.has_logged(begins + "2"));
    EXPECT_TRUE(engine_.has_logged(begins + "3"));
}

TEST_F(Deliverer, WhoAsksToComeAgainLaterChoosesTheDelay)
{
    engine_.subscribe("mail", [&](const event& e, delivery& d) {
        calls_.add(e, d);
        if (d.attempt() == 1)
            throw retry_after(77s);
    }, tries({1s})).open();
    engine_.publish();
    engine_.until_alarm(subscribed_engine::begin_of_time + 77 * second);
    engine_.time->advance_to(subscribed_engine::begin_of_time + 77 * second);
    engine_.until_through();
    EXPECT_EQ(calls_.text(), "1 1r ");
}

TEST_F(Deliverer, OneThatRunsOutOfAttemptsIsADeadLetter)
{
    engine_.subscribe("mail", [](const event&, delivery&) { throw std::runtime_error("never"); }, tries({0s, 0s})).open();
    engine_.publish({.id = "e-1"});
    engine_.until([&] { return !engine_.dead().empty(); });
    EXPECT_EQ(engine_.dead(), "e-1 3 std::runtime_error; ");
    EXPECT_EQ(engine_.core->metrics().dead_letters, 1u);
    EXPECT_TRUE(engine_.has_logged("subscription 'mail': event 1 is a dead letter after 3 attempts: std::runtime_error: never"));
}

/// The first attempt takes two hours.
TEST_F(Deliverer, NoAttemptBeginsLaterThanTheTotalAfterTheFirstBegan)
{
    subscription_options options = tries({1min, 1min});
    options.retry.total = 1h;
    engine_.subscribe("mail", [&](const event& e, delivery& d) {
        calls_.add(e, d);
        engine_.time->advance_to(subscribed_engine::begin_of_time + 7'200 * second);
        throw std::runtime_error("too late");
    }, options).open();
    engine_.publish({.id = "e-1"});
    engine_.until([&] { return !engine_.dead().empty() || engine_.of("mail").status().waiting != 0; });
    EXPECT_EQ(engine_.dead(), "e-1 1 std::runtime_error; ");
}

TEST_F(Deliverer, WhateverAHandlerThrowsIsADeadLetterInTheEnd)
{
    engine_.subscribe("mail", [](const event& e, delivery&) {
        switch (e.as<int>())
        {
        case 0: throw permanent_error("no_address", "nobody lives there");
        case 1: throw 7;
        case 2: throw "a text";
        case 3: throw cancelled{"why"};
        case 4: throw engine_closed();
        case 5: throw std::bad_alloc();
        case 6: throw static_cast<void*>(nullptr);
        default: throw engine_error(errc::unknown, "of another engine");
        }
    }, tries()).open();
    for (int n = 0; n < 8; ++n)
        engine_.publish({.id = std::to_string(n)}, n);
    engine_.until_through();
    EXPECT_EQ(engine_.dead(), "0 1 no_address; 1 1 int; 2 1 char const*; 3 1 cancelled; 4 1 closed; 5 1 std::bad_alloc; 6 1 void*; 7 1 unknown; ");
}

/// One that cannot be written would keep all others from being written, too.
TEST_F(Deliverer, AnExceptionWhoseTextIsNoUtf8IsADeadLetterAsAnyOther)
{
    engine_.subscribe("mail", [](const event&, delivery&) { throw std::runtime_error("caf\xe9"); }, tries()).open();
    engine_.publish({.id = "e-1"});
    engine_.until([&] { return !engine_.dead().empty() || engine_.has_logged("events wait"); });
    EXPECT_EQ(engine_.dead(), "e-1 1 std::runtime_error; ");
}

TEST_F(Deliverer, AnEventWhoseKeyIsNoUtf8WaitsAsAnyOther)
{
    engine_.subscribe("mail", [](const event&, delivery&) { throw std::runtime_error("not yet"); }, tries({1h})).open();
    engine_.publish({.key = "k\xff"});
    engine_.until([&] { return engine_.of("mail").status().waiting == 1 || engine_.has_logged("events wait"); });
    EXPECT_EQ(engine_.of("mail").status().waiting, 1u);
}

TEST_F(Deliverer, DeadLettersAreToldToTheirTopic)
{
    subscription_options options = tries();
    options.dead_letters_to = "dead";
    call_list told(engine_.bell);
    engine_.subscribe("mail", [](const event&, delivery&) { throw std::runtime_error("never"); }, options)
        .subscribe("undertaker", [&](const event& e, delivery&) { told.add(e.as<dead_letter>().what.number); }, {}, "dead")
        .open();
    engine_.publish();
    engine_.until([&] { return told.count() == 1; });
    EXPECT_EQ(told.text(), "1 ");
    engine_.close();
}
}
}
