#include "replay/undo_list.hpp"

#include <algorithm>
#include <utility>

namespace everstep::replay
{
void undo_list::release(std::uint32_t saga)
{
    std::erase_if(undos_, [saga](const undo& u) { return u.saga == saga; });
}

std::optional<undo> undo_list::take_newest(std::uint32_t saga)
{
    auto newest = std::find_if(undos_.rbegin(), undos_.rend(), [saga](const undo& u) { return saga == all || u.saga == saga; });
    if (newest == undos_.rend())
        return std::nullopt;
    undo taken = std::move(*newest);
    undos_.erase(std::next(newest).base());
    return taken;
}
}
