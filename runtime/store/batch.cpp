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

void batch::put(table where, key at, std::string_view value)
{
    EVERSTEP_ASSERT(value.size() <= journal::record_bytes_max);
    EVERSTEP_ASSERT(bytes_.size() + value.size() <= arena_bytes_max);
    const auto offset = static_cast<std::uint32_t>(bytes_.size());
    bytes_.append(value); // first: when memory runs out, a write must not point at nothing
    writes_.push_back({at, offset, static_cast<std::uint32_t>(value.size()), where});
}

void batch::erase(table where, key at)
{
    writes_.push_back({at, 0, erase_mark, where});
}

void batch::erase_range(table where, key from, key to)
{
    if (to <= from)
        return;
    EVERSTEP_ASSERT(bytes_.size() + sizeof to <= arena_bytes_max);
    const auto offset = static_cast<std::uint32_t>(bytes_.size());
    bytes_.append(reinterpret_cast<const char*>(&to), sizeof to); // first, as above
    writes_.push_back({from, offset, range_mark, where});
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
    EVERSTEP_ASSERT(bytes_.size() + later.bytes_.size() <= arena_bytes_max);
    const auto shift = static_cast<std::uint32_t>(bytes_.size());
    bytes_.append(later.bytes_);
    const auto moved = writes_.insert(writes_.end(), later.writes_.begin(), later.writes_.end());
    for (write& one : std::span(moved, writes_.end()))
    {
        if (one.size != erase_mark)
            one.offset += shift;
    }
}

void batch::clear() noexcept
{
    writes_.clear();
    bytes_.clear();
}
}
