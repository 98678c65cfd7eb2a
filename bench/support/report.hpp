#pragma once

// The report of a whole run: one Markdown document with machine, table and plots, and beside it what the plots show, as text.

#include "support/figure.hpp"

#include <span>
#include <string>

namespace everstep::bench
{
/// Writes report.md and a .tsv for each plot that has points; bench/plots/draw makes pictures of those. `machine` is what
/// print_machine says, `command` what was called. Throws std::runtime_error where a file cannot be written.
void write_report(const std::string& directory, std::span<const outcome> all, const std::string& machine,
                  const std::string& command);
}
