// How an engine with subscriptions closes: what runs ends and is recorded, and nothing else begins.

#include "subscribed_engine.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

class DelivererClose : public ::testing::Test
{
protected:
    ~DelivererClose() override
    {
        gate_.open();
        engine_.close();
    }
    static subscription_options one_by_one()
    {
        subscription_options options;
        options.concurrency = 1;
        return options;
    }
    auto blocks()
    {
        return [this](const event& e, delivery& d) {
            calls_.add(e, d);
            gate_.wait();
        };
    }
    /// What another engine over the same journal is given.
    std::string left_over(const subscription_options& options = {})
    {
        subscribed_engine again(engine_.crash());
        call_list calls(again.bell);
        again.subscribe("mail", [&](const event& e, delivery& d) { calls.add(e, d); }, options).open();
        again.until_through();
        again.close();
        return calls.text();
    }

    gate gate_;
    subscribed_engine engine_;
    call_list calls_{engine_.bell};
};

TEST_F(DelivererClose, AHandlerThatRunsOnIsNamed)
{
    engine_.subscribe("mail", blocks()).open();
    engine_.publish();
    engine_.until([&] { return calls_.count() == 1; });
    EXPECT_EQ(engine_.core->close(0ms), std::vector<std::string>{"subscription mail event 1"});
}

TEST_F(DelivererClose, OfSomeEventsTheOneThatItsHandlerHasIsNamed)
{
    engine_.subscribe("mail", [this](const event& e, delivery& d) {
        calls_.add(e, d);
        if (e.number == 2)
            gate_.wait();
    }, one_by_one()).open();
    engine_.publish_many(3);
    engine_.until([&] { return calls_.count() == 2; });
    EXPECT_EQ(engine_.core->close(0ms), std::vector<std::string>{"subscription mail event 2"});
}

TEST_F(DelivererClose, WhatRunsIsRecordedAndNothingElseBegins)
{
    engine_.subscribe("mail", blocks(), one_by_one()).open();
    engine_.publish_many(100);
    engine_.until([&] { return calls_.count() == 1; });
    EXPECT_FALSE(engine_.core->close(0ms).empty());
    gate_.open();
    engine_.close();
    EXPECT_EQ(calls_.text(), "1 ");
    const std::string left = left_over(one_by_one());
    EXPECT_EQ(left.substr(0, 9), "2r 3r 4r ");
    EXPECT_EQ(left.find(" 1r "), std::string::npos);
}

TEST_F(DelivererClose, HandlersOfSeveralSubscriptionsAreAllWaitedFor)
{
    for (const char* name : {"a", "b", "c"})
        engine_.subscribe(name, blocks());
    engine_.open();
    engine_.publish();
    engine_.until([&] { return calls_.count() == 3; });
    EXPECT_EQ(engine_.core->close(0ms).size(), 3u);
    gate_.open();
    EXPECT_TRUE(engine_.core->close(1h).empty());
}

TEST_F(DelivererClose, ARunningHandlerIsAskedToStop)
{
    std::atomic<bool> was_asked{};
    engine_.subscribe("mail", [&](const event& e, delivery& d) {
        calls_.add(e, d);
        was_asked = gate_.wait_for_stop(d.stop());
    }).open();
    engine_.publish();
    engine_.until([&] { return calls_.count() == 1; });
    EXPECT_TRUE(engine_.core->close(1h).empty());
    EXPECT_TRUE(was_asked);
    EXPECT_EQ(left_over(), "") << "what it did counts all the same";
}

TEST_F(DelivererClose, WhatFailsWhileItClosesIsRecordedToo)
{
    engine_.subscribe("mail", [&](const event& e, delivery& d) {
        calls_.add(e, d);
        gate_.wait();
        throw permanent_error("no", "never");
    }).open();
    engine_.publish({.id = "e-1"});
    engine_.until([&] { return calls_.count() == 1; });
    EXPECT_FALSE(engine_.core->close(0ms).empty());
    gate_.open();
    engine_.close();
    subscribed_engine again(engine_.crash());
    again.subscribe("mail", [](const event&, delivery&) {}).open();
    EXPECT_EQ(again.dead(), "e-1 1 no; ");
}

TEST_F(DelivererClose, WhatWasDeliveredIsRecordedBeforeItCloses)
{
    engine_.subscribe("mail", [&](const event& e, delivery& d) { calls_.add(e, d); }).open();
    engine_.publish_many(3);
    engine_.until([&] { return calls_.count() == 3; });
    engine_.close();
    EXPECT_EQ(left_over(), "");
}

/// Others wait for their turn behind it.
TEST_F(DelivererClose, NoTransactionBeginsOnceTheEngineCloses)
{
    const table<std::string, int> sold{"sold"};
    engine_.subscribe("ledger", [&](transaction& tx, const event& e, delivery& d) {
        calls_.add(e, d);
        gate_.wait();
        tx.add(sold, "all", 1);
    }).open();
    engine_.publish_many(50);
    engine_.until([&] { return calls_.count() == 1; });
    EXPECT_FALSE(engine_.core->close(0ms).empty());
    gate_.open();
    engine_.close();
    EXPECT_EQ(calls_.text(), "1 ");
    subscribed_engine again(engine_.crash());
    again.subscribe("ledger", [&](transaction& tx, const event&, delivery&) { tx.add(sold, "all", 1); }).open();
    again.until_through("ledger");
    again.look([&](const table_reader& in) { EXPECT_EQ(in.get(sold, "all"), 50); });
}

TEST_F(DelivererClose, AnEngineThatWasNeverOpenedCloses)
{
    engine_.subscribe("mail", blocks());
    EXPECT_TRUE(engine_.core->close(0ms).empty());
}

TEST_F(DelivererClose, AJournalWithoutRoomKeepsNobodyFromClosing)
{
    std::atomic<bool> is_full{};
    store::memory_store::options chosen;
    chosen.decide = [&](std::uint64_t) { return is_full ? store::memory_store::fate::full : store::memory_store::fate::durable; };
    subscribed_engine engine(std::make_shared<store::memory_store>(chosen));
    call_list calls(engine.bell);
    engine.subscribe("mail", [&](const event& e, delivery& d) {
        is_full = true;
        calls.add(e, d);
    }).open();
    engine.publish();
    engine.until([&] { return calls.count() == 1 && engine.core->commits().is_full(); });
    EXPECT_TRUE(engine.core->close(1h).empty());
}

TEST_F(DelivererClose, AJournalThatHasFailedKeepsNobodyFromClosing)
{
    std::atomic<bool> fails{};
    store::memory_store::options chosen;
    chosen.decide = [&](std::uint64_t) { return fails ? store::memory_store::fate::unknown_absent : store::memory_store::fate::durable; };
    subscribed_engine engine(std::make_shared<store::memory_store>(chosen));
    call_list calls(engine.bell);
    engine.subscribe("mail", [&](const event& e, delivery& d) {
        fails = true;
        calls.add(e, d);
    }).open();
    engine.publish();
    engine.until([&] { return calls.count() == 1 && engine.core->commits().has_failed(); });
    EXPECT_TRUE(engine.core->close(1h).empty());
}
}
}
