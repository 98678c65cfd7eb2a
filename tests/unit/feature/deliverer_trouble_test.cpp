// A journal that cannot be read or has no room: events wait, nothing is lost, and no attempt is counted that was none.

#include "subscribed_engine.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;
using fate = store::memory_store::fate;

constexpr base::time_us second = subscribed_engine::second;

class DelivererTrouble : public ::testing::Test
{
protected:
    ~DelivererTrouble() override
    {
        readable_ = true;
        is_full_ = false;
        engine_.close();
    }
    std::shared_ptr<store::memory_store> make_store()
    {
        store::memory_store::options chosen;
        chosen.can_read = [this] { return readable_.load(); };
        chosen.decide = [this](std::uint64_t) { return is_full_ ? fate::full : fate::durable; };
        return std::make_shared<store::memory_store>(chosen);
    }
    static subscription_options once()
    {
        subscription_options options;
        options.retry = {.at_once = 0, .pre_backoff = 0, .backoff = 0, .post_backoff = 0, .jitter = 0, .delays = {}};
        return options;
    }
    auto calls_are_listed()
    {
        return [this](const event& e, delivery& d) { calls_.add(e, d); };
    }
    /// The journal cannot be read, and the deliverer has found out.
    void break_and_wait()
    {
        readable_ = false;
        engine_.publish();
        engine_.until([&] { return engine_.has_logged("events wait, and are tried again in a second"); });
        engine_.until_alarm(subscribed_engine::begin_of_time + second);
    }

    std::atomic<bool> readable_{true}, is_full_{};
    subscribed_engine engine_{make_store()};
    call_list calls_{engine_.bell};
};

TEST_F(DelivererTrouble, EventsWaitWhileTheJournalCannotBeRead)
{
    engine_.subscribe("mail", calls_are_listed(), once()).open();
    break_and_wait();
    EXPECT_EQ(calls_.text(), "");
    readable_ = true;
    engine_.time->advance_to(subscribed_engine::begin_of_time + second);
    engine_.until_through();
    EXPECT_EQ(calls_.text(), "1 ");
}

TEST_F(DelivererTrouble, TheJournalIsTriedAgainEachSecond)
{
    engine_.subscribe("mail", calls_are_listed(), once()).open();
    break_and_wait();
    for (base::time_us n = 1; n <= 3; ++n)
    {
        engine_.time->advance_to(subscribed_engine::begin_of_time + n * second);
        engine_.until_alarm(subscribed_engine::begin_of_time + (n + 1) * second);
    }
    readable_ = true;
    engine_.time->advance_to(subscribed_engine::begin_of_time + 4 * second);
    engine_.until_through();
    EXPECT_EQ(calls_.text(), "1 ");
}

TEST_F(DelivererTrouble, AnEngineWhoseJournalCannotBeReadCloses)
{
    engine_.subscribe("mail", calls_are_listed(), once()).open();
    break_and_wait();
    EXPECT_TRUE(engine_.core->close(1h).empty());
}

TEST_F(DelivererTrouble, WhatWasDeliveredMeanwhileIsRecordedWhenItCanBe)
{
    gate waits;
    engine_.subscribe("mail", [&](const event& e, delivery& d) {
        calls_.add(e, d);
        waits.wait();
    }, once()).open();
    engine_.publish();
    engine_.until([&] { return calls_.count() == 1; });
    break_and_wait();
    waits.open();
    readable_ = true;
    engine_.time->advance_to(subscribed_engine::begin_of_time + second);
    engine_.until_through();
    EXPECT_EQ(calls_.text(), "1 2 ");
    engine_.close();
}

/// It was not the handler's fault.
TEST_F(DelivererTrouble, ATransactionThatCouldNotReadTheJournalHasNotFailed)
{
    const table<std::string, int> sold{"sold"};
    std::atomic<bool> breaks{true};
    engine_.subscribe("ledger", [&](transaction& tx, const event& e, delivery& d) {
        calls_.add(e, d);
        if (breaks.exchange(false))
            readable_ = false;
        tx.add(sold, "all", 1);
    }, once()).open();
    engine_.publish();
    engine_.until([&] { return calls_.count() == 1; });
    engine_.until([&] { return engine_.core->count.deliveries_failed.load() != 0 || engine_.has_logged("again in a second"); });
    readable_ = true;
    engine_.time->advance_to(subscribed_engine::begin_of_time + second);
    engine_.until_through("ledger");
    EXPECT_EQ(engine_.dead("ledger"), "");
    engine_.close();
}

TEST_F(DelivererTrouble, WhatIsDeliveredWhileThereIsNoRoomIsRecordedWhenThereIs)
{
    engine_.subscribe("mail", [this](const event& e, delivery& d) {
        is_full_ = true;
        calls_.add(e, d);
    }, once()).open();
    engine_.publish_many(5);
    engine_.until([&] { return calls_.count() == 5 && engine_.core->commits().is_full(); });
    is_full_ = false;
    engine_.until_through();
    EXPECT_EQ(calls_.count(), 5u);
}
}
}
