#include "floor/script.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace everstep::bench
{
namespace
{
bool before(const script::write& left, const script::write& right) noexcept
{
    if (left.where != right.where)
        return left.where < right.where;
    return std::string_view(left.key.data(), left.key.size()) < std::string_view(right.key.data(), right.key.size());
}
}

void script::add(journal::table where, journal::record_key at, std::string_view value, bool erases)
{
    write one{{}, open_bytes_.size(), static_cast<std::uint32_t>(value.size()), where, erases};
    base::store_big(one.key.data(), at.major);
    base::store_big(one.key.data() + 8, at.minor);
    open_bytes_.append(value);
    open_.push_back(one);
}

void script::put(journal::table where, journal::record_key at, std::string_view value) { add(where, at, value, false); }

void script::erase(journal::table where, journal::record_key at) { add(where, at, {}, true); }

void script::end_commit()
{
    std::ranges::sort(open_, before);
    for (write& one : open_)
    {
        const std::string_view value = std::string_view(open_bytes_).substr(one.offset, one.size);
        one.offset = bytes_.size();
        bytes_.append(value);
        writes_.push_back(one);
    }
    ends_.push_back(writes_.size());
    open_.clear();
    open_bytes_.clear();
}

std::span<const script::write> script::commit(std::size_t index) const noexcept
{
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::span(writes_).subspan(begin, ends_[index] - begin);
}
}
