#pragma once

#include "checkout.hpp"
#include "figures.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace shop
{
/// The checkout as one would write it without everstep: the customer waits while bank, warehouse, carrier and notices are called one
/// after the other, and nothing survives a crash. Measures it on at most 200 paid orders, spread over the list; books in `file`.
spread measure_synchronous(const std::vector<order>& orders, const std::string& file, std::chrono::milliseconds service);
}
