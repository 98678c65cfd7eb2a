#pragma once

#include "floor/run_writer.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace everstep::bench
{
/// Makes a journal of many runs of one shape, each as its turns leave it, numbered from 1 and with the ids of random_run_id. In commits
/// of some thousand records, in the order of their keys: that is fast, and the journal is what an engine finds, not how it wrote.
void write_runs(const std::string& directory, const run_shape& shape, std::size_t runs);

/// As above, with runs of several shapes: that of a run follows from its number.
using shape_of_run = std::function<const run_shape&(std::size_t number)>;
void write_runs(const std::string& directory, const shape_of_run& shape_of, std::size_t runs);
}
