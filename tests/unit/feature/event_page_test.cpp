#include "feature/event_page.hpp"

#include "stored_events.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace everstep::core
{
namespace
{
class EventPage : public ::testing::Test
{
protected:
    page_pointer read(event_number from, event_number until, std::string_view topic = "orders")
    {
        page_pointer page;
        in_.store.read([&](const store::snapshot& now) { page = read_events(now, topic, from, until); });
        return page;
    }
    std::string numbers(const page_pointer& page)
    {
        std::string all;
        for (const event& one : page->events)
            all += std::to_string(one.number) + " ";
        return all;
    }

    stored_events in_;
};

TEST_F(EventPage, AllThatIsThereIsOnOnePage)
{
    in_.publish_many(3);
    const page_pointer page = read(1, 4);
    EXPECT_EQ(numbers(page), "1 2 3 ");
    EXPECT_EQ(page->from, 1u);
    EXPECT_EQ(page->next, 4u);
    EXPECT_TRUE(page->is_last);
}

TEST_F(EventPage, ItBeginsWhereItIsAskedTo)
{
    in_.publish_many(5);
    const page_pointer page = read(3, 6);
    EXPECT_EQ(numbers(page), "3 4 5 ");
    EXPECT_EQ(page->from, 3u);
}

TEST_F(EventPage, WhatIsNotDurableForItsReaderIsNotOnIt)
{
    in_.publish_many(5);
    const page_pointer page = read(1, 4);
    EXPECT_EQ(numbers(page), "1 2 3 ");
    EXPECT_EQ(page->next, 4u);
    EXPECT_TRUE(page->is_last);
}

TEST_F(EventPage, EventsOfOtherTopicsAreNotOnIt)
{
    in_.publish();
    in_.publish({}, "1", "dead");
    in_.publish();
    const page_pointer page = read(1, 4);
    EXPECT_EQ(numbers(page), "1 3 ");
    EXPECT_EQ(page->next, 4u);
}

TEST_F(EventPage, APageOfNothingSaysThatAllWasLookedAt)
{
    const page_pointer page = read(1, 9, "nobody's");
    EXPECT_EQ(numbers(page), "");
    EXPECT_EQ(page->next, 9u);
    EXPECT_TRUE(page->is_last);
}

TEST_F(EventPage, AnEventHasAllThatWasPublished)
{
    in_.publish({.key = "k", .subject = "s", .type = "t", .id = "i"}, "{\"a\":1}");
    const page_pointer page = read(1, 2);
    const event& one = page->events.at(0);
    EXPECT_EQ(one.topic, "orders");
    EXPECT_EQ(one.key, "k");
    EXPECT_EQ(one.subject, "s");
    EXPECT_EQ(one.type, "t");
    EXPECT_EQ(one.id, "i");
    EXPECT_EQ(one.data, "{\"a\":1}");
}

TEST_F(EventPage, ManyEventsAreOnSeveralPagesAndNoneIsLeftOut)
{
    const std::size_t count = 2 * page_events_max + 1;
    in_.publish_many(count);
    event_number next = 1;
    for (const std::size_t wanted : {page_events_max, page_events_max, std::size_t{1}})
    {
        const page_pointer page = read(next, in_.next());
        ASSERT_EQ(page->events.size(), wanted);
        EXPECT_EQ(page->events.front().number, next);
        EXPECT_EQ(page->next, page->events.back().number + 1);
        EXPECT_EQ(page->is_last, wanted == 1);
        next = page->next;
    }
    EXPECT_EQ(next, in_.next());
}

TEST_F(EventPage, AFullPageWithNothingBehindItIsTheLast)
{
    in_.publish_many(page_events_max);
    const page_pointer page = read(1, in_.next());
    EXPECT_EQ(page->events.size(), page_events_max);
    EXPECT_TRUE(page->is_last);
    EXPECT_EQ(page->next, in_.next());
}

TEST_F(EventPage, LargeEventsFillAPageSooner)
{
    const std::string large(page_event_bytes_max / 4, 'x');
    in_.publish_many(9, {}, large);
    const page_pointer page = read(1, in_.next());
    EXPECT_EQ(numbers(page), "1 2 3 4 ");
    EXPECT_EQ(page->next, 5u);
    EXPECT_FALSE(page->is_last);
}

TEST_F(EventPage, AnEventLargerThanAPageIsOnOneAlone)
{
    in_.publish_many(2, {}, std::string(page_event_bytes_max + 1, 'x'));
    const page_pointer page = read(1, in_.next());
    EXPECT_EQ(numbers(page), "1 ");
    EXPECT_EQ(page->next, 2u);
}

TEST_F(EventPage, ADamagedEventIsCalledSo)
{
    store::batch made;
    made.put_event("orders", "no event");
    event_number next = 1;
    made.number_events(next);
    const std::array<const store::batch*, 1> parts{&made};
    in_.store.commit(parts);
    try
    {
        read(1, 2);
        ADD_FAILURE() << "it was read";
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.why(), errc::damaged);
    }
}
}
}
