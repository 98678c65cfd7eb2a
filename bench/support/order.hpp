#pragma once

// What the workload works on: an order of 200 bytes of JSON, and receipts of 100.

#include <everstep/codec.hpp>

#include <boost/describe.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace everstep::bench
{
struct order
{
    std::string customer;
    std::string sku;
    std::int32_t quantity{};
    std::int64_t cents{};
    std::uint32_t slot{}; ///< which of the runs in flight it is
    std::string address;
};
BOOST_DESCRIBE_STRUCT(order, (), (customer, sku, quantity, cents, slot, address))

struct receipt
{
    std::string payment;
    std::int64_t cents{};
    std::string note;
};
BOOST_DESCRIBE_STRUCT(receipt, (), (payment, cents, note))

inline constexpr std::size_t order_bytes = 200;
inline constexpr std::size_t receipt_bytes = 100;

/// Slots are numbers of seven digits in the order, so that all orders have the same length.
inline constexpr std::uint32_t first_slot = 1'000'000;

/// Lengthens `member` until the whole is encoded in `bytes` bytes.
template <class Value>
void pad(Value& whole, std::string& member, std::size_t bytes)
{
    const std::size_t size = encode(whole).size();
    if (size > bytes)
        throw std::logic_error("the workload's values are longer than they should be");
    member.append(bytes - size, 'x');
}

inline order make_order(std::uint32_t slot)
{
    order made{"customer-20481", "SKU-77-1204", 2, 125'990, first_slot + slot, "12 Harbour Lane, Rotterdam "};
    pad(made, made.address, order_bytes);
    return made;
}

inline receipt make_receipt()
{
    receipt made{"pay-5f2d9c1e88", 125'990, "approved "};
    pad(made, made.note, receipt_bytes);
    return made;
}
}
