#pragma once

// The service that the workload's steps call. It does no work; it only notes when the body of each step began, for the runs
// that are sampled.

#include "support/latencies.hpp"
#include "support/order.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace everstep::bench
{
class desk
{
public:
    /// `step_latency` outlives the desk. About `sampled_max` of the slots are sampled.
    desk(std::size_t slots, latencies& step_latency)
        : receipt_(make_receipt()), began_(slots), stride_(slots / sampled_max + 1), step_latency_(&step_latency)
    {
    }

    /// The body of step number `step` of the run in a slot. From the begin of one body to the begin of the next lies one whole
    /// step: body, encoding, turn, commit, delivery, dispatch; the next may not begin before the one is durable.
    receipt serve(std::uint32_t slot, std::uint32_t step)
    {
        const std::size_t index = slot - first_slot;
        if (index % stride_ == 0)
        {
            const clock::time_point now = clock::now();
            if (step != 0)
                step_latency_->add(now - began_[index]);
            began_[index] = now;
        }
        return receipt_;
    }

private:
    static constexpr std::size_t sampled_max = 500;

    receipt receipt_;
    std::vector<clock::time_point> began_; ///< of a slot's last body; runs of a slot follow each other
    std::size_t stride_;
    latencies* step_latency_;
};
}
