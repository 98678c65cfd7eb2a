// Events that wait in rows: those that failed, and those of their keys behind them.

#include "feature/subscriber.hpp"

#include "stored_events.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

constexpr base::time_us second = 1'000'000;

class SubscriberRows : public ::testing::Test
{
protected:
    ~SubscriberRows() override { EXPECT_EQ(in_.faults("mail"), ""); }

    driven_subscriber& open(detail::subscription_setup setup)
    {
        const base::time_us now = opened_ ? opened_->now : 1'000'000;
        opened_ = std::make_unique<driven_subscriber>(in_, std::move(setup));
        opened_->now = now;
        return *opened_;
    }
    driven_subscriber& open(std::vector<std::chrono::milliseconds> delays = {1s, 1s, 1s})
    {
        return open(handler_setup(retried(tries(std::move(delays)))));
    }
    void publish(const std::vector<std::string>& keys)
    {
        for (const std::string& key : keys)
            in_.publish({.key = key});
    }
    static auto failing(event_number which)
    {
        return [which](const handed_event& one) { return one.what->number == which ? failed() : delivered(); };
    }
    /// As a person does who redrives a dead letter.
    void redrive(const std::vector<event_number>& numbers)
    {
        in_.transact([&](transaction& tx) {
            for (const event_number number : numbers)
            {
                dead_letter letter = tx.get(dead_table(), {"mail", number}).value();
                tx.erase(dead_table(), {"mail", number});
                subscription_change change;
                change.name = "mail";
                change.wait.push_back({.what = letter.what, .key = hash_of_key(letter.what.key), .failures = 0, .first_tried = 0,
                                        .due = opened_->now, .redelivered = true, .code = {}, .text = {}});
                change.write(tx);
            }
        });
        opened_->of.expect_rows();
    }

    stored_events in_;
    std::unique_ptr<driven_subscriber> opened_;
};

// Behind one that failed.

TEST_F(SubscriberRows, OneThatFailsDelaysThoseOfItsKeyAndNoOther)
{
    driven_subscriber& s = open();
    publish({"a", "b", "a", "b", "", "a"});
    EXPECT_EQ(s.run(failing(1)), "1 2 4 5 ");
    s.now += second;
    EXPECT_EQ(s.run(), "1r 3 6 ");
}

TEST_F(SubscriberRows, OneWithoutKeyDelaysNone)
{
    publish({"", "", "a"});
    EXPECT_EQ(open().run(failing(1)), "1 2 3 ");
}

TEST_F(SubscriberRows, ThoseThatComeLaterStandBehindToo)
{
    driven_subscriber& s = open();
    publish({"a"});
    s.run(failing(1));
    publish({"a", "b"});
    EXPECT_EQ(s.run(), "3 ");
    publish({"a"});
    s.now += second;
    EXPECT_EQ(s.run(), "1r 2 4 ");
}

TEST_F(SubscriberRows, ThoseBehindAnEventWaitForEachOfItsAttempts)
{
    driven_subscriber& s = open();
    publish({"a", "a"});
    for (const char* attempt : {"1 ", "1r ", "1r "})
    {
        EXPECT_EQ(s.run(failing(1)), attempt);
        s.now += second;
    }
    EXPECT_EQ(s.run(), "1r 2 ");
}

TEST_F(SubscriberRows, ThoseBehindADeadLetterGoOn)
{
    driven_subscriber& s = open({1s});
    publish({"a", "a", "a"});
    EXPECT_EQ(s.run(failing(1)), "1 ");
    s.now += second;
    EXPECT_EQ(s.run(failing(1)), "1r 2 3 ");
    EXPECT_TRUE(in_.dead("mail", 1));
}

TEST_F(SubscriberRows, OneThatFailsInTheMiddleIsTheNewFront)
{
    driven_subscriber& s = open();
    publish({"a", "a", "a", "a"});
    EXPECT_EQ(s.run(failing(1)), "1 ");
    s.now += second;
    EXPECT_EQ(s.run(failing(3)), "1r 2 3 ");
    s.now += second;
    EXPECT_EQ(s.run(), "3r 4 ");
}

TEST_F(SubscriberRows, ANumberOfThemComesBackInPiecesAndInOrder)
{
    driven_subscriber& s = open();
    in_.publish_many(300, "a");
    EXPECT_EQ(s.run(failing(1)), "1 ");
    EXPECT_EQ(in_.count(waiting_table()), 300u);
    s.now += second;
    std::string all = "1r ";
    for (int n = 2; n <= 300; ++n)
        all += std::to_string(n) + " ";
    EXPECT_EQ(s.run(), all);
    EXPECT_EQ(in_.count(waiting_table()), 0u);
}

TEST_F(SubscriberRows, AKeyThatIsThroughIsFree)
{
    driven_subscriber& s = open();
    publish({"a"});
    s.run(failing(1));
    s.now += second;
    s.run();
    publish({"a", "a"});
    s.feed();
    EXPECT_EQ(s.begin(), "[2 3] ");
}

TEST_F(SubscriberRows, OneThatComesWhileTheLastOfItsKeyIsUnderWayStandsBehindIt)
{
    driven_subscriber& s = open();
    publish({"a", "a"});
    s.run(failing(1));
    s.now += second;
    s.feed();
    EXPECT_EQ(s.begin(), "1 ");
    publish({"a"});
    s.feed();
    s.deliver(1);
    EXPECT_EQ(s.begin(), "");
    EXPECT_EQ(s.run(), "2 3 ");
}

TEST_F(SubscriberRows, WithAConcurrencyOf1OneThatFailsDelaysThoseOfItsKeyOnly)
{
    subscription_options options = retried(tries({1s}));
    options.concurrency = 1;
    driven_subscriber& s = open(handler_setup(options));
    publish({"a", "b", "a", ""});
    EXPECT_EQ(s.run(failing(1)), "1 2 4 ");
    s.now += second;
    EXPECT_EQ(s.run(), "1r 3 ");
}

TEST_F(SubscriberRows, TransactionsOfAKeyWaitForOneThatFailedToo)
{
    driven_subscriber& s = open(transaction_setup(retried(tries({1s}))));
    publish({"a", "b", "a"});
    EXPECT_EQ(s.run(failing(1)), "1 2 ");
    s.now += second;
    EXPECT_EQ(s.run(), "1r 3 ");
}

// After the process has died.

TEST_F(SubscriberRows, AKeyIsBlockedAfterAReloadToo)
{
    publish({"a", "a"});
    open().run(failing(1));
    publish({"a", "b"});
    driven_subscriber& again = open();
    EXPECT_EQ(again.run(), "4r ");
    again.now += second;
    EXPECT_EQ(again.run(), "1r 2r 3r ");
}

TEST_F(SubscriberRows, ThoseBehindOneThatWasThroughGoAfterAReload)
{
    publish({"a", "a", "a"});
    driven_subscriber& s = open();
    s.run(failing(1));
    s.now += second;
    s.feed();
    s.begin();
    s.deliver(1);
    s.write(); // and dies
    EXPECT_EQ(open().run(), "2r 3r ");
}

TEST_F(SubscriberRows, AReloadIsDueWhenItsFirstRowIs)
{
    publish({"a"});
    open().run(failing(1));
    driven_subscriber& again = open();
    EXPECT_TRUE(again.of.wants_rows(again.now));
    EXPECT_EQ(again.run(), "");
    EXPECT_EQ(again.of.next_due(), again.now + second);
}

TEST_F(SubscriberRows, AttemptsGoOnAfterAReload)
{
    publish({"a"});
    open({1s}).run(failing(1));
    driven_subscriber& again = open({1s});
    again.now += second;
    again.run(failing(1));
    EXPECT_EQ(in_.dead("mail", 1).value().attempts, 2u);
}

// When they are due.

TEST_F(SubscriberRows, TheNextThatIsDueIsTheFirst)
{
    publish({"", "", ""});
    driven_subscriber& s = open();
    s.feed();
    s.begin();
    const base::time_us begin = s.now;
    s.end(2, later(3s));
    s.end(1, later(5s));
    s.end(3, later(9s));
    s.write();
    EXPECT_EQ(s.of.next_due(), begin + 3 * second);
    s.now = begin + 6 * second;
    EXPECT_EQ(s.run(), "1r 2r ");
    EXPECT_EQ(s.of.next_due(), begin + 9 * second);
    s.now = begin + 9 * second;
    EXPECT_EQ(s.run(), "3r ");
    EXPECT_EQ(s.of.next_due(), never_due);
}

TEST_F(SubscriberRows, OneIsNotLoadedBeforeItsRowsAreDurable)
{
    publish({""});
    driven_subscriber& s = open({0s});
    s.feed();
    s.begin();
    s.end(1, failed());
    EXPECT_FALSE(s.of.wants_rows(s.now));
    subscription_change made;
    ASSERT_TRUE(s.begin_writing(made));
    EXPECT_FALSE(s.of.wants_rows(s.now));
    in_.transact([&](transaction& tx) { made.write(tx); });
    s.of.written();
    EXPECT_EQ(s.run(), "1r ");
}

TEST_F(SubscriberRows, OneThatIsWithTheHandlerIsNotLoadedAgain)
{
    publish({"", ""});
    driven_subscriber& s = open({0s});
    s.feed();
    s.begin();
    s.end(1, failed());
    s.write();
    s.feed();
    EXPECT_EQ(s.begin(), "1 ");
    s.deliver(2);
    s.write();
    s.of.expect_rows();
    s.feed();
    EXPECT_EQ(s.begin(), "");
}

/// Handlers that take their time, and a topic that has more than there is room for.
class SubscriberBacklog : public SubscriberRows
{
protected:
    /// Until this event goes, or so many have been delivered since; returns how many were.
    std::size_t deliver_until(event_number wanted, std::size_t most)
    {
        driven_subscriber& s = *opened_;
        for (std::size_t count = 0; count < most; ++count)
        {
            s.feed();
            s.begin();
            while (s.out.size() > 2) // no more may run
                s.refuse(s.out.rbegin()->first);
            if (s.out.contains(wanted))
                return count;
            s.deliver(s.out.begin()->first);
            s.write();
        }
        return most;
    }
    driven_subscriber& open_slow()
    {
        subscription_options options = retried(tries({0s}));
        options.concurrency = 2;
        return open(handler_setup(options));
    }
};

TEST_F(SubscriberBacklog, OneThatIsDueIsTriedAgainSoon)
{
    driven_subscriber& s = open_slow();
    in_.publish_many(3'000);
    EXPECT_EQ(deliver_until(1, 1), 0u);
    s.end(1, failed());
    s.write();
    EXPECT_LT(deliver_until(1, 2'000), 1'000u);
}

TEST_F(SubscriberBacklog, ThoseBehindOneThatIsThroughGoSoon)
{
    driven_subscriber& s = open_slow();
    publish({"a", "a"});
    s.feed();
    s.begin();
    s.end(1, failed());
    s.write();
    s.feed();
    s.begin(); // the first of its key, once more
    in_.publish_many(3'000);
    s.feed();
    s.deliver(1);
    s.write();
    EXPECT_LT(deliver_until(2, 2'000), 1'000u);
}

TEST_F(SubscriberRows, ManyThatAreDueAreNotAllInMemory)
{
    in_.publish_many(1'000);
    driven_subscriber& s = open({1s});
    s.run([](const handed_event&) { return failed(); });
    s.now += second;
    s.feed();
    s.begin();
    EXPECT_LE(s.out.size(), 600u);
    while (!s.out.empty())
        s.deliver(s.out.begin()->first);
    s.run();
    EXPECT_EQ(in_.count(waiting_table()), 0u);
}

TEST_F(SubscriberRows, LargeEventsThatAreDueAreFewerInMemory)
{
    in_.publish_many(40, {}, std::string(1u << 20, 'x'));
    driven_subscriber& s = open(handler_setup(retried(tries({1s}))));
    s.run([](const handed_event&) { return failed(); });
    s.now += second;
    while (s.of.wants_rows(s.now))
        in_.store.read([&](const store::snapshot& at) { s.of.load_rows(at, s.now); });
    s.begin();
    EXPECT_LE(s.out.size(), 8u);
}

TEST_F(SubscriberRows, LargeEventsBehindOneThatFailedAreNotAllInMemory)
{
    publish({"a"});
    driven_subscriber& s = open();
    s.run(failing(1));
    in_.publish_many(40, "a", std::string(1u << 20, 'x'));
    s.feed(); // and nothing is durable yet
    subscription_change made;
    ASSERT_TRUE(s.begin_writing(made));
    EXPECT_LE(made.wait.size(), 8u);
    in_.transact([&](transaction& tx) { made.write(tx); });
}

// Redriven.

TEST_F(SubscriberRows, ADeadLetterThatIsRedrivenIsAsIfItHadNeverFailed)
{
    publish({"a", "a"});
    driven_subscriber& s = open({1s});
    s.run([](const handed_event& one) { return one.what->number == 1 ? refused_for_good() : delivered(); });
    redrive({1});
    EXPECT_EQ(s.run(failing(1)), "1r ");
    EXPECT_EQ(in_.waiting("mail", 1).value().failures, 1u);
    s.now += second;
    EXPECT_EQ(s.run(), "1r ");
}

TEST_F(SubscriberRows, OneThatIsRedrivenGoesBehindWhatIsUnderWayOfItsKey)
{
    publish({"a", "a"});
    driven_subscriber& s = open();
    s.run([](const handed_event& one) { return one.what->number == 1 ? refused_for_good() : delivered(); });
    publish({"a"});
    s.feed();
    EXPECT_EQ(s.begin(), "3 ");
    redrive({1});
    s.feed();
    EXPECT_EQ(s.begin(), "");
    s.deliver(3);
    EXPECT_EQ(s.begin(), "1 ");
}

/// Both go anew, and the first of them fails once more: the other comes after it, as it did at first.
TEST_F(SubscriberRows, RedrivenOnesOfAKeyStayInOrder)
{
    publish({"a", "a"});
    driven_subscriber& s = open({1s});
    s.run([](const handed_event&) { return refused_for_good(); });
    redrive({1, 2});
    EXPECT_EQ(s.run(failing(1)), "1r ");
    s.now += second;
    EXPECT_EQ(s.run(), "1r 2r ");
}

TEST_F(SubscriberRows, OneThatIsRedrivenBlocksItsKeyWhenItFailsAgain)
{
    publish({"a"});
    driven_subscriber& s = open({1s});
    s.run([](const handed_event&) { return refused_for_good(); });
    redrive({1});
    s.run(failing(1));
    publish({"a"});
    EXPECT_EQ(s.run(), "");
    s.now += second;
    EXPECT_EQ(s.run(), "1r 2 ");
}

TEST_F(SubscriberRows, OneThatIsRedrivenStandsBehindOneOfItsKeyThatWaits)
{
    driven_subscriber& s = open({1s});
    publish({"a", "a"});
    s.run([](const handed_event&) { return refused_for_good(); });
    redrive({1});
    EXPECT_EQ(s.run(failing(1)), "1r ");
    redrive({2});
    EXPECT_EQ(s.run(), "");
    s.now += second;
    EXPECT_EQ(s.run(), "1r 2r ");
}

TEST_F(SubscriberRows, OneThatIsRedrivenStandsBehindOneOfItsKeyThatWaitsAfterAReloadToo)
{
    driven_subscriber& s = open({1s});
    publish({"a", "a"});
    s.run([](const handed_event&) { return refused_for_good(); });
    redrive({1});
    s.run(failing(1));
    redrive({2});
    driven_subscriber& again = open({1s});
    EXPECT_EQ(again.run(), "");
    again.now += second;
    EXPECT_EQ(again.run(), "1r 2r ");
}

/// The one before it has failed, and its rows are on their way.
TEST_F(SubscriberRows, OneThatIsRedrivenStandsBehindOneOfItsKeyThatIsBeingWritten)
{
    driven_subscriber& s = open({1s});
    publish({"a", "a"});
    s.run([](const handed_event&) { return refused_for_good(); });
    redrive({1});
    s.feed();
    EXPECT_EQ(s.begin(), "1 ");
    s.end(1, failed());
    redrive({2});
    s.feed();
    EXPECT_EQ(s.begin(), "");
    EXPECT_EQ(s.run(), "");
    s.now += second;
    EXPECT_EQ(s.run(), "1r 2r ");
}
}
}
