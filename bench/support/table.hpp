#pragma once

// The figures as measured, for people and for programs.

#include "support/figure.hpp"

#include <iosfwd>
#include <span>

namespace everstep::bench
{
void print_table(std::ostream& to, std::span<const outcome> all);
void write_json(std::ostream& to, std::span<const outcome> all);
}
