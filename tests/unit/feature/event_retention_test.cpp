#include "feature/event_retention.hpp"

#include "engine/manual_time.hpp"
#include "engine/open_transaction.hpp"
#include "store/memory_store.hpp"

#include <everstep/services.hpp>
#include <everstep/transaction.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <limits>
#include <set>
#include <string>

namespace everstep::core
{
namespace
{
using namespace std::chrono_literals;

constexpr base::time_us minute = 60'000'000;

class EventRetention : public ::testing::Test
{
protected:
    /// One event a minute from now on.
    void publish(int count, std::size_t bytes = 10, const std::string& topic = "orders")
    {
        for (int n = 0; n < count; ++n)
        {
            open_transaction opened({store_, overlay_, known_, topics_, 10'000, 100'000, time_});
            transaction tx(opened, services_);
            tx.publish(topic, std::string(bytes, 'x'), {.id = std::to_string(next_)});
            store::batch made;
            opened.write_to(made);
            made.number_events(next_);
            commit(made);
            time_.advance_to(time_.now() + minute);
        }
    }
    void commit(const store::batch& made)
    {
        const std::array<const store::batch*, 1> parts{&made};
        store_.commit(parts);
    }
    /// As the deliverer does, until there is nothing to do.
    void look(event_retention& by, event_number held = std::numeric_limits<event_number>::max())
    {
        const auto first_held = [held](std::string_view) { return held; };
        for (int n = 0; by.wants_to_look(first_held, next_, time_.now()); ++n)
        {
            ASSERT_LT(n, 100) << "it comes to no end";
            store::batch erases;
            store_.read([&](const store::snapshot& now) { by.look(now, first_held, next_, time_.now(), erases); });
            commit(erases);
        }
    }
    /// Ids of what is left.
    std::string left(const std::string& topic = "orders")
    {
        std::string all;
        store_.read([&](const store::snapshot& now) {
            const page_pointer page = read_events(now, topic, 1, next_);
            for (const event& one : page->events)
                all += one.id + " ";
        });
        return all;
    }
    static event_retention keeping(const topic_options& kept)
    {
        event_retention made;
        made.add("orders", kept);
        return made;
    }
    base::time_us due(const event_retention& of)
    {
        return of.next_due([](std::string_view) { return std::numeric_limits<event_number>::max(); });
    }

    store::memory_store store_;
    row_overlay overlay_;
    known_tables known_;
    std::set<std::string, std::less<>> topics_{"orders", "others"};
    manual_time time_{1'000'000'000};
    services services_;
    event_number next_{1};
};

TEST_F(EventRetention, WhatIsOlderThanItIsKeptGoes)
{
    publish(5); // the last one a minute ago
    auto old = keeping({.keep = 3min});
    look(old);
    EXPECT_EQ(left(), "4 5 ");
    EXPECT_EQ(old.deleted(), 3u);
}

TEST_F(EventRetention, TheNextOneGoesWhenItsTimeHasCome)
{
    publish(2);
    auto old = keeping({.keep = 10min});
    look(old);
    ASSERT_EQ(left(), "1 2 ");
    time_.advance_to(due(old) - 1);
    look(old);
    EXPECT_EQ(left(), "1 2 ");
    time_.advance_to(due(old));
    look(old);
    EXPECT_EQ(left(), "2 ");
}

TEST_F(EventRetention, WhatASubscriptionIsNotThroughWithStays)
{
    publish(5);
    auto old = keeping({.keep = 0ms});
    look(old, 3);
    EXPECT_EQ(left(), "3 4 5 ");
    look(old, 5);
    EXPECT_EQ(left(), "5 ");
}

TEST_F(EventRetention, WhatIsMoreThanItsBytesGoesFromTheOldestOn)
{
    publish(10, 1'000); // some 1,200 each
    auto much = keeping({.keep_bytes = 4'000});
    look(much);
    EXPECT_EQ(left(), "8 9 10 ");
}

TEST_F(EventRetention, EventsThatComeLaterAreCountedToo)
{
    publish(3, 1'000);
    auto much = keeping({.keep_bytes = 4'000});
    look(much);
    ASSERT_EQ(left(), "1 2 3 ");
    publish(2, 1'000);
    look(much);
    EXPECT_EQ(left(), "3 4 5 ");
}

TEST_F(EventRetention, OtherTopicsAreLeftAlone)
{
    publish(2);
    publish(2, 10, "others");
    auto old = keeping({.keep = 0ms});
    look(old);
    EXPECT_EQ(left(), "");
    EXPECT_EQ(left("others"), "3 4 ");
}

TEST_F(EventRetention, AnEventOfManyRecordsGoesWhole)
{
    publish(1, 9'000);
    auto old = keeping({.keep = 0ms});
    look(old);
    std::size_t rows = 0;
    store_.read([&](const store::snapshot& now) { now.scan_rows("", [&](std::string_view, std::string_view) { return ++rows, true; }); });
    EXPECT_EQ(rows, 0u);
}

TEST_F(EventRetention, MoreThanAPageGoesPageByPage)
{
    publish(static_cast<int>(page_events_max) + 20);
    auto old = keeping({.keep = 0ms});
    look(old);
    EXPECT_EQ(left(), "");
    EXPECT_EQ(old.deleted(), page_events_max + 20);
}

TEST_F(EventRetention, WhatIsKeptForEverIsNotLookedAt)
{
    event_retention none;
    none.add("orders", {});
    EXPECT_TRUE(none.empty());
}

TEST_F(EventRetention, WhatIsHeldMakesNobodyLookAgainAndAgain)
{
    publish(3);
    auto old = keeping({.keep = 0ms});
    look(old, 2);
    EXPECT_FALSE(old.wants_to_look([](std::string_view) { return event_number{2}; }, next_, time_.now()));
}
}
}
