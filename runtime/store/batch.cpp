#include "base/assert.hpp"
#include "store/store.hpp"

#include <cstring>

namespace everstep::store
{
namespace
{
// Offsets are 32 bits, and the highest sizes are marks. A range has its end in the arena, where a put has its value.
constexpr std::size_t arena_bytes_max = 0xFFFFFFFE;
static_assert(journal::record_bytes_max < batch::range_mark);
}

std::uint32_t batch::keep(std::string_view bytes)
{
    EVERSTEP_ASSERT(bytes_.size() + bytes.size() <= arena_bytes_max);
    const auto offset = static_cast<std::uint32_t>(bytes_.size());
    bytes_.append(bytes); // first: when memory runs out, a write must not point at nothing
    return offset;
}

void batch::put(table where, key at, std::string_view value)
{
    EVERSTEP_ASSERT(value.size() <= journal::record_bytes_max);
    writes_.push_back({at, keep(value), static_cast<std::uint32_t>(value.size()), where});
}

void batch::put_row(std::string_view name, std::string_view value)
{
    EVERSTEP_ASSERT(!name.empty() && name.size() <= journal::row_key_bytes_max);
    EVERSTEP_ASSERT(value.size() <= journal::record_bytes_max);
    const std::uint32_t at = keep(name);
    rows_.push_back({at, static_cast<std::uint32_t>(name.size()), keep(value), static_cast<std::uint32_t>(value.size())});
}

void batch::erase_row(std::string_view name)
{
    EVERSTEP_ASSERT(!name.empty() && name.size() <= journal::row_key_bytes_max);
    rows_.push_back({keep(name), static_cast<std::uint32_t>(name.size()), 0, erase_mark});
}

void batch::put_event(std::string_view topic, std::string_view value)
{
    events_.push_back(static_cast<std::uint32_t>(rows_.size()));
    journal::append_row(journal::event_name(topic, 0), value, [this](std::string_view name, std::string_view record) { put_row(name, record); });
}

void batch::number_events(journal::event_number& next) noexcept
{
    for (std::size_t event = 0; event < events_.size(); ++event, ++next)
    {
        std::uint64_t previous = 0;
        std::size_t row = events_[event];
        const std::size_t records = journal::row_records_told(journal::event_name_bytes, value_of(rows_[row]));
        for (const std::size_t end = row + records; row < end; ++row)
            journal::number_record(next, {bytes_.data() + rows_[row].key_offset, rows_[row].key_size},
                                   {bytes_.data() + rows_[row].offset, rows_[row].size}, previous);
    }
}

void batch::erase(table where, key at)
{
    writes_.push_back({at, 0, erase_mark, where});
}

void batch::erase_range(table where, key from, key to)
{
    if (to <= from)
        return;
    writes_.push_back({from, keep({reinterpret_cast<const char*>(&to), sizeof to}), range_mark, where});
}

key batch::end_of(const write& range) const noexcept
{
    key to;
    std::memcpy(&to, bytes_.data() + range.offset, sizeof to);
    return to;
}

void batch::append(const batch& later)
{
    EVERSTEP_ASSERT(&later != this);
    const std::uint32_t shift = keep(later.bytes_);
    const auto moved = writes_.insert(writes_.end(), later.writes_.begin(), later.writes_.end());
    for (write& one : std::span(moved, writes_.end()))
    {
        if (one.size != erase_mark)
            one.offset += shift;
    }
    const auto rows_before = static_cast<std::uint32_t>(rows_.size());
    for (const std::uint32_t row : later.events_)
        events_.push_back(rows_before + row);
    const auto moved_rows = rows_.insert(rows_.end(), later.rows_.begin(), later.rows_.end());
    for (row_write& one : std::span(moved_rows, rows_.end()))
    {
        one.key_offset += shift;
        if (one.size != erase_mark)
            one.offset += shift;
    }
}

void batch::clear() noexcept
{
    writes_.clear();
    rows_.clear();
    events_.clear();
    bytes_.clear();
}
}
