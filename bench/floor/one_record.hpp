#pragma once

#include "floor/run_writer.hpp"
#include "floor/script.hpp"

#include <cstddef>

namespace everstep::bench
{
/// Commits of one record each, a recorded step of the shape: what a disk and LMDB need at least to make one thing durable.
script one_record_commits(const run_shape& shape, std::size_t commits);
}
