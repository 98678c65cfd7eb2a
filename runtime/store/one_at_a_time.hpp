#pragma once

#include "base/assert.hpp"

#include <atomic>

namespace everstep::store
{
/// Two commits at once would mix two turns into one transaction: the process stops before that is written.
class one_at_a_time
{
public:
    explicit one_at_a_time(std::atomic_flag& committing) : committing_(committing)
    {
        EVERSTEP_ASSERT(!committing_.test_and_set(std::memory_order_acquire));
    }
    ~one_at_a_time() { committing_.clear(std::memory_order_release); }
    one_at_a_time(const one_at_a_time&) = delete;
    one_at_a_time& operator=(const one_at_a_time&) = delete;

private:
    std::atomic_flag& committing_;
};
}
