// What a subscriber has to write, when, and what becomes of it where the journal cannot be read or written.

#include "stored_events.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

constexpr base::time_us second = 1'000'000;

class SubscriberWriting : public ::testing::Test
{
protected:
    ~SubscriberWriting() override { EXPECT_EQ(in_.faults("mail"), ""); }

    driven_subscriber& open(detail::subscription_setup setup = handler_setup(retried(tries({1s, 1s}))))
    {
        opened_ = std::make_unique<driven_subscriber>(in_, std::move(setup));
        return *opened_;
    }
    void publish(const std::vector<std::string>& keys)
    {
        for (const std::string& key : keys)
            in_.publish({.key = key});
    }

    stored_events in_;
    std::unique_ptr<driven_subscriber> opened_;
};

TEST_F(SubscriberWriting, WhereNothingHasHappenedThereIsNothingToWrite)
{
    driven_subscriber& s = open();
    s.write();
    EXPECT_FALSE(s.write(true));
}

TEST_F(SubscriberWriting, WhatIsOnlyReadIsWrittenWithWhatComesOrWhenItIsMuch)
{
    driven_subscriber& s = open();
    in_.publish();
    s.run(); // it has its place
    in_.publish_many(3);
    s.feed();
    EXPECT_FALSE(s.write(false));
    s.begin();
    s.deliver(3);
    EXPECT_TRUE(s.write(false));
    const subscription_state there = in_.state("mail").value();
    EXPECT_EQ(there.head, 5u);
    EXPECT_EQ(there.open, (std::vector<event_number>{2, 4}));
}

TEST_F(SubscriberWriting, ManyThatWerePassedOverAreWrittenNowAndThen)
{
    driven_subscriber& s = open(handler_setup(filtered(filters::exists("subject"))));
    in_.publish_many(1'000);
    s.feed();
    EXPECT_FALSE(s.write(false));
    in_.publish_many(100);
    s.feed();
    EXPECT_TRUE(s.write(false));
    EXPECT_EQ(in_.state("mail").value().head, 1'101u);
}

TEST_F(SubscriberWriting, WhoClosesWritesHowFarItIs)
{
    driven_subscriber& s = open(handler_setup(filtered(filters::exists("subject"))));
    in_.publish_many(3);
    s.feed();
    EXPECT_TRUE(s.write(true));
    EXPECT_EQ(in_.state("mail").value().head, 4u);
}

TEST_F(SubscriberWriting, OneChangeIsUnderWayAtATime)
{
    driven_subscriber& s = open();
    in_.publish_many(2);
    s.feed();
    s.begin();
    s.deliver(1);
    subscription_change first;
    ASSERT_TRUE(s.begin_writing(first));
    s.deliver(2);
    subscription_change second_one;
    EXPECT_FALSE(s.begin_writing(second_one));
    s.of.written();
    EXPECT_TRUE(s.begin_writing(second_one));
    EXPECT_TRUE(second_one.state.open.empty());
}

TEST_F(SubscriberWriting, AChangeSaysWhoseItIs)
{
    subscription_options options = oldest();
    options.dead_letters_to = "dead";
    driven_subscriber& s = open(handler_setup(options));
    in_.publish();
    s.feed();
    s.begin();
    s.deliver(1);
    subscription_change made;
    ASSERT_TRUE(s.begin_writing(made));
    EXPECT_EQ(made.name, "mail");
    EXPECT_EQ(made.state.topic, "orders");
    EXPECT_EQ(made.dead_letters_to, "dead");
    EXPECT_TRUE(made.moves);
}

TEST_F(SubscriberWriting, ADeadLetterIsToldToItsTopic)
{
    subscription_options options = retried(tries());
    options.dead_letters_to = "dead";
    driven_subscriber& s = open(handler_setup(options));
    publish({"k"});
    s.run([](const handed_event&) { return failed(); });
    std::string told;
    in_.look([&](const table_reader& in) { in.events("dead", 0, [&](const event& one) { told += one.subject + " " + one.key + "; "; }); });
    EXPECT_EQ(told, "mail k; ");
}

// What could not be written comes again, with what came since.

TEST_F(SubscriberWriting, WhatCouldNotBeWrittenIsWrittenLater)
{
    driven_subscriber& s = open();
    publish({"", "a", "a", "", ""});
    s.feed();
    s.begin();
    s.deliver(1);
    s.end(2, failed());
    s.end(4, refused_for_good());
    subscription_change lost;
    ASSERT_TRUE(s.begin_writing(lost));
    s.end(5, failed());
    s.of.not_written(std::move(lost));
    EXPECT_FALSE(s.of.wants_rows(s.now + 10 * second));
    ASSERT_TRUE(s.write(false));
    EXPECT_EQ(in_.count(waiting_table()), 3u);
    EXPECT_EQ(in_.count(dead_table()), 1u);
    EXPECT_EQ(s.of.next_due(), s.now + second);
    s.now += second;
    EXPECT_EQ(s.run(), "2r 5r 3 ");
}

TEST_F(SubscriberWriting, RowsThatCouldNotBeErasedAreErasedLater)
{
    driven_subscriber& s = open();
    publish({"a", "a"});
    s.run([](const handed_event&) { return failed(); });
    s.now += second;
    s.feed();
    s.begin();
    s.deliver(1);
    subscription_change lost;
    ASSERT_TRUE(s.begin_writing(lost));
    s.of.not_written(std::move(lost));
    s.of.expect_rows();
    s.feed();
    EXPECT_EQ(s.begin(), "") << "it is through, and its rows are still there";
    s.write();
    EXPECT_EQ(s.run(), "2 ");
    EXPECT_EQ(in_.count(waiting_table()), 0u);
}

TEST_F(SubscriberWriting, WhatTransactionsHadIsErasedLater)
{
    driven_subscriber& s = open(transaction_setup(oldest()));
    in_.publish_many(2);
    s.feed();
    s.begin();
    for (const event_number number : {1u, 2u})
        in_.transact([&](transaction& tx) { tx.put(taken_table(), {"mail", number}, 0); });
    s.deliver(1);
    subscription_change lost;
    ASSERT_TRUE(s.begin_writing(lost));
    s.deliver(2);
    s.of.not_written(std::move(lost));
    s.write();
    EXPECT_EQ(in_.count(taken_table()), 0u);
}

TEST_F(SubscriberWriting, WhatCouldNotBeWrittenStillCountsAsNotDurable)
{
    driven_subscriber& s = open(handler_setup(filtered(filters::exists("subject"))));
    in_.publish_many(6'000);
    s.feed();
    subscription_change lost;
    ASSERT_TRUE(s.begin_writing(lost));
    s.of.not_written(std::move(lost));
    EXPECT_FALSE(s.of.wants_events());
    s.write();
    EXPECT_TRUE(s.of.wants_events());
}

// Keys whose rows are on their way.

/// Its key was looked at while it was being written, and nothing else happens.
TEST_F(SubscriberWriting, OneThatIsBeingWrittenBehindTheLastOfItsKeyIsNotForgotten)
{
    driven_subscriber& s = open();
    publish({"a"});
    s.run([](const handed_event&) { return failed(); });
    s.now += second;
    s.feed();
    s.begin();
    s.deliver(1);
    subscription_change through, behind;
    ASSERT_TRUE(s.begin_writing(through));
    publish({"a"});
    s.feed(); // stands behind: its key is not free yet
    in_.transact([&](transaction& tx) { through.write(tx); });
    s.of.written();
    ASSERT_TRUE(s.begin_writing(behind));
    s.feed();
    in_.transact([&](transaction& tx) { behind.write(tx); });
    s.of.written();
    EXPECT_EQ(s.run(), "2 ");
}

// A journal that cannot be read, at whichever look.

/// Shows the store until it has been asked so often.
class failing_snapshot final : public store::snapshot
{
public:
    failing_snapshot(const store::snapshot& of, int& left) : of_(of), left_(left) {}
    std::optional<std::string_view> get(journal::table where, journal::record_key at) const override { return look(), of_.get(where, at); }
    void scan(journal::table where, journal::record_key from, const visitor& visit) const override { look(), of_.scan(where, from, visit); }
    std::optional<journal::record_key> last(journal::table where) const override { return look(), of_.last(where); }
    std::optional<std::string_view> row(std::string_view name) const override { return look(), of_.row(name); }
    void scan_rows(std::string_view from, const row_visitor& visit) const override { look(), of_.scan_rows(from, visit); }

private:
    void look() const
    {
        if (--left_ == 0)
            throw store::unreadable("unreadable by order of the test");
    }
    const store::snapshot& of_;
    int& left_;
};

TEST_F(SubscriberWriting, RowsThatCouldNotBeReadAreReadLater)
{
    for (int looks = 1, left = 0; left <= 0; ++looks)
    {
        SCOPED_TRACE("the journal is unreadable at look " + std::to_string(looks));
        stored_events in;
        driven_subscriber s(in, handler_setup(retried(tries({1s, 1s}))));
        for (const char* key : {"", "", "a", "a", "b", "b"})
            in.publish({.key = key});
        s.run([](const handed_event&) { return failed(); });
        s.now += second;
        s.feed();
        s.begin();
        s.deliver(5);
        s.end(3, failed());
        s.end(1, failed());
        s.end(2, failed());
        s.write(); // the rest of b is to be loaded
        s.now += second; // and those that have failed
        left = looks;
        in.store.read([&](const store::snapshot& at) {
            const failing_snapshot some(at, left);
            try
            {
                s.of.load_rows(some, s.now);
            }
            catch (const store::unreadable&)
            {
            }
        });
        const std::string went = s.run();
        for (const char* one : {"1r ", "2r ", "3r ", "4 ", "6 "})
            ASSERT_NE(went.find(one), std::string::npos) << one << "is missing: " << went;
        ASSERT_LT(looks, 100);
    }
}
}
}
