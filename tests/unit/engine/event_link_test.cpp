#include <everstep/detail/event_draft.hpp>

#include "engine/stored_rows.hpp"
#include "journal/event.hpp"
#include "store/memory_store.hpp"

#include <everstep/error.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

namespace everstep::core
{
namespace
{
class EventLink : public ::testing::Test
{
protected:
    /// An event of `topic` with the next number, in a commit of its own.
    void publish(const std::string& topic, const std::string& data, const std::string& written_topic = {})
    {
        std::string value;
        const std::string& inside = written_topic.empty() ? topic : written_topic;
        journal::encode({.at = 5'000, .topic = inside, .id = "id", .source = "/s", .type = inside, .subject = "sub", .key = "k",
                         .traceparent = "t", .data = data},
                        value);
        store::batch made;
        made.put_event(topic, value);
        made.number_events(next_);
        commit(made);
    }
    void commit(const store::batch& made)
    {
        const std::array<const store::batch*, 1> parts{&made};
        store_.commit(parts);
    }
    std::vector<event> events(const std::string& topic, std::uint64_t from, std::size_t most = 1'000'000)
    {
        std::vector<event> found;
        store_.read([&](const store::snapshot& now) {
            snapshot_rows rows(now);
            detail::visit_events(rows, topic, from, [&](const event& one) {
                found.push_back(one);
                return found.size() < most;
            });
        });
        return found;
    }

    store::memory_store store_;
    journal::event_number next_{1};
};

TEST_F(EventLink, EventsOfATopicComeInTheOrderOfTheirNumbers)
{
    for (int n = 0; n < 200; ++n)
        publish(n % 2 == 0 ? "even" : "odd", std::to_string(n));
    const auto even = events("even", 0);
    ASSERT_EQ(even.size(), 100u);
    for (std::size_t n = 0; n < even.size(); ++n)
    {
        EXPECT_EQ(even[n].number, 2 * n + 1);
        EXPECT_EQ(even[n].as<int>(), static_cast<int>(2 * n));
    }
}

TEST_F(EventLink, ReadingBeginsAtANumberAndEndsWhenTheVisitorSaysSo)
{
    for (int n = 0; n < 10; ++n)
        publish("orders", std::to_string(n));
    EXPECT_EQ(events("orders", 4).front().number, 4u);
    EXPECT_EQ(events("orders", 4, 3).size(), 3u);
    EXPECT_TRUE(events("orders", 11).empty());
    EXPECT_TRUE(events("nobody", 0).empty());
}

TEST_F(EventLink, AnEventHasAllThatItWasGiven)
{
    publish("orders", std::string("\"") + std::string(5'000, 'x') + "\"");
    const event one = events("orders", 0).at(0);
    EXPECT_EQ(one.topic, "orders");
    EXPECT_EQ(one.id, "id");
    EXPECT_EQ(one.source, "/s");
    EXPECT_EQ(one.type, "orders");
    EXPECT_EQ(one.subject, "sub");
    EXPECT_EQ(one.key, "k");
    EXPECT_EQ(one.traceparent, "t");
    EXPECT_EQ(one.time, event::time_point(std::chrono::milliseconds(5)));
    EXPECT_EQ(one.as<std::string>(), std::string(5'000, 'x'));
}

TEST_F(EventLink, AnEventOfATopicWithTheSameHashIsPassedOver)
{
    publish("orders", "1");
    publish("orders", "2", "a topic whose name has the same hash");
    publish("orders", "3");
    EXPECT_EQ(events("orders", 0).size(), 2u);
}

TEST_F(EventLink, ADamagedEventIsCalledSo)
{
    store::batch made;
    made.put_event("orders", "no event");
    made.number_events(next_);
    commit(made);
    try
    {
        events("orders", 0);
        ADD_FAILURE() << "it was read";
    }
    catch (const engine_error& e)
    {
        EXPECT_EQ(e.why(), errc::damaged);
        EXPECT_EQ(e.text(), "event 1 cannot be read: restore a backup");
    }
}

TEST_F(EventLink, AttributesHaveAtMost255Bytes)
{
    publish_options fits{.key = std::string(255, 'k'), .subject = std::string(255, 's'), .type = std::string(255, 't'),
                         .id = std::string(255, 'i'), .source = std::string(255, 's'), .traceparent = std::string(255, 't')};
    EXPECT_NO_THROW(detail::check_attributes(fits));
    for (std::string publish_options::*one : {&publish_options::key, &publish_options::subject, &publish_options::type, &publish_options::id,
                                              &publish_options::source, &publish_options::traceparent})
    {
        publish_options bad = fits;
        (bad.*one).push_back('x');
        EXPECT_THROW(detail::check_attributes(bad), engine_error);
    }
}
}
}
