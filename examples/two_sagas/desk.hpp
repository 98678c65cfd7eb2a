#pragma once

// What a run has from the start, for orders that are sold by events: they are placed once, waited for, and asked where they stand.

#include "books.hpp"

#include <everstep/engine.hpp>

#include <atomic>
#include <vector>

namespace two_sagas
{
/// Nothing where it was placed before.
void place(everstep::engine& shop, const order& o);

/// Where an order stands is written nowhere: it is put together from the events of all who take part.
std::vector<everstep::event> story_of(const everstep::engine& shop, const order& o);

/// Outlives the engine.
class desk
{
public:
    /// Before open().
    void listen(everstep::engine& shop);
    /// Returns its whole story.
    std::vector<everstep::event> wait_for_end(const everstep::engine& shop, const order& o);

private:
    std::atomic<int> ends_{};
};
}
