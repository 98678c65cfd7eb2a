#pragma once

#include "base/ids.hpp"
#include "feature/event_page.hpp"
#include "feature/key_lanes.hpp"

#include <everstep/event.hpp>

#include <cstdint>
#include <memory>

namespace everstep::core
{
/// An event in memory on its way to one subscription's handler.
struct handed_event
{
    std::shared_ptr<const event> what; ///< of a page, or of its own
    std::uint64_t key{};               ///< hash of the event's key; 0: it has none
    key_lanes::lane_number lane{};
    std::uint32_t failures{};          ///< attempts that failed
    base::time_us first_tried{};      ///< 0: none has
    base::time_us due{};               ///< of its rows, where it has some
    bool redelivered{};
    bool has_rows{};                   ///< it comes from the rows of those that wait, not from the log
    std::uint64_t generation{};        ///< of the subscription's seeks when it was read
};
}
