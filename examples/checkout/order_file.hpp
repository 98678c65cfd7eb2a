#pragma once

// Reads a file of orders: comma separated, with a heading that names the columns in any order. A row that cannot be an order is
// skipped and named by its line; only a file that cannot be one of orders is refused.

#include "checkout.hpp"

#include <chrono>
#include <cstddef>
#include <istream>
#include <stdexcept>
#include <string>
#include <vector>

namespace shop
{
/// What the user gave cannot be used: one line that says what and why.
struct bad_input : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

struct skipped_row
{
    std::size_t line{};
    std::string why;
};

struct order_list
{
    std::vector<order> orders;
    std::vector<skipped_row> skipped;
};

/// Throws bad_input: no such file, not readable, empty, a column missing. `day` goes into every order.
order_list read_orders(const std::string& file, std::chrono::milliseconds day);
order_list read_orders(std::istream& in, const std::string& name, std::chrono::milliseconds day);
}
