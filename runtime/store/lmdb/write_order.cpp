#include "store/lmdb/write_order.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <tuple>

namespace everstep::store::lmdb
{
namespace
{
bool before(const write_order::item& left, const write_order::item& right) noexcept
{
    if (left.at.major != right.at.major)
        return left.at.major < right.at.major;
    if (left.at.minor != right.at.minor)
        return left.at.minor < right.at.minor;
    return std::tie(left.part, left.write) < std::tie(right.part, right.write);
}

void keep_last_of_each_key(std::vector<write_order::item>& items)
{
    std::size_t kept = 0;
    for (std::size_t i = 0; i < items.size(); ++i)
    {
        const bool overwritten = i + 1 < items.size() && items[i + 1].at == items[i].at;
        if (!overwritten)
            items[kept++] = items[i];
    }
    items.resize(kept);
}
}

void write_order::gather(std::span<const batch* const> parts)
{
    for (auto& items : tables_)
        items.clear();
    for (std::size_t part = 0; part < parts.size(); ++part)
    {
        const auto writes = parts[part]->writes();
        for (std::size_t i = 0; i < writes.size(); ++i)
        {
            const auto where = static_cast<std::size_t>(writes[i].where);
            EVERSTEP_ASSERT(where < table_count);
            tables_[where].push_back({writes[i].at, static_cast<std::uint32_t>(part), static_cast<std::uint32_t>(i)});
        }
    }
    size_ = 0;
    for (auto& items : tables_)
    {
        std::ranges::sort(items, before);
        keep_last_of_each_key(items);
        size_ += items.size();
    }
}
}
