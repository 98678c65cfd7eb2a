#pragma once

// Events of one topic as they were read, shared by all subscriptions that come to the same place.
//
// Threads: made on one thread, read-only afterwards.

#include "feature/open_numbers.hpp"
#include "store/store.hpp"

#include <everstep/event.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace everstep::core
{
struct event_page
{
    event_number from{}; ///< what was asked for
    event_number next{}; ///< of the first event that is not looked at yet
    bool is_last{};      ///< nothing more was there
    std::vector<event> events;
};
using page_pointer = std::shared_ptr<const event_page>;

/// At most so many events and about so many bytes at once.
inline constexpr std::size_t page_events_max = 256;
inline constexpr std::size_t page_event_bytes_max = 256 * 1024;

/// Events of the topic from `from` on and below `until`. Throws engine_error (damaged), store::unreadable.
page_pointer read_events(const store::snapshot& at, std::string_view topic, event_number from, event_number until);
}
