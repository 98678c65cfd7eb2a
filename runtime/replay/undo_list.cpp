#include "replay/undo_list.hpp"

#include <algorithm>
#include <utility>

namespace everstep::replay
{
namespace
{
/// From the newest on; end where there is none.
auto find_newest(auto& undos, std::uint32_t saga)
{
    return std::find_if(undos.rbegin(), undos.rend(), [saga](const undo& u) { return saga == undo_list::all || u.saga == saga; });
}
}

void undo_list::add(undo what)
{
    if (std::ranges::find(past_pivot_, what.saga) == past_pivot_.end())
        undos_.push_back(std::move(what));
}

void undo_list::release(std::uint32_t saga)
{
    std::erase_if(undos_, [saga](const undo& u) { return u.saga == saga; });
}

void undo_list::pass_pivot(std::uint32_t saga)
{
    release(saga);
    if (std::ranges::find(past_pivot_, saga) == past_pivot_.end())
        past_pivot_.push_back(saga);
}

const undo* undo_list::newest(std::uint32_t saga) const noexcept
{
    const auto at = find_newest(undos_, saga);
    return at == undos_.rend() ? nullptr : &*at;
}

std::optional<undo> undo_list::take_newest(std::uint32_t saga)
{
    const auto at = find_newest(undos_, saga);
    if (at == undos_.rend())
        return std::nullopt;
    undo taken = std::move(*at);
    undos_.erase(std::next(at).base());
    return taken;
}
}
