#pragma once

#include <everstep/engine_options.hpp>

#include <functional>
#include <string>

namespace shop
{
/// Appends what the engine says to `file`, a line each: the terminal is for the customers.
std::function<void(const everstep::log_line&)> log_to(const std::string& file);
}
