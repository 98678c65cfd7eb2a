#include "base/assert.hpp"
#include "store/store.hpp"

namespace everstep::store
{
namespace
{
// Offsets are 32 bits and the highest size is the mark of an erase.
constexpr std::size_t arena_bytes_max = 0xFFFFFFFE;
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
