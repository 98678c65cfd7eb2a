#include "feature/subscription_rows.hpp"

#include "stored_events.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::core
{
namespace
{
constexpr base::time_us soon = 5'000'000;

class SubscriptionRows : public ::testing::Test
{
protected:
    static event make(event_number number, const std::string& key = {})
    {
        event made;
        made.number = number;
        made.topic = "orders";
        made.id = "id-" + std::to_string(number);
        made.key = key;
        made.data = "{\"a\":\"\\u0000\\\"\"}";
        return made;
    }
    static waiting_event row(event_number number, const std::string& key, base::time_us due)
    {
        return {.what = make(number, key), .key = hash_of_key(key), .failures = 2, .first_tried = 7, .due = due, .redelivered = true,
                .code = "broken", .text = "it is"};
    }
    static subscription_change change()
    {
        subscription_change made;
        made.name = "mail";
        return made;
    }
    void write(const subscription_change& what)
    {
        in_.transact([&](transaction& tx) { what.write(tx); });
    }
    /// "waiting due behind dead taken", how many of each.
    std::string counts()
    {
        std::string all;
        for (const std::size_t one : {in_.count(waiting_table()), in_.count(due_table()), in_.count(behind_table()), in_.count(dead_table()),
                                      in_.count(taken_table())})
            all += std::to_string(one) + " ";
        return all;
    }
    void put_waiting(event_number number, const std::string& key, base::time_us due)
    {
        subscription_change made = change();
        made.wait.push_back(row(number, key, due));
        write(made);
    }

    stored_events in_;
};

TEST_F(SubscriptionRows, TheNamesOfTheTablesAreTheEnginesOwn)
{
    EXPECT_EQ(subscription_table().name(), "everstep.subscription");
    EXPECT_EQ(order_table().name(), "everstep.subscription_order");
    EXPECT_EQ(waiting_table().name(), "everstep.waiting");
    EXPECT_EQ(due_table().name(), "everstep.due");
    EXPECT_EQ(behind_table().name(), "everstep.behind");
    EXPECT_EQ(dead_table().name(), "everstep.dead");
    EXPECT_EQ(taken_table().name(), "everstep.taken");
}

TEST_F(SubscriptionRows, AKeysHashIsNeverThatOfNoKey)
{
    EXPECT_EQ(hash_of_key(""), 0u);
    std::set<std::uint64_t> seen;
    for (int n = 0; n < 1'000; ++n)
        seen.insert(hash_of_key(std::to_string(n)));
    EXPECT_EQ(seen.size(), 1'000u);
    EXPECT_FALSE(seen.contains(0));
}

/// It is in the journal.
TEST_F(SubscriptionRows, AKeysHashNeverChanges) { EXPECT_EQ(hash_of_key("o-17"), 15756796012490932594u); }

TEST_F(SubscriptionRows, AChangeOfNothingIsEmpty)
{
    EXPECT_TRUE(change().empty());
    subscription_change moved = change();
    moved.moves = true;
    EXPECT_FALSE(moved.empty());
    subscription_change ends = change();
    ends.ends.push_back(1);
    EXPECT_FALSE(ends.empty());
    subscription_change dies = change();
    dies.dies.push_back({});
    EXPECT_FALSE(dies.empty());
    subscription_change waits = change();
    waits.wait.push_back({});
    EXPECT_FALSE(waits.empty());
}

TEST_F(SubscriptionRows, TheStateIsReadAsItWasWritten)
{
    subscription_change made = change();
    made.moves = true;
    made.state = {.topic = "orders", .head = 12, .open = {3, 7, 11}, .generation = 4, .seen = 2};
    write(made);
    const subscription_state there = in_.state("mail").value();
    EXPECT_EQ(there.topic, "orders");
    EXPECT_EQ(there.head, 12u);
    EXPECT_EQ(there.open, (std::vector<event_number>{3, 7, 11}));
    EXPECT_EQ(there.generation, 4u);
}

TEST_F(SubscriptionRows, AChangeThatDoesNotMoveLeavesTheState)
{
    subscription_change made = change();
    made.state.head = 12;
    write(made);
    EXPECT_FALSE(in_.state("mail"));
}

TEST_F(SubscriptionRows, AnEventThatWaitsIsThereWithAllThatIsKnownOfIt)
{
    put_waiting(9, "k", soon);
    const waiting_event there = in_.waiting("mail", 9).value();
    EXPECT_EQ(there.what.number, 9u);
    EXPECT_EQ(there.what.id, "id-9");
    EXPECT_EQ(there.what.key, "k");
    EXPECT_EQ(there.what.data, make(9).data);
    EXPECT_EQ(there.failures, 2u);
    EXPECT_EQ(there.first_tried, 7);
    EXPECT_EQ(there.due, soon);
    EXPECT_TRUE(there.redelivered);
    EXPECT_EQ(there.code, "broken");
    EXPECT_EQ(there.text, "it is");
    EXPECT_EQ(counts(), "1 1 1 0 0 ");
    EXPECT_EQ(in_.faults("mail"), "");
}

TEST_F(SubscriptionRows, AnEventWithoutKeyBlocksNone)
{
    put_waiting(9, "", soon);
    EXPECT_EQ(counts(), "1 1 0 0 0 ");
}

TEST_F(SubscriptionRows, AnEventBehindAnotherIsNeverDue)
{
    put_waiting(9, "k", never_due);
    EXPECT_EQ(counts(), "1 0 1 0 0 ");
}

TEST_F(SubscriptionRows, AnEventThatIsToWaitLongerIsDueOnce)
{
    put_waiting(9, "k", soon);
    subscription_change made = change();
    made.wait.push_back(row(9, "k", 2 * soon));
    write(made);
    EXPECT_EQ(counts(), "1 1 1 0 0 ");
    EXPECT_EQ(in_.faults("mail"), "");
}

TEST_F(SubscriptionRows, OfAnEventThatEndsNoRowIsLeft)
{
    put_waiting(9, "k", soon);
    put_waiting(10, "k", never_due);
    put_waiting(11, "", soon);
    subscription_change made = change();
    made.ends = {9, 10, 11};
    write(made);
    EXPECT_EQ(counts(), "0 0 0 0 0 ");
}

TEST_F(SubscriptionRows, EventsOfOtherSubscriptionsStay)
{
    put_waiting(9, "k", soon);
    subscription_change made = change();
    made.name = "other";
    made.ends = {9};
    made.no_longer_taken = {{9, 0}};
    write(made);
    EXPECT_EQ(counts(), "1 1 1 0 0 ");
}

TEST_F(SubscriptionRows, WhatIsNoLongerTakenIsErased)
{
    in_.transact([](transaction& tx) {
        tx.put(taken_table(), {"mail", 9}, 0);
        tx.put(taken_table(), {"mail", 10}, 0);
    });
    subscription_change made = change();
    made.no_longer_taken = {{9, 0}};
    write(made);
    EXPECT_EQ(counts(), "0 0 0 0 1 ");
}

TEST_F(SubscriptionRows, ADeadLetterIsThereAndPublishedNowhereByItself)
{
    subscription_change made = change();
    made.dies.push_back({.what = make(9, "k"), .subscription = "mail", .attempts = 3, .first_tried = {}, .died = {}, .code = "c", .text = "t"});
    write(made);
    const dead_letter there = in_.dead("mail", 9).value();
    EXPECT_EQ(there.what.id, "id-9");
    EXPECT_EQ(there.attempts, 3u);
    EXPECT_EQ(in_.next(), 1u);
}

TEST_F(SubscriptionRows, ADeadLetterIsPublishedInTheSameTransaction)
{
    subscription_change made = change();
    made.dies.push_back({.what = make(9, "k"), .subscription = "mail", .attempts = 3, .first_tried = {}, .died = {}, .code = "c", .text = "t"});
    made.dead_letters_to = "dead";
    write(made);
    std::vector<event> told;
    in_.look([&](const table_reader& in) { in.events("dead", 0, [&](const event& one) { told.push_back(one); }); });
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].key, "k");
    EXPECT_EQ(told[0].subject, "mail");
    EXPECT_EQ(told[0].type, "everstep.dead_letter");
    EXPECT_EQ(told[0].as<dead_letter>().what.number, 9u);
    EXPECT_EQ(told[0].as<dead_letter>().code, "c");
}

/// Attributes are bytes, and so is what an exception says: a row of theirs must be written, or nothing is, for nobody, ever again.
TEST_F(SubscriptionRows, BytesThatAreNoUtf8AreKept)
{
    subscription_change waits = change();
    waits.wait.push_back(row(9, "k\xff", soon));
    EXPECT_NO_THROW(write(waits)) << "a key";
    subscription_change fails = change();
    fails.wait.push_back(row(10, "k", soon));
    fails.wait.back().text = "caf\xe9";
    EXPECT_NO_THROW(write(fails)) << "a text";
    subscription_change dies = change();
    dies.dies.push_back({.what = make(11), .subscription = "mail", .attempts = 1, .first_tried = {}, .died = {}, .code = "c", .text = "caf\xe9"});
    EXPECT_NO_THROW(write(dies)) << "the text of a dead letter";
}
}
}
