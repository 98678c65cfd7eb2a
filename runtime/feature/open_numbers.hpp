#pragma once

// Which events of a topic a subscription is through with: all below the head, but for those that are open: read, and on their way to the
// handler. Pure.

#include "journal/event.hpp"

#include <cstddef>
#include <deque>
#include <vector>

namespace everstep::core
{
using journal::event_number;

class open_numbers
{
public:
    explicit open_numbers(event_number head = 1) : head_(head) {}

    /// Of the next event to be read.
    event_number head() const noexcept { return head_; }
    std::size_t count() const noexcept { return open_count_; }
    /// All below it are settled.
    event_number first() const noexcept { return slots_.empty() ? head_ : slots_.front().number; }
    /// In rising order.
    std::vector<event_number> list() const;

    /// Read, and on its way. Each number is above the last one; after a crash those that were open come first, and may lie below the head.
    void admit(event_number number);
    /// Read up to here, and nothing wanted.
    void pass(event_number next) noexcept
    {
        if (next > head_)
            head_ = next;
    }
    /// Without effect where it is not open: it was before a seek.
    void settle(event_number number);
    /// All over again, from there on.
    void seek(event_number head);

private:
    struct slot
    {
        event_number number;
        bool is_open;
    };
    event_number head_;
    std::deque<slot> slots_; ///< rising; the first is open
    std::size_t open_count_{};
};
}
