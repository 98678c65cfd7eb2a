// A subscriber over what another one has left: what is flagged as redelivered, and what transactions have taken.

#include "stored_events.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

constexpr base::time_us second = 1'000'000;

class SubscriberReload : public ::testing::Test
{
protected:
    ~SubscriberReload() override { EXPECT_EQ(in_.faults("mail"), ""); }

    /// The one before has died.
    driven_subscriber& open(detail::subscription_setup setup = handler_setup(oldest()))
    {
        const base::time_us now = opened_ ? opened_->now : second;
        opened_ = std::make_unique<driven_subscriber>(in_, std::move(setup));
        opened_->now = now;
        return *opened_;
    }
    void order_seek(event_number to, std::uint64_t generation)
    {
        in_.transact([&](transaction& tx) { tx.put(order_table(), "mail", {.paused = false, .generation = generation, .seek_to = to, .because = {}}); });
    }
    /// A transaction of the handler has had it.
    void take(event_number number, std::uint64_t generation = 0)
    {
        in_.transact([&](transaction& tx) { tx.put(taken_table(), {"mail", number}, generation); });
    }
    /// How many of a run's events were flagged, and how many were not.
    static std::pair<std::size_t, std::size_t> flags(driven_subscriber& s)
    {
        std::pair<std::size_t, std::size_t> count;
        s.run([&](const handed_event& one) {
            ++(one.redelivered ? count.first : count.second);
            return delivered();
        });
        return count;
    }

    stored_events in_;
    std::unique_ptr<driven_subscriber> opened_;
};

// Flags.

TEST_F(SubscriberReload, EventsThatComeAfterItWasOpenedAreFresh)
{
    open().write();
    open();
    in_.publish_many(2);
    EXPECT_EQ(opened_->run(), "1 2 ");
}

TEST_F(SubscriberReload, WhatWasOpenIsFlaggedAndComesAgain)
{
    in_.publish_many(4);
    driven_subscriber& s = open();
    s.feed();
    s.begin();
    s.deliver(2);
    s.deliver(4);
    s.write();
    EXPECT_EQ(in_.state("mail").value().open, (std::vector<event_number>{1, 3}));
    EXPECT_EQ(open().run(), "1r 3r ");
}

TEST_F(SubscriberReload, WhatWasOpenComesInTheOrderOfItsKey)
{
    for (const char* key : {"a", "b", "a", "a"})
        in_.publish({.key = key});
    driven_subscriber& s = open();
    s.feed();
    s.begin();
    s.deliver(2);
    s.write();
    in_.publish({.key = "a"});
    EXPECT_EQ(open().run(), "1r 3r 4r 5r ");
}

/// They may have been with the handler, and nothing durable says so.
TEST_F(SubscriberReload, WhatLiesBehindTheLastDurableStateIsFlagged)
{
    in_.publish_many(2);
    driven_subscriber& s = open();
    s.run();
    in_.publish_many(3);
    s.feed();
    s.begin();
    s.deliver(3); // and dies
    EXPECT_EQ(open().run(), "3r 4r 5r ");
}

TEST_F(SubscriberReload, NoMoreAreFlaggedThanMayHaveBeenRead)
{
    in_.publish();
    open().run();
    in_.publish_many(6'000);
    EXPECT_EQ(flags(open()), (std::pair<std::size_t, std::size_t>{4'096, 1'904}));
}

TEST_F(SubscriberReload, WhatItHadBeforeItsFirstStateWasDurableIsFlagged)
{
    in_.publish_many(3);
    driven_subscriber& s = open();
    s.feed();
    s.begin();
    std::set<event_number> had;
    for (const auto& [number, events] : s.out)
        had.insert(number);
    open().run([&](const handed_event& one) {
        EXPECT_TRUE(one.redelivered || !had.contains(one.what->number)) << one.what->number;
        return delivered();
    });
}

TEST_F(SubscriberReload, OneThatWasTriedAndFailedIsFlaggedEverAfter)
{
    driven_subscriber& s = open(handler_setup(retried(tries({1s}))));
    in_.publish();
    EXPECT_EQ(s.run([](const handed_event&) { return failed(); }), "1 ");
    s.now += second;
    EXPECT_EQ(s.run(), "1r ");
}

TEST_F(SubscriberReload, OneThatStoodBehindAndMayHaveBegunIsFlagged)
{
    driven_subscriber& s = open(handler_setup(retried(tries({1s}))));
    for (int n = 0; n < 2; ++n)
        in_.publish({.key = "a"});
    s.run([](const handed_event&) { return failed(); });
    s.now += second;
    s.feed();
    s.begin();
    s.deliver(1);
    s.write();
    s.feed();
    EXPECT_EQ(s.begin(), "2 "); // and the process dies
    EXPECT_EQ(open(handler_setup(retried(tries({1s})))).run(), "2r ");
}

TEST_F(SubscriberReload, OneThatStoodBehindAndHasNotBegunIsFresh)
{
    driven_subscriber& s = open(handler_setup(retried(tries({1s}))));
    for (int n = 0; n < 2; ++n)
        in_.publish({.key = "a"});
    s.run([](const handed_event& one) { return one.what->number == 1 ? failed() : delivered(); });
    s.now += second;
    EXPECT_EQ(s.run(), "1r 2 ");
}

// Seeks.

TEST_F(SubscriberReload, ASeekBackHasEventsAgainAndFlagsThem)
{
    in_.publish_many(4);
    driven_subscriber& s = open();
    s.run();
    order_seek(2, 1);
    s.read_order();
    in_.publish();
    EXPECT_EQ(s.run(), "2r 3r 4r 5 ");
}

TEST_F(SubscriberReload, ASeekForwardLeavesEventsOut)
{
    driven_subscriber& s = open();
    in_.publish_many(5);
    order_seek(4, 1);
    s.read_order();
    EXPECT_EQ(s.run(), "4 5 ");
}

TEST_F(SubscriberReload, ASeekDropsWhatIsInMemory)
{
    driven_subscriber& s = open(handler_setup(concurrently(2)));
    in_.publish_many(6);
    s.feed();
    EXPECT_EQ(s.begin(), "1 2 ");
    order_seek(6, 1);
    s.read_order();
    s.deliver(1);
    s.deliver(2);
    EXPECT_EQ(s.run(), "6r ");
}

TEST_F(SubscriberReload, ASeekIsCarriedOutOnce)
{
    in_.publish_many(3);
    driven_subscriber& s = open();
    order_seek(2, 1);
    s.read_order();
    s.run();
    s.read_order();
    EXPECT_EQ(s.run(), "");
    EXPECT_EQ(open().run(), "");
}

TEST_F(SubscriberReload, ASeekThatWasNotCarriedOutIsAfterAReload)
{
    in_.publish_many(3);
    open().run();
    order_seek(2, 1);
    EXPECT_EQ(open().run(), "2r 3r ");
    EXPECT_EQ(in_.state("mail").value().generation, 1u);
}

TEST_F(SubscriberReload, WhatWasUnderWayAtASeekBackComesAgain)
{
    driven_subscriber& s = open();
    in_.publish_many(2);
    s.feed();
    EXPECT_EQ(s.begin(), "1 2 ");
    order_seek(1, 1);
    s.read_order();
    s.deliver(1);
    s.deliver(2);
    s.write();
    EXPECT_EQ(s.run(), "1r 2r ");
}

/// The second life knows that they were had before the seek, as the first one did.
TEST_F(SubscriberReload, EventsOfASeekBackAreFlaggedAfterAReloadToo)
{
    in_.publish_many(5'000);
    driven_subscriber& s = open();
    s.run();
    order_seek(1, 1);
    s.read_order();
    s.write(); // and dies
    EXPECT_EQ(flags(open()), (std::pair<std::size_t, std::size_t>{5'000, 0}));
}

TEST_F(SubscriberReload, WhatWaitsAtASeekGoesOnWaiting)
{
    in_.publish_many(3);
    driven_subscriber& s = open(handler_setup(retried(tries({1s}))));
    s.run([](const handed_event& one) { return one.what->number == 1 ? failed() : delivered(); });
    order_seek(3, 1);
    s.read_order();
    EXPECT_EQ(s.run(), "3r ");
    s.now += second;
    EXPECT_EQ(s.run(), "1r ");
}

TEST_F(SubscriberReload, WhatIsInMemoryOfThoseThatWaitedGoesOnAtASeek)
{
    subscription_options options = retried(tries({1s}));
    options.concurrency = 1;
    driven_subscriber& s = open(handler_setup(options));
    in_.publish_many(2);
    s.run([](const handed_event&) { return failed(); });
    s.now += second;
    s.feed();
    order_seek(3, 1);
    s.read_order();
    EXPECT_EQ(s.run(), "1r 2r ");
}

/// It has rows, and the topic gives it once more.
TEST_F(SubscriberReload, ASeekBackBeforeAnEventThatWaitsLeavesItsRowsWhole)
{
    for (const char* key : {"", "a"})
        in_.publish({.key = key});
    driven_subscriber& s = open(handler_setup(retried(tries({9s, 9s, 9s}))));
    s.run([](const handed_event&) { return failed(); });
    order_seek(1, 1);
    s.read_order();
    s.now += second;
    s.run([](const handed_event&) { return failed(); });
    EXPECT_EQ(in_.faults("mail"), "");
    s.now += 60 * second;
    s.run();
    EXPECT_EQ(in_.count(waiting_table()), 0u);
    EXPECT_EQ(in_.count(due_table()), 0u);
}

TEST_F(SubscriberReload, OneThatWaitsIsNotGivenOnceMoreByASeekBack)
{
    in_.publish();
    driven_subscriber& s = open(handler_setup(retried(tries({5s, 5s, 5s}))));
    s.run([](const handed_event&) { return failed(); }); // due at 5 s
    order_seek(1, 1);
    s.read_order();
    s.now += 3 * second;
    EXPECT_EQ(s.run(), "");
    s.now += 2 * second;
    EXPECT_EQ(s.run(), "1r ");
}

// What transactions have taken.

TEST_F(SubscriberReload, WhatATransactionHasTakenIsPassedOver)
{
    in_.publish();
    open(transaction_setup(oldest())).run();
    in_.publish_many(3);
    take(3);
    EXPECT_EQ(open(transaction_setup(oldest())).run(), "2r 4r ");
    EXPECT_EQ(in_.count(taken_table()), 0u);
}

TEST_F(SubscriberReload, WhatATransactionHasTakenOfThoseThatWereOpenIsPassedOver)
{
    in_.publish_many(3);
    driven_subscriber& s = open(transaction_setup(oldest()));
    s.feed();
    s.begin();
    s.write();
    take(1);
    take(3);
    EXPECT_EQ(open(transaction_setup(oldest())).run(), "2r ");
    EXPECT_EQ(in_.count(taken_table()), 0u);
    EXPECT_TRUE(in_.state("mail").value().open.empty());
}

TEST_F(SubscriberReload, WhatATransactionHasTakenOfThoseThatWaitedIsNotTriedAgain)
{
    for (const char* key : {"a", "a"})
        in_.publish({.key = key});
    open(transaction_setup(retried(tries({1s})))).run([](const handed_event& one) { return one.what->number == 1 ? failed() : delivered(); });
    take(1);
    driven_subscriber& s = open(transaction_setup(retried(tries({1s}))));
    s.now += second;
    EXPECT_EQ(s.run(), "2r ");
    EXPECT_EQ(in_.count(taken_table()), 0u);
    EXPECT_EQ(in_.count(waiting_table()), 0u);
}

/// It has no state, so it had none of the rest.
TEST_F(SubscriberReload, WhatATransactionHasTakenBeforeTheFirstStateIsPassedOver)
{
    in_.publish_many(3);
    take(1);
    take(2);
    EXPECT_EQ(open(transaction_setup(oldest())).run(), "3 ");
}

TEST_F(SubscriberReload, ASeekBackHasAgainWhatTransactionsHadTaken)
{
    in_.publish();
    open(transaction_setup(oldest())).run();
    in_.publish_many(2);
    take(2);
    take(3);
    order_seek(2, 1);
    EXPECT_EQ(open(transaction_setup(oldest())).run(), "2r 3r ");
}

/// "What waits for another attempt goes on waiting": it was not sought, so what a transaction has had of it, it has had.
TEST_F(SubscriberReload, ASeekDoesNotUndoWhatATransactionHasTakenOfThoseThatWaited)
{
    in_.publish();
    driven_subscriber& s = open(transaction_setup(retried(tries({1s}))));
    s.run([](const handed_event&) { return failed(); });
    take(1); // at its second attempt
    order_seek(2, 1); // forward
    driven_subscriber& again = open(transaction_setup(retried(tries({1s}))));
    again.now += second;
    EXPECT_EQ(again.run(), "");
}

TEST_F(SubscriberReload, ASeekThatIsDurableDoesNotUndoItEither)
{
    in_.publish();
    driven_subscriber& s = open(transaction_setup(retried(tries({1s}))));
    s.run([](const handed_event&) { return failed(); });
    s.now += second;
    s.feed();
    EXPECT_EQ(s.begin(), "1 "); // in the transactor's queue
    order_seek(2, 1);
    s.read_order();
    take(1, s.given(1).generation);
    s.write(); // and dies before it hears of it
    driven_subscriber& again = open(transaction_setup(retried(tries({1s}))));
    again.now += second;
    EXPECT_EQ(again.run(), "");
}

TEST_F(SubscriberReload, WhatWasTakenBeforeASeekIsForgotten)
{
    in_.publish_many(2);
    driven_subscriber& s = open(transaction_setup(oldest()));
    s.write();
    order_seek(1, 1);
    s.read_order();
    s.write();
    take(1, 0);
    driven_subscriber& again = open(transaction_setup(oldest()));
    EXPECT_EQ(again.run(), "1r 2r ");
    EXPECT_EQ(in_.count(taken_table()), 0u);
}

TEST_F(SubscriberReload, WhatATransactionHasHadIsNoLongerTakenWhenTheStateSaysSo)
{
    in_.publish();
    driven_subscriber& s = open(transaction_setup(oldest()));
    s.feed();
    s.begin();
    take(1);
    s.deliver(1);
    s.write();
    EXPECT_EQ(in_.count(taken_table()), 0u);
    EXPECT_EQ(in_.state("mail").value().head, 2u);
}
}
}
