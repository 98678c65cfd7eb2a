#include "feature/event_page.hpp"

#include "engine/stored_rows.hpp"

#include <everstep/detail/event_draft.hpp>

#include <utility>

namespace everstep::core
{
page_pointer read_events(const store::snapshot& at, std::string_view topic, event_number from, event_number until)
{
    auto page = std::make_shared<event_page>();
    page->from = from;
    page->next = until;
    page->is_last = true;
    std::size_t bytes = 0;
    snapshot_rows rows(at);
    detail::visit_events(rows, topic, from, [&](const event& one) {
        if (one.number >= until)
            return false;
        if (page->events.size() == page_events_max || bytes >= page_event_bytes_max)
        {
            page->next = one.number;
            page->is_last = false;
            return false;
        }
        bytes += one.data.size();
        page->events.push_back(one);
        return true;
    });
    return page;
}
}
