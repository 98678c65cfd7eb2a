// The handle: pausing, seeking, status.

#include <everstep/subscription.hpp>

#include "subscribed_engine.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
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
using std::chrono::microseconds;

constexpr base::time_us second = subscribed_engine::second;
constexpr base::time_us begin = subscribed_engine::begin_of_time;

subscription_options concurrently(std::uint32_t handlers)
{
    subscription_options options;
    options.concurrency = handlers;
    return options;
}

class Subscription : public ::testing::Test
{
protected:
    ~Subscription() override
    {
        gate_.open();
        engine_.close();
    }
    void open(subscription_options options = concurrently(1))
    {
        engine_.subscribe("mail", [this](const event& e, delivery& d) { calls_.add(e, d); }, std::move(options)).open();
    }
    everstep::subscription mail() const { return engine_.of("mail"); }
    static event::time_point at(base::time_us seconds) { return event::time_point(microseconds(begin + seconds * second)); }
    /// So many events, a second after each other: the first at 1 s.
    void publish_each_second(int count)
    {
        for (int n = 1; n <= count; ++n)
        {
            engine_.time->advance_to(begin + n * second);
            engine_.publish();
        }
    }
    void until_called(std::size_t count)
    {
        engine_.until([&] { return calls_.count() == count; });
        engine_.until_through();
    }
    static std::optional<errc> why_not(const std::function<void()>& call)
    {
        try
        {
            call();
        }
        catch (const engine_error& e)
        {
            return e.why();
        }
        return std::nullopt;
    }
    static std::vector<std::pair<std::string, std::function<void()>>> all_calls(const everstep::subscription& of)
    {
        return {{"pause", [of] { of.pause(); }},
                {"resume", [of] { of.resume(); }},
                {"seek", [of] { of.seek(1); }},
                {"seek time", [of] { of.seek(event::time_point()); }},
                {"status", [of] { of.status(); }},
                {"events", [of] { of.events(0, [](const event&, delivery_state) { return true; }); }},
                {"dead_letters", [of] { of.dead_letters([](const dead_letter&) { return true; }); }},
                {"redrive", [of] { of.redrive(1); }},
                {"redrive all", [of] { of.redrive(); }},
                {"discard", [of] { of.discard(1); }},
                {"discard all", [of] { of.discard(event_filter()); }},
                {"edit", [of] { of.edit(1, 2); }}};
    }
    /// In a process of its own, for a call that crashes: exits with the place of the first call that does not throw this, else with 0.
    static void exit_with_first_wrong(const everstep::subscription& of, errc why)
    {
        int place = 1;
        for (const auto& [name, call] : all_calls(of))
        {
            if (why_not(call) != why)
                std::_Exit(place);
            ++place;
        }
        std::_Exit(0);
    }

    gate gate_;
    subscribed_engine engine_;
    call_list calls_{engine_.bell};
};

// What is refused.

TEST_F(Subscription, OneThatWasNotMadeIsNotFound)
{
    open();
    for (const auto& [name, call] : all_calls(engine_.of("nobody's")))
        EXPECT_EQ(why_not(call), errc::not_found) << name;
}

TEST_F(Subscription, AnEngineThatIsGoneIsClosed)
{
    const everstep::subscription of({}, "mail");
    for (const auto& [name, call] : all_calls(of))
        EXPECT_EQ(why_not(call), errc::closed) << name;
}

TEST(SubscriptionDeathTest, AClosedEngineIsClosed)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    struct opened : Subscription
    {
        void TestBody() override {}
        [[noreturn]] void run()
        {
            open();
            engine_.close();
            exit_with_first_wrong(mail(), errc::closed);
            std::abort();
        }
    };
    EXPECT_EXIT(opened().run(), ::testing::ExitedWithCode(0), "");
}

TEST(SubscriptionDeathTest, AnEngineThatIsNotOpenYetIsWronglyUsed)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    struct made : Subscription
    {
        void TestBody() override {}
        [[noreturn]] void run()
        {
            engine_.subscribe("mail", [](const event&, delivery&) {});
            exit_with_first_wrong(mail(), errc::wrong_use);
            std::abort();
        }
    };
    EXPECT_EXIT(made().run(), ::testing::ExitedWithCode(0), "");
}

TEST_F(Subscription, ATransactionThatWouldWaitForItselfIsToldSo)
{
    std::atomic<bool> was_told{};
    engine_.subscribe("mail", [&](transaction&, const event& e, delivery& d) {
        calls_.add(e, d);
        was_told = why_not([&] { mail().pause(); }) == errc::would_deadlock;
    }).open();
    engine_.publish();
    engine_.until_through();
    EXPECT_TRUE(was_told);
}

// Pausing.

TEST_F(Subscription, OneThatIsPausedBeginsNothingUntilItIsResumed)
{
    call_list others(engine_.bell);
    engine_.subscribe("other", [&](const event& e, delivery& d) { others.add(e, d); });
    open();
    mail().pause();
    EXPECT_TRUE(mail().status().paused);
    engine_.publish_many(3);
    engine_.until_through("other");
    EXPECT_EQ(calls_.text(), "");
    EXPECT_EQ(mail().status().backlog, 3u);
    mail().resume();
    EXPECT_FALSE(mail().status().paused);
    engine_.until_through();
    EXPECT_EQ(calls_.text(), "1 2 3 ");
    engine_.close();
}

TEST_F(Subscription, PausingOnlyTheOne)
{
    call_list others(engine_.bell);
    engine_.subscribe("other", [&](const event& e, delivery& d) { others.add(e, d); });
    open();
    mail().pause();
    engine_.publish();
    engine_.until_through("other");
    EXPECT_FALSE(engine_.of("other").status().paused);
    EXPECT_EQ(others.text(), "1 ");
    engine_.close();
}

/// Of some that went to the pool together, too: "lets it begin no further handler".
TEST_F(Subscription, PausingLetsNoFurtherHandlerBegin)
{
    call_list others(engine_.bell);
    engine_.core->add_topic("probes");
    engine_.subscribe("mail", [this](const event& e, delivery& d) {
        calls_.add(e, d);
        gate_.wait();
    }, concurrently(1)).subscribe("probe", [&](const event& e, delivery& d) { others.add(e, d); }, {}, "probes").open();
    engine_.publish_many(40);
    engine_.until([&] { return calls_.count() == 1; });
    mail().pause();
    engine_.transact([](transaction& tx) { tx.publish("probes", 1); });
    engine_.until([&] { return others.count() == 1; }); // the deliverer has heard of it
    gate_.open();
    engine_.until([&] { return mail().status().backlog < 40; });
    EXPECT_EQ(calls_.text(), "1 ");
    engine_.close();
}

TEST_F(Subscription, WhatIsDueWhileItIsPausedGoesWhenItIsResumed)
{
    subscription_options options;
    options.retry = {.at_once = 0, .pre_backoff = 0, .backoff = 0, .post_backoff = 0, .jitter = 0, .delays = {5s}};
    engine_.subscribe("mail", [this](const event& e, delivery& d) {
        calls_.add(e, d);
        if (d.attempt() == 1)
            throw std::runtime_error("not yet");
    }, options).open();
    engine_.publish();
    engine_.until_alarm(begin + 5 * second);
    mail().pause();
    engine_.time->advance_to(begin + 9 * second);
    mail().resume();
    engine_.until_through();
    EXPECT_EQ(calls_.text(), "1 1r ");
}

// Seeking.

TEST_F(Subscription, SeekingBackHasEventsAgainAndFlagsThem)
{
    open();
    engine_.publish_many(3);
    until_called(3);
    mail().seek(2);
    until_called(5);
    EXPECT_EQ(calls_.text(), "1 2 3 2r 3r ");
    engine_.publish();
    until_called(6);
    EXPECT_EQ(calls_.text(), "1 2 3 2r 3r 4 ");
}

TEST_F(Subscription, SeekingForwardLeavesEventsOut)
{
    open();
    mail().pause();
    engine_.publish_many(5);
    mail().seek(4);
    mail().resume();
    until_called(2);
    EXPECT_EQ(calls_.text(), "4 5 ");
}

TEST_F(Subscription, SeekingToTheFirstOfAllIsSeekingToTheFirst)
{
    open();
    engine_.publish_many(2);
    until_called(2);
    mail().seek(0);
    until_called(4);
    EXPECT_EQ(calls_.text(), "1 2 1r 2r ");
}

TEST_F(Subscription, SeekingBackTwiceIsDoneTwice)
{
    open();
    engine_.publish_many(2);
    until_called(2);
    mail().seek(2);
    until_called(3);
    mail().seek(2);
    until_called(4);
    EXPECT_EQ(calls_.text(), "1 2 2r 2r ");
}

TEST_F(Subscription, SeekingToATimeGoesOnWithTheFirstEventAtOrAfterIt)
{
    open();
    publish_each_second(9);
    until_called(9);
    mail().seek(at(7));
    until_called(12);
    EXPECT_EQ(calls_.text(), "1 2 3 4 5 6 7 8 9 7r 8r 9r ");
    mail().seek(at(8) + microseconds(1));
    until_called(13);
    EXPECT_EQ(calls_.text(), "1 2 3 4 5 6 7 8 9 7r 8r 9r 9r ");
    mail().seek(at(0));
    until_called(22);
}

TEST_F(Subscription, SeekingToATimeForwardLeavesEventsOut)
{
    open();
    mail().pause();
    publish_each_second(9);
    mail().seek(at(8));
    mail().resume();
    until_called(2);
    EXPECT_EQ(calls_.text(), "8 9 ");
}

TEST_F(Subscription, SeekingToATimeToComeLeavesAllOut)
{
    open();
    mail().pause();
    publish_each_second(3);
    mail().seek(at(1'000));
    mail().resume();
    engine_.publish();
    until_called(1);
    EXPECT_EQ(calls_.text(), "4 ");
}

TEST_F(Subscription, SeekingToATimeOfATopicBetweenOthers)
{
    open();
    for (int n = 1; n <= 40; ++n)
    {
        engine_.time->advance_to(begin + n * second);
        engine_.transact([n](transaction& tx) { tx.publish(n % 5 == 0 ? "orders" : "dead", 1); });
    }
    until_called(8); // 5, 10, …, 40
    mail().seek(at(31));
    until_called(10);
    EXPECT_EQ(calls_.text(), "5 10 15 20 25 30 35 40 35r 40r ");
}

// Status.

TEST_F(Subscription, TheStatusCountsWhatIsThere)
{
    subscription_options options = concurrently(16);
    options.retry = {.at_once = 0, .pre_backoff = 0, .backoff = 0, .post_backoff = 0, .jitter = 0, .delays = {1h}};
    engine_.subscribe("mail", [this](const event& e, delivery& d) {
        calls_.add(e, d);
        switch (e.as<int>())
        {
        case 1: return;
        case 2: throw std::runtime_error("not yet");
        case 3: throw permanent_error("no", "never");
        default: gate_.wait();
        }
    }, options).open();
    engine_.publish({}, 1);
    engine_.publish({.key = "a"}, 2);
    engine_.publish({.key = "a"}, 1); // behind
    engine_.publish({}, 3);
    engine_.time->advance_to(begin + 5 * second);
    engine_.publish({}, 4); // stays with the handler
    engine_.until([&] { return calls_.count() == 4 && mail().status().waiting == 2 && mail().status().dead == 1 && mail().status().backlog == 3; });
    engine_.time->advance_to(begin + 12 * second);
    const subscription_status now = mail().status();
    EXPECT_FALSE(now.paused);
    EXPECT_LE(now.next, 6u);
    EXPECT_EQ(now.backlog, 3u);
    EXPECT_EQ(now.waiting, 2u);
    EXPECT_EQ(now.dead, 1u);
    EXPECT_EQ(now.lag, 7s);
}

TEST_F(Subscription, WhereNothingIsLeftThereIsNoLag)
{
    open();
    engine_.publish();
    until_called(1);
    engine_.time->advance_to(begin + 60 * second);
    const subscription_status now = mail().status();
    EXPECT_EQ(now.next, 2u);
    EXPECT_EQ(now.backlog, 0u);
    EXPECT_EQ(now.lag, 0s);
}

TEST_F(Subscription, EventsSayWhatBecameOfThem)
{
    subscription_options options = concurrently(16);
    options.retry = {.at_once = 0, .pre_backoff = 0, .backoff = 0, .post_backoff = 0, .jitter = 0, .delays = {1h}};
    options.filter = !filters::equal("type", "unwanted");
    engine_.subscribe("mail", [this](const event& e, delivery& d) {
        calls_.add(e, d);
        switch (e.as<int>())
        {
        case 1: return;
        case 2: throw std::runtime_error("not yet");
        case 3: throw permanent_error("no", "never");
        default: gate_.wait();
        }
    }, options).open();
    engine_.publish({}, 1);
    engine_.publish({.type = "unwanted"}, 1);
    engine_.publish({.key = "a"}, 2);
    engine_.publish({.key = "a"}, 1);
    engine_.publish({}, 3);
    engine_.publish({}, 4);
    const auto text = [&](event_number from, std::size_t most = 99) {
        std::string all;
        mail().events(from, [&](const event& e, delivery_state is) {
            const char* names[] = {"ready", "waiting", "delivered", "dead"};
            all += std::to_string(e.number) + " " + names[static_cast<std::size_t>(is)] + "; ";
            return --most != 0;
        });
        return all;
    };
    engine_.until([&] { return calls_.count() == 4 && mail().status().waiting == 2 && mail().status().dead == 1; });
    EXPECT_EQ(text(0), "1 delivered; 3 waiting; 4 waiting; 5 dead; 6 ready; ");
    EXPECT_EQ(text(4), "4 waiting; 5 dead; 6 ready; ");
    EXPECT_EQ(text(0, 2), "1 delivered; 3 waiting; ");
}

TEST_F(Subscription, WhatATransactionHasTakenIsDelivered)
{
    engine_.subscribe("ledger", [this](transaction&, const event& e, delivery& d) { calls_.add(e, d); }).open();
    engine_.publish_many(2);
    engine_.until_through("ledger");
    int delivered = 0;
    engine_.of("ledger").events(0, [&](const event&, delivery_state is) { return delivered += is == delivery_state::delivered, true; });
    EXPECT_EQ(delivered, 2);
}
}
}
