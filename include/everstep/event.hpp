#pragma once

// Events: what happened, told to whoever listens, now or later. A topic is a named stream of them.
//
//     shop.add_topic("orders.reserved");                                   // before open()
//     co_await ctx.publish("orders.reserved", o);                          // in a workflow: in the commit of its turn
//     shop.transact([&](transaction& tx) {                                  // state and event are one commit: no outbox, no relay
//         tx.put(stock, o.sku, left);
//         tx.publish("stock.changed", change, {.key = o.sku});
//     });
//     shop.read([&](const table_reader& in) { in.events("orders.reserved", from, [](const event& e) { … e.as<order>() … }); });
//
// Attributes are those of CloudEvents 1.0. Events have numbers over the whole journal, rising in the order of commits: once an event is
// seen, none with a lower number comes later. Events of one run, or of transactions that follow each other, have rising numbers.
//
// Threads: values. Crash: an event is there if and only if what published it is.
// Errors: engine_error: not_found (published to a topic that was not added; to read one is to find nothing), limit (an attribute over 255
// bytes, data over payload_bytes_max). In a workflow a topic that was not added parks the run (missing_code): add it and resume.

#include <everstep/codec.hpp>

#include <boost/describe.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace everstep::inline v0
{
/// Attributes of an event; what is empty has the default that is named. At most 255 bytes each.
struct publish_options
{
    std::string key{};         ///< events of one key are in order for every subscriber; empty: this one has no order
    std::string subject{};
    std::string type{};        ///< the topic's name
    std::string id{};          ///< random; in a workflow a token, the same after any crash
    std::string source{};      ///< "/engine"; in a workflow "/<workflow>/<run id>"
    std::string traceparent{}; ///< W3C trace context
};

/// Of a topic. An event goes when it is older, or when the newer ones are more, and every subscription that is made is through with it: what
/// failed and is tried again has a copy. The default keeps all of them for ever.
struct topic_options
{
    std::chrono::milliseconds keep{std::chrono::milliseconds::max()}; ///< by engine time
    std::uint64_t keep_bytes{0};                                      ///< of data and some 200 for each event; 0: any number
};

struct event
{
    using time_point = std::chrono::sys_time<std::chrono::microseconds>;

    std::uint64_t number{}; ///< where it stands in the journal; from 1
    std::string topic;
    std::string id;         ///< of this event alone, with its source
    std::string source;
    std::string type;
    std::string subject;
    std::string key;
    std::string traceparent;
    time_point time{};      ///< engine time when it was published
    std::string data;       ///< JSON, as codec.hpp encodes it

    /// By the names of members, whatever type was published: those that are missing are as they were made, others are passed over. Throws
    /// codec_error.
    template <class Value>
    Value as() const
    {
        return decode<Value>(data);
    }
};
BOOST_DESCRIBE_STRUCT(event, (), (number, topic, id, source, type, subject, key, traceparent, time, data))
}
