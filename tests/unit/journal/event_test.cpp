#include "journal/event.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace everstep::journal
{
namespace
{
const event sample{.at = 1'700'000'000'250'000, .topic = "orders", .id = "e-1", .source = "/checkout/A-1", .type = "orders.reserved",
                   .subject = "A-1", .key = "shoe", .traceparent = "00-1-2-00", .data = "{\"sku\":\"shoe\"}"};

std::string bytes_of(const event& e)
{
    std::string bytes;
    encode(e, bytes);
    return bytes;
}

TEST(Event, IsReadBackEqual)
{
    const std::string bytes = bytes_of(sample);
    event read;
    ASSERT_TRUE(decode(bytes, read));
    EXPECT_EQ(read.at, sample.at);
    EXPECT_EQ(read.topic, sample.topic);
    EXPECT_EQ(read.id, sample.id);
    EXPECT_EQ(read.source, sample.source);
    EXPECT_EQ(read.type, sample.type);
    EXPECT_EQ(read.subject, sample.subject);
    EXPECT_EQ(read.key, sample.key);
    EXPECT_EQ(read.traceparent, sample.traceparent);
    EXPECT_EQ(read.data, sample.data);
}

TEST(Event, CutBytesAreRefused)
{
    const std::string bytes = bytes_of(sample);
    event read;
    for (std::size_t size = 0; size < bytes.size() - sample.data.size(); ++size)
        EXPECT_FALSE(decode(std::string_view(bytes).substr(0, size), read)) << size;
}

TEST(Event, NamesLieByTopicAndThenByNumber)
{
    EXPECT_EQ(event_name("orders", 7).size(), event_name_bytes);
    EXPECT_EQ(number_of(event_name("orders", 7'000'000'000)), 7'000'000'000u);
    EXPECT_LT(event_name("orders", 255), event_name("orders", 256));
    EXPECT_TRUE(event_name("orders", 7).starts_with(topic_prefix("orders")));
    EXPECT_NE(topic_prefix("orders"), topic_prefix("order"));
    EXPECT_EQ(topic_prefix("orders").substr(0, 8), topic_prefix("order").substr(0, 8));
}

/// Its records as made with one number and renumbered to another are those made with the other.
TEST(Event, ARenumberedEventIsWhatItWouldHaveBeen)
{
    for (const std::size_t size : {0u, 100u, 5'000u})
    {
        const std::string value(size, 'x');
        using records = std::vector<std::pair<std::string, std::string>>;
        const auto made = [&](event_number number) {
            records all;
            append_row(event_name("orders", number), value, [&](std::string_view key, std::string_view record) { all.emplace_back(key, record); });
            return all;
        };
        records changed = made(0);
        std::uint64_t previous = 0;
        for (auto& [key, record] : changed)
            number_record(12'345, key, record, previous);
        EXPECT_EQ(changed, made(12'345)) << size;
    }
}
}
}
