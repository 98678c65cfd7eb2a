// How subscriptions begin and go on when an engine is opened: where they stood, what is flagged, and which events have killed it.

#include "store_directory.hpp"
#include "subscribed_engine.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
using fate = store::memory_store::fate;

constexpr base::time_us second = subscribed_engine::second;
const table<std::uint64_t, int> taken_by_test{"taken"};

subscription_options from_oldest()
{
    subscription_options options;
    options.from_oldest = true;
    return options;
}
subscription_options tries(std::vector<std::chrono::milliseconds> delays = {})
{
    subscription_options options;
    options.retry = {.at_once = 0, .pre_backoff = 0, .backoff = 0, .post_backoff = 0, .jitter = 0, .delays = std::move(delays)};
    return options;
}

/// Lives of one journal; each ends when the next one opens on what is durable then.
class DelivererOpen : public ::testing::Test
{
protected:
    ~DelivererOpen() override
    {
        gate_.open();
        for (const auto& life : lives_)
            life->close();
    }
    subscribed_engine& next_life(engine_options options = {}, const std::function<fate(std::uint64_t)>& decide = {})
    {
        store::memory_store::options chosen;
        chosen.decide = decide;
        auto store = lives_.empty() ? std::make_shared<store::memory_store>(chosen) : std::shared_ptr(lives_.back()->store->clone(chosen));
        return *lives_.emplace_back(std::make_unique<subscribed_engine>(std::move(store), std::move(options)));
    }
    call_list& list(subscribed_engine& of) { return *lists_.emplace_back(std::make_unique<call_list>(of.bell)); }
    static auto fills(call_list& calls)
    {
        return [&calls](const event& e, delivery& d) { calls.add(e, d); };
    }
    static std::optional<errc> refusal(subscribed_engine& of)
    {
        try
        {
            of.open();
        }
        catch (const engine_error& e)
        {
            return e.why();
        }
        return std::nullopt;
    }

    gate gate_;
    std::vector<std::unique_ptr<call_list>> lists_;
    std::vector<std::unique_ptr<subscribed_engine>> lives_;
};

// Where it begins.

TEST_F(DelivererOpen, ANewSubscriptionHasWhatIsToCome)
{
    subscribed_engine& first = next_life();
    first.open();
    first.publish_many(3);
    subscribed_engine& engine = next_life();
    call_list& calls = list(engine);
    engine.subscribe("mail", fills(calls)).open();
    engine.publish();
    engine.until_through();
    EXPECT_EQ(calls.text(), "4 ");
}

TEST_F(DelivererOpen, ANewSubscriptionFromTheOldestHasAllThatIsThere)
{
    subscribed_engine& first = next_life();
    first.open();
    first.publish_many(3);
    subscribed_engine& engine = next_life();
    call_list& calls = list(engine);
    subscription_options options = from_oldest();
    options.concurrency = 1;
    engine.subscribe("mail", fills(calls), options).open();
    engine.until_through();
    EXPECT_EQ(calls.text(), "1 2 3 ");
}

/// What is published from then on is for it, also where this process never wrote a word of it.
TEST_F(DelivererOpen, WhereANewSubscriptionBeginsIsDurableBeforeTheEngineIsOpen)
{
    next_life().subscribe("mail", [](const event&, delivery&) {}).open();
    subscribed_engine& between = next_life();
    between.open();
    between.publish();
    subscribed_engine& engine = next_life();
    call_list& calls = list(engine);
    engine.subscribe("mail", fills(calls)).open();
    engine.until_through();
    EXPECT_EQ(calls.text(), "1r ");
}

TEST_F(DelivererOpen, ASubscriptionThatWasMovedToAnotherTopicIsRefused)
{
    next_life().subscribe("mail", [](const event&, delivery&) {}).open();
    subscribed_engine& moved = next_life();
    moved.subscribe("mail", [](const event&, delivery&) {}, {}, "dead");
    EXPECT_EQ(refusal(moved), errc::wrong_use);
}

TEST_F(DelivererOpen, ASubscriptionThatIsNoLongerMadeKeepsItsPlace)
{
    next_life().subscribe("mail", [](const event&, delivery&) {}).open();
    subscribed_engine& without = next_life();
    without.open();
    without.publish_many(2);
    without.close();
    subscribed_engine& engine = next_life();
    call_list& calls = list(engine);
    engine.subscribe("mail", fills(calls)).open();
    engine.until_through();
    EXPECT_EQ(calls.count(), 2u);
}

TEST_F(DelivererOpen, AJournalThatCannotTakeItsPlaceIsRefused)
{
    for (const auto& [what, why] : {std::pair{fate::full, errc::no_space}, std::pair{fate::unknown_absent, errc::io}})
    {
        subscribed_engine& engine = next_life({}, [what](std::uint64_t commit) { return commit == 1 ? fate::durable : what; });
        engine.subscribe("mail", [](const event&, delivery&) {});
        EXPECT_EQ(refusal(engine), why);
        lives_.clear();
    }
}

/// Others have their events meanwhile: there is always something more to be written.
TEST_F(DelivererOpen, OpenWaitsForThePlaceOfNewSubscriptionsAndNoLonger)
{
    next_life().subscribe("busy", [](const event&, delivery&) {}).open();
    subscribed_engine& without = next_life();
    without.open();
    without.publish_many(10);
    without.close();
    detail::engine_core* core = nullptr;
    const auto decide = [&](std::uint64_t commit) {
        if (commit == 2) // the new one's place
            for (int n = 0; n < 1'000'000 && core->count.deliveries.load() == 0; ++n)
                std::this_thread::yield();
        return commit < 3 ? fate::durable : fate::unknown_absent;
    };
    subscribed_engine& engine = next_life({}, decide);
    core = engine.core.get();
    engine.subscribe("mail", [](const event&, delivery&) {}).subscribe("busy", [](const event&, delivery&) {});
    EXPECT_EQ(refusal(engine), std::nullopt) << "its place was durable with the second commit";
}

// What is flagged.

TEST_F(DelivererOpen, WhatWasWithAHandlerAtTheDeathIsFlaggedAndComesAgain)
{
    subscribed_engine& first = next_life();
    call_list& before = list(first);
    first.subscribe("mail", [&](const event& e, delivery& d) {
        before.add(e, d);
        gate_.wait();
    }).open();
    first.publish_many(2);
    first.until([&] { return before.count() == 2; });
    EXPECT_EQ(before.text().find('r'), std::string::npos);
    subscribed_engine& engine = next_life();
    call_list& calls = list(engine);
    engine.subscribe("mail", fills(calls)).open();
    engine.publish();
    engine.until_through();
    EXPECT_EQ(calls.count(), 3u);
    for (const char* one : {"1r ", "2r ", "3 "})
        EXPECT_NE(calls.text().find(one), std::string::npos) << calls.text();
}

TEST_F(DelivererOpen, ATokenIsTheSameAfterADeath)
{
    std::mutex mutex;
    std::vector<std::string> tokens;
    const auto handle = [&](subscribed_engine& in, bool waits) {
        return [&, waits](const event&, delivery& d) {
            {
                const std::scoped_lock lock(mutex);
                tokens.push_back(d.token());
            }
            in.bell.ring();
            if (waits)
                gate_.wait();
        };
    };
    const auto count = [&] {
        const std::scoped_lock lock(mutex);
        return tokens.size();
    };
    subscribed_engine& first = next_life();
    first.subscribe("mail", handle(first, true)).open();
    first.publish();
    first.until([&] { return count() == 1; });
    subscribed_engine& engine = next_life();
    engine.subscribe("mail", handle(engine, false)).open();
    engine.until_through();
    ASSERT_EQ(count(), 2u);
    EXPECT_EQ(tokens[0], tokens[1]);
}

TEST_F(DelivererOpen, OneThatIsPausedStaysSo)
{
    subscribed_engine& first = next_life();
    first.subscribe("mail", [](const event&, delivery&) {}).open();
    first.of("mail").pause();
    subscribed_engine& engine = next_life();
    call_list &calls = list(engine), &others = list(engine);
    engine.subscribe("mail", fills(calls)).subscribe("ledger", fills(others)).open();
    engine.publish();
    engine.until_through("ledger");
    EXPECT_TRUE(engine.of("mail").status().paused);
    EXPECT_EQ(calls.text(), "");
    engine.of("mail").resume();
    engine.until_through();
    EXPECT_EQ(calls.text(), "1 ");
}

TEST_F(DelivererOpen, WhatWaitedIsTriedAgainWhenItIsDue)
{
    subscribed_engine& first = next_life();
    first.subscribe("mail", [](const event&, delivery&) { throw std::runtime_error("not yet"); }, tries({60s})).open();
    for (int n = 0; n < 2; ++n)
        first.publish({.key = "a"});
    first.until([&] { return first.of("mail").status().waiting == 2; });
    subscribed_engine& engine = next_life();
    call_list& calls = list(engine);
    engine.subscribe("mail", fills(calls), tries({60s})).open();
    engine.until_alarm(subscribed_engine::begin_of_time + 60 * second);
    EXPECT_EQ(calls.text(), "");
    engine.time->advance_to(subscribed_engine::begin_of_time + 60 * second);
    engine.until_through();
    EXPECT_EQ(calls.text(), "1r 2r ");
}

/// It dies at each of its first commits; how much goes into one is up to its threads.
TEST_F(DelivererOpen, ATransactionFromTheOldestIsExactlyOnceWheneverItDies)
{
    constexpr int count = 600;
    const auto handle = [](transaction& tx, const event& e) { tx.add(taken_by_test, e.number, 1); };
    for (std::uint64_t last = 2; last < 12; ++last)
    {
        lives_.clear();
        subscribed_engine& without = next_life();
        without.open();
        without.publish_many(count);
        without.close();
        subscribed_engine& first = next_life({}, [last](std::uint64_t commit) { return commit < last ? fate::durable : fate::unknown_absent; });
        first.subscribe("ledger", handle, from_oldest());
        if (!refusal(first))
            first.until([&] { return first.core->commits().has_failed() || first.core->count.deliveries.load() == count; });
        subscribed_engine& engine = next_life();
        engine.subscribe("ledger", handle, from_oldest()).open();
        engine.until_through("ledger");
        std::map<int, int> times;
        engine.look([&](const table_reader& in) { in.all(taken_by_test, [&](std::uint64_t, int had) { ++times[had]; }); });
        ASSERT_EQ(times, (std::map<int, int>{{1, count}})) << "it died at commit " << last;
    }
}

// Events that kill.

class DelivererDeaths : public DelivererOpen
{
protected:
    /// Each life ends, for the next, while a handler has the event.
    subscribed_engine& live(std::uint32_t deaths_max, const std::function<bool(const event&)>& kills, call_list*& calls)
    {
        folders_.push_back(std::make_unique<test::store_directory>());
        if (folders_.size() > 1)
            std::filesystem::copy(*(*(folders_.end() - 2)) / "inflight.map", *folders_.back() / "inflight.map");
        engine_options options;
        options.journal = folders_.back()->path();
        options.crash_loop_deaths = deaths_max;
        subscribed_engine& engine = next_life(options);
        calls = &list(engine);
        engine.subscribe("mail", [this, kills, to = calls](const event& e, delivery& d) {
            to->add(e, d);
            if (kills(e))
                gate_.wait();
        }, tries({1h})).open();
        return engine;
    }

    std::vector<std::unique_ptr<test::store_directory>> folders_;
};

TEST_F(DelivererDeaths, AnEventThatKillsAgainAndAgainIsADeadLetter)
{
    call_list* calls = nullptr;
    const auto kills = [](const event& e) { return e.id == "killer"; };
    live(2, kills, calls).publish({.id = "killer"});
    lives_.back()->until([&] { return calls->count() == 1; });
    live(2, kills, calls);
    lives_.back()->until([&] { return calls->count() == 1; });
    subscribed_engine& last = live(2, kills, calls);
    last.publish({.id = "good"});
    last.until_through();
    EXPECT_EQ(last.dead(), "killer 1 crash_loop; ");
    EXPECT_EQ(calls->text(), "2 ");
}

/// It is not known at first which of them it is.
TEST_F(DelivererDeaths, OfSeveralThatGoAtOnceTheOneThatKillsIsFound)
{
    call_list* calls = nullptr;
    const auto kills = [](const event& e) { return e.id == "killer"; };
    live(2, kills, calls).transact([](transaction& tx) {
        for (const char* id : {"a", "b", "killer", "c"})
            tx.publish("orders", 1, {.key = "k", .id = id});
    });
    lives_.back()->until([&] { return calls->count() == 3; });
    for (int life = 0; life < 2; ++life)
    {
        live(2, kills, calls);
        lives_.back()->until([&] { return calls->text().find("3r ") != std::string::npos; });
    }
    subscribed_engine& last = live(2, kills, calls);
    last.until_through();
    EXPECT_EQ(last.dead(), "killer 1 crash_loop; ");
    EXPECT_NE(calls->text().find("4r "), std::string::npos);
}

TEST_F(DelivererDeaths, ZeroNeverGivesUp)
{
    call_list* calls = nullptr;
    const auto kills = [](const event&) { return true; };
    live(0, kills, calls).publish();
    for (int life = 0; life < 4; ++life)
    {
        lives_.back()->until([&] { return calls->count() == 1; });
        live(0, kills, calls);
    }
    lives_.back()->until([&] { return calls->count() == 1; });
    EXPECT_EQ(lives_.back()->dead(), "");
}

TEST_F(DelivererDeaths, AKillerThatIsRedrivenIsGivenToTheHandlerAgain)
{
    call_list* calls = nullptr;
    live(1, [](const event&) { return true; }, calls).publish({.id = "killer"});
    lives_.back()->until([&] { return calls->count() == 1; });
    subscribed_engine& last = live(1, [](const event&) { return false; }, calls);
    last.until([&] { return !last.dead().empty(); });
    EXPECT_EQ(last.of("mail").redrive(), 1u);
    last.until_through();
    EXPECT_EQ(last.dead(), "");
    EXPECT_EQ(calls->text(), "1r ");
}
}
}
