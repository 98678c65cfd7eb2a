#pragma once

// Runs that sleep in the middle of their work: two steps, a sleep, three steps.

#include "support/checkout.hpp"

#include <everstep/engine.hpp>

#include <chrono>
#include <cstdint>

namespace everstep::bench::peers
{
inline constexpr const char* nap_name = "nap";
inline constexpr std::uint32_t steps_before_nap = 2;

/// How long the runs sleep; a service, because all orders have the same bytes.
struct nap_length
{
    std::chrono::duration<double> value;
};

workflow<receipt> nap_between_steps(context& ctx, order o);

/// Starts so many runs from several callers at once, each in its own slot, and returns when all starts are durable. Throws
/// engine_error.
void start_naps(engine& shop, std::uint64_t ids, std::size_t runs);
}
