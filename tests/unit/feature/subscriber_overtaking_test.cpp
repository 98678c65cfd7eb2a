// Rows of one key that are being put again, because their event has failed: those behind them do not go first.

#include "feature/subscriber.hpp"

#include "stored_events.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

/// What a dead process had taken of a key frees the key while another of it, which has failed since, has rows that are being written.
TEST(SubscriberOvertaking, OneThatFailsWhileATakenOneOfItsKeyGoesIsNotOvertaken)
{
    stored_events in;
    for (int n = 0; n < 4; ++n)
        in.publish({.key = "a"});
    {
        driven_subscriber before(in, transaction_setup(retried(tries({1s, 1s}))));
        before.run([](const handed_event& one) { return one.what->number == 1 ? failed() : delivered(); });
        before.now += 1'000'000;
        before.feed();
        EXPECT_EQ(before.begin(), "1 ");
        before.deliver(1);
        before.write();
        before.feed();
        EXPECT_EQ(before.begin(), "2 ");
        in.transact([](transaction& tx) { tx.put(taken_table(), {"mail", 2}, 0); }); // durable; then it dies
    }
    driven_subscriber s(in, transaction_setup(retried(tries({1s, 1s}))));
    s.now += 1'000'000;
    s.feed();
    EXPECT_EQ(s.begin(), "3 ");
    subscription_change made;
    ASSERT_TRUE(s.begin_writing(made)); // that the rows of 2 go
    s.end(3, failed());                 // meanwhile: tried again in a second, and 4 waits behind it
    in.transact([&](transaction& tx) { made.write(tx); });
    s.of.written();
    s.feed();
    EXPECT_EQ(s.begin(), "") << "4 overtakes 3, which waits";
}

/// The same without any crash: a person redrives 2 while the rows of 1 go; 2 fails while that is written; 3 stands behind.
TEST(SubscriberOvertaking, ARedrivenOneThatFailsWhileTheOneBeforeItGoesIsNotOvertaken)
{
    stored_events in;
    driven_subscriber s(in, handler_setup(retried(tries({1s, 1s}))));
    in.publish({.key = "a"});
    in.publish({.key = "a"});
    s.run([](const handed_event&) { return refused_for_good(); }); // both dead
    const auto redrive = [&](event_number number) {
        in.transact([&](transaction& tx) {
            dead_letter letter = tx.get(dead_table(), {"mail", number}).value();
            tx.erase(dead_table(), {"mail", number});
            subscription_change change;
            change.name = "mail";
            change.wait.push_back({.what = letter.what, .key = hash_of_key("a"), .failures = 0, .first_tried = 0, .due = s.now,
                                    .redelivered = true, .code = {}, .text = {}});
            change.write(tx);
        });
        s.of.expect_rows();
    };
    redrive(1);
    EXPECT_EQ(s.run([](const handed_event&) { return failed(); }), "1r "); // due in a second
    in.publish({.key = "a"});
    EXPECT_EQ(s.run(), ""); // 3 stands behind 1
    s.now += 1'000'000;
    s.feed();
    EXPECT_EQ(s.begin(), "1 ");
    s.deliver(1);
    subscription_change made;
    ASSERT_TRUE(s.begin_writing(made)); // that the rows of 1 go
    redrive(2);
    s.feed();
    EXPECT_EQ(s.begin(), "2 ");
    s.end(2, failed());
    in.transact([&](transaction& tx) { made.write(tx); });
    s.of.written();
    s.feed();
    EXPECT_EQ(s.begin(), "") << "3 overtakes 2, which waits";
}
}
}
