// Rows and events in a batch.

#include "journal/event.hpp"
#include "store/store.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace everstep::store;
namespace journal = everstep::journal;

namespace
{
std::vector<std::string> names(const batch& of)
{
    std::vector<std::string> all;
    for (const batch::row_write& one : of.rows())
        all.emplace_back(of.key_of(one));
    return all;
}

TEST(BatchRows, AreKeptInOrderWithTheirValues)
{
    batch made;
    made.put_row("a", "one");
    made.erase_row("b");
    made.put(table::history, {1, 2}, "record");
    made.put_row("a", "");
    EXPECT_EQ(names(made), (std::vector<std::string>{"a", "b", "a"}));
    EXPECT_EQ(made.value_of(made.rows()[0]), "one");
    EXPECT_EQ(made.rows()[1].size, batch::erase_mark);
    EXPECT_EQ(made.value_of(made.rows()[2]), "");
    EXPECT_EQ(made.count(), 4u);
    EXPECT_FALSE(made.empty());
}

TEST(BatchRows, AreTakenBackWithTheRest)
{
    batch made;
    made.put_row("a", "one");
    const batch::mark before = made.here();
    made.put_row("b", "two");
    made.put_event("orders", "three");
    made.truncate(before);
    EXPECT_EQ(names(made), std::vector<std::string>{"a"});
    journal::event_number next = 7;
    made.number_events(next);
    EXPECT_EQ(next, 7u);
}

TEST(BatchRows, StayReadableWhenAppended)
{
    batch made, later;
    made.put_row("a", "one");
    later.put_row("b", "two");
    later.erase_row("c");
    made.append(later);
    EXPECT_EQ(names(made), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(made.value_of(made.rows()[1]), "two");
    EXPECT_EQ(made.rows()[2].size, batch::erase_mark);
}

/// The numbers of the events, as their rows say, each with the value that is read back.
std::string numbered(const batch& of)
{
    journal::row_reader reader;
    std::string text;
    for (const batch::row_write& one : of.rows())
        if (reader.take(of.key_of(one), of.value_of(one)) == journal::row_reader::progress::whole)
            text += std::to_string(journal::number_of(reader.name())) + "=" + std::to_string(reader.value().size()) + " ";
    return reader.fault().empty() ? text : reader.fault();
}

TEST(BatchRows, EventsGetTheirNumbersInOrderAndStayWhole)
{
    batch made, later;
    made.put_event("orders", std::string(10, 'x'));
    made.put_event("stock", std::string(5'000, 'x'));
    later.put_event("orders", std::string(3'000, 'x'));
    made.append(later);
    journal::event_number next = 41;
    made.number_events(next);
    EXPECT_EQ(numbered(made), "41=10 42=5000 43=3000 ");
    EXPECT_EQ(next, 44u);
    next = 50;
    made.number_events(next); // a commit that is tried again
    EXPECT_EQ(numbered(made), "50=10 51=5000 52=3000 ");
}

TEST(BatchRows, AClearedBatchHasNoEvents)
{
    batch made;
    made.put_event("orders", "x");
    made.clear();
    journal::event_number next = 1;
    made.number_events(next);
    EXPECT_EQ(next, 1u);
    EXPECT_TRUE(made.empty());
}

TEST(BatchRowsDeathTest, RefuseANameThatIsTooLong)
{
    batch made;
    EXPECT_DEATH(made.put_row(std::string(journal::row_key_bytes_max + 1, 'x'), ""), "row_key_bytes_max");
}
}
