#pragma once

// What one shard has to write, and what waits for it to be durable: one lane for turns that somebody waits for, one for the rest. In
// each, submissions are numbered from 1 in their order.

#include "engine/committer.hpp"
#include "engine/outputs.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <deque>

namespace everstep::core
{
struct lane
{
    explicit lane(urgency of) : how(of) {}

    urgency how;
    store::batch out{};
    submission gathering{1}; ///< the one that `out` will be
    submission durable{};    ///< the last one at or below the watermark
    std::deque<position> in_flight{}; ///< of submissions durable + 1, …
    outputs held{};

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
};
}
