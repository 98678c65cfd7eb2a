#pragma once

// An order from the payment to the customer's door, as one durable workflow.

#include <everstep/workflow.hpp>

#include <boost/describe.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace shop
{
enum class order_status
{
    delivered,
    shipped,
    invoiced,
    processing,
    unavailable,
    canceled
};
BOOST_DESCRIBE_ENUM(order_status, delivered, shipped, invoiced, processing, unavailable, canceled)

struct order
{
    std::string id;
    std::string customer;
    order_status status{};                ///< how it ended in real life; here the outside world acts accordingly
    std::chrono::sys_seconds purchased_at;
    std::optional<std::chrono::sys_seconds> paid_at, handed_to_carrier_at, delivered_at;
    std::chrono::milliseconds day{24 * 3'600'000}; ///< how long a day of this order lasts: the demonstration has short ones
};
BOOST_DESCRIBE_STRUCT(order, (), (id, customer, status, purchased_at, paid_at, handed_to_carrier_at, delivered_at, day))

struct receipt
{
    std::string order_id;
    std::string payment;
};
BOOST_DESCRIBE_STRUCT(receipt, (), (order_id, payment))

struct reservation
{
    std::string order_id;
    std::string shelf;
};
BOOST_DESCRIBE_STRUCT(reservation, (), (order_id, shelf))

struct shipment
{
    std::string order_id;
    std::string tracking;
};
BOOST_DESCRIBE_STRUCT(shipment, (), (order_id, tracking))

/// Replies with the receipt as soon as the payment is durable, and goes on; results in the shipment that reached the customer.
everstep::workflow<shipment, receipt> checkout(everstep::context& ctx, order o);
}
