#pragma once

// What one thread has to write, and what waits for it to be durable: one lane for what somebody waits for, one for the rest. In
// each, submissions are numbered from 1 in their order.

#include "engine/committer.hpp"
#include "engine/outputs.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <deque>

namespace everstep::core
{
template <class Output>
struct lane_of
{
    explicit lane_of(urgency of) : how(of) {}

    urgency how;
    store::batch out{};
    submission gathering{1}; ///< the one that `out` will be
    submission durable{};    ///< the last one at or below the watermark
    std::deque<position> in_flight{}; ///< of submissions durable + 1, …
    held_outputs<Output> held{};

    void submit(committer& to, bool here)
    {
        if (!out.empty())
        {
            in_flight.push_back(here ? to.commit_here(out, how) : to.submit(out, how));
            ++gathering;
        }
        held.submitted(gathering - 1);
    }

    void move_watermark(const committer& by)
    {
        const position through = by.durable_through(how);
        for (; !in_flight.empty() && in_flight.front() <= through; in_flight.pop_front())
            ++durable;
    }

    /// Something of it is yet to be durable.
    bool is_pending() const noexcept { return !out.empty() || !in_flight.empty(); }
};

using lane = lane_of<output>;
}
