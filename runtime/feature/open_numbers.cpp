#include "feature/open_numbers.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace everstep::core
{
std::vector<event_number> open_numbers::list() const
{
    std::vector<event_number> all;
    all.reserve(open_count_);
    for (const slot& one : slots_)
        if (one.is_open)
            all.push_back(one.number);
    return all;
}

void open_numbers::admit(event_number number)
{
    EVERSTEP_ASSERT(slots_.empty() || slots_.back().number < number); // they are found by halving
    slots_.push_back({number, true});
    ++open_count_;
    pass(number + 1);
}

void open_numbers::settle(event_number number)
{
    const auto at = std::ranges::lower_bound(slots_, number, {}, &slot::number);
    if (at == slots_.end() || at->number != number || !at->is_open)
        return;
    at->is_open = false;
    --open_count_;
    while (!slots_.empty() && !slots_.front().is_open)
        slots_.pop_front();
}

void open_numbers::seek(event_number head)
{
    slots_.clear();
    open_count_ = 0;
    head_ = head;
}
}
