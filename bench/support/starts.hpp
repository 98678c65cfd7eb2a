#pragma once

#include "support/checkout.hpp"

#include <everstep/engine.hpp>

#include <cstddef>
#include <cstdint>

namespace everstep::bench
{
/// Starts `count` runs with the ids of random_run_id, from `first` on, and returns when all are acknowledged. Throws
/// std::runtime_error where one is refused.
void start_runs(engine& to, workload function, const order& input, std::uint64_t first, std::size_t count);
}
