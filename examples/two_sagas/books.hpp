#pragma once

// Orders, and the books of the three services that work on them: tables of one journal. Each way of selling has its own books, which begin
// alike, so that they can be compared row by row.

#include <everstep/table.hpp>

#include <boost/describe.hpp>

#include <string>
#include <utility>
#include <vector>

namespace two_sagas
{
using page = std::pair<std::string, std::string>; // whose books, and of what: an order, a customer, goods

struct order
{
    std::string books; ///< which way it is sold
    std::string id;
    std::string customer;
    std::string sku;
    int quantity{};
    int cents{};
    std::string to;

    two_sagas::page page() const { return {books, id}; }
};
BOOST_DESCRIBE_STRUCT(order, (), (books, id, customer, sku, quantity, cents, to))

struct payment
{
    std::string customer;
    int cents{};
    bool refunded{};
};
BOOST_DESCRIBE_STRUCT(payment, (), (customer, cents, refunded))

struct reservation
{
    std::string sku;
    int quantity{};
    bool given_back{};
};
BOOST_DESCRIBE_STRUCT(reservation, (), (sku, quantity, given_back))

inline const everstep::table<page, int> accounts{"accounts"};                 // the bank's
inline const everstep::table<page, payment> payments{"payments"};             // the bank's
inline const everstep::table<page, int> stock{"stock"};                       // the warehouse's
inline const everstep::table<page, reservation> reservations{"reservations"}; // the warehouse's
inline const everstep::table<page, std::string> parcels{"parcels"};           // the carrier's

/// What was done to an order, in its order. Nobody but the audit reads it.
inline const everstep::table<page, std::vector<std::string>> deeds{"deeds"};
}
