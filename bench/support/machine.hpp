#pragma once

#include "support/settings.hpp"

#include <iosfwd>
#include <string>

namespace everstep::bench
{
/// Median of 4 KiB written over and synced, in microseconds; 0 where that failed.
double sync_microseconds(const std::string& directory);

/// Prints what the figures depend on: processor, memory, kernel, the disk under the directory with the time of one fdatasync,
/// how commits are synced, and versions.
void print_machine(std::ostream& to, const settings& chosen);
}
