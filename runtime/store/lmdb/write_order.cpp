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

bool row_before(const write_order::row& left, const write_order::row& right) noexcept
{
    if (const int order = left.name.compare(right.name); order != 0)
        return order < 0;
    return std::tie(left.part, left.write) < std::tie(right.part, right.write);
}

template <class Item, class Key>
void keep_last_of_each_key(std::vector<Item>& items, Key Item::* key)
{
    std::size_t kept = 0;
    for (std::size_t i = 0; i < items.size(); ++i)
    {
        const bool overwritten = i + 1 < items.size() && items[i + 1].*key == items[i].*key;
        if (!overwritten)
            items[kept++] = items[i];
    }
    items.resize(kept);
}

/// Of the writes in its keys, a range leaves those that came after it.
void drop_what_is_erased_later(std::vector<write_order::item>& items, const write_order::range& by)
{
    const auto first = std::ranges::lower_bound(items, by.from, {}, &write_order::item::at);
    const auto last = std::ranges::lower_bound(first, items.end(), by.to, {}, &write_order::item::at);
    const auto kept = std::remove_if(first, last, [&](const write_order::item& one) {
        return std::tie(one.part, one.write) < std::tie(by.part, by.write);
    });
    items.erase(kept, last);
}
}

void write_order::gather(std::span<const batch* const> parts)
{
    for (auto& items : tables_)
        items.clear();
    for (auto& ranges : ranges_)
        ranges.clear();
    rows_.clear();
    for (std::size_t part = 0; part < parts.size(); ++part)
    {
        const auto writes = parts[part]->writes();
        for (std::size_t i = 0; i < writes.size(); ++i)
        {
            const auto where = static_cast<std::size_t>(writes[i].where);
            EVERSTEP_ASSERT(where < table_count);
            const item one{writes[i].at, static_cast<std::uint32_t>(part), static_cast<std::uint32_t>(i)};
            if (writes[i].size == batch::range_mark)
                ranges_[where].push_back({one.at, parts[part]->end_of(writes[i]), one.part, one.write});
            else
                tables_[where].push_back(one);
        }
        const auto rows = parts[part]->rows();
        for (std::size_t i = 0; i < rows.size(); ++i)
            rows_.push_back({parts[part]->key_of(rows[i]), static_cast<std::uint32_t>(part), static_cast<std::uint32_t>(i)});
    }
    std::ranges::sort(rows_, row_before);
    keep_last_of_each_key(rows_, &row::name);
    size_ = rows_.size();
    for (std::size_t i = 0; i < table_count; ++i)
    {
        auto& items = tables_[i];
        std::ranges::sort(items, before);
        keep_last_of_each_key(items, &item::at);
        std::ranges::sort(ranges_[i], {}, &range::from);
        for (const range& one : ranges_[i])
            drop_what_is_erased_later(items, one);
        size_ += items.size() + ranges_[i].size();
    }
}
}
