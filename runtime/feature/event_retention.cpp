#include "feature/event_retention.hpp"

#include "engine/stored_rows.hpp"
#include "journal/event.hpp"
#include "journal/row.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace everstep::core
{
namespace
{
constexpr base::time_us for_ever = std::numeric_limits<base::time_us>::max();
/// What an event takes beside its data: records, and attributes as they usually are.
constexpr std::uint64_t event_overhead_bytes = 200;

std::uint64_t bytes_of(const event& one) noexcept { return one.data.size() + event_overhead_bytes; }

void erase(const store::snapshot& at, std::string_view topic, event_number number, store::batch& erases)
{
    const std::string name = journal::event_name(topic, number);
    std::string key;
    for (std::uint32_t record = 0, all = count_records(at, name); record < all; ++record)
    {
        journal::row_record_key(name, record, key);
        erases.erase_row(key);
    }
}
}

void event_retention::add(std::string topic, const topic_options& kept)
{
    kept_topic one;
    one.name = std::move(topic);
    one.keep = kept.keep >= std::chrono::years(1000) ? for_ever : std::chrono::microseconds(kept.keep).count();
    one.bytes_max = kept.keep_bytes;
    if (one.keep != for_ever || one.bytes_max != 0)
        topics_.push_back(std::move(one));
}

bool event_retention::wants_to_look(const hold& first_held, event_number next, base::time_us now) const
{
    return std::ranges::any_of(topics_, [&](const kept_topic& of) {
        if (of.bytes_max != 0 && of.counted < next)
            return true;
        const bool is_due = of.due <= now || (of.bytes_max != 0 && of.bytes > of.bytes_max);
        return is_due && of.first < next && of.first < first_held(of.name);
    });
}

base::time_us event_retention::next_due(const hold& first_held) const
{
    base::time_us due = for_ever;
    for (const kept_topic& of : topics_)
        if (of.due != 0 && of.due < due && of.first < first_held(of.name))
            due = of.due;
    return due;
}

void event_retention::look(const store::snapshot& at, const hold& first_held, event_number next, base::time_us now, store::batch& erases)
{
    for (kept_topic& of : topics_)
    {
        if (of.bytes_max != 0)
            count(at, of, next);
        erase_due(at, of, std::min(first_held(of.name), next), now, erases);
    }
}

void event_retention::count(const store::snapshot& at, kept_topic& of, event_number next) const
{
    if (of.counted >= next)
        return;
    const page_pointer page = read_events(at, of.name, of.counted, next);
    for (const event& one : page->events)
        of.bytes += bytes_of(one);
    of.counted = page->next;
}

/// If we die before the commit of what is erased here, the events are still there, and the next process finds them first. If we die
/// after it, they are gone, and every subscription was through with them in an earlier commit.
void event_retention::erase_due(const store::snapshot& at, kept_topic& of, event_number until, base::time_us now, store::batch& erases)
{
    if (of.first >= until)
        return;
    const page_pointer page = read_events(at, of.name, of.first, until);
    for (const event& one : page->events)
    {
        const base::time_us age = now - one.time.time_since_epoch().count();
        const bool is_old = of.keep != for_ever && age >= of.keep;
        const bool is_too_much = of.bytes_max != 0 && one.number < of.counted && of.bytes > of.bytes_max;
        if (!is_old && !is_too_much)
        {
            of.first = one.number;
            of.due = of.keep == for_ever ? for_ever : one.time.time_since_epoch().count() + of.keep;
            return;
        }
        erase(at, of.name, one.number, erases);
        ++deleted_;
        if (one.number < of.counted)
            of.bytes -= std::min(of.bytes, bytes_of(one));
    }
    of.first = page->next;
    of.due = 0; // not known: what comes next is looked at when it is there
}
}
