#pragma once

// An open loop: runs arrive at a rate, whether the engine keeps up or not.
//
// Threads: all calls from the thread that made it, which does the starting. Lifetime: the engine outlives it; wait_for_all before the end.

#include "support/client.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace everstep::bench
{
class arrivals
{
public:
    /// Runs that follow each other have different slots, up to so many.
    static constexpr std::size_t slots = 8'192;

    /// `ids` makes the run ids new ones.
    arrivals(engine& to, workload function, std::uint64_t ids);

    /// Starts runs for so long, a few each millisecond.
    void come(double runs_a_second, clock::duration lasts);
    /// Until all that came have ended. Throws std::runtime_error where one did not end well.
    void wait_for_all();

private:
    class ended;

    calls calls_;
    std::vector<order> orders_;
    std::uint64_t ids_;
    std::uint64_t begun_{};
    std::atomic<std::uint64_t> ended_{};
    std::atomic<std::uint64_t> failed_{};
};
}
