#include "engine/child_list.hpp"

#include "engine/promise_token.hpp"
#include "replay/token.hpp"

#include <algorithm>

namespace everstep::inline v0
{
std::string_view name_of(close_policy policy) noexcept
{
    switch (policy)
    {
    case close_policy::wait: return "wait";
    case close_policy::cancel: return "cancel";
    case close_policy::leave: break;
    }
    return "leave";
}
}

namespace everstep::core
{
using journal::entry_kind;

close_policy close_policy_of(std::string_view name) noexcept
{
    for (const close_policy one : {close_policy::wait, close_policy::cancel})
        if (name == name_of(one))
            return one;
    return close_policy::leave;
}

std::string child_promise(const journal::path& where, const base::hash128& seed)
{
    return std::string(own_signals).append("child ").append(replay::hex_of(base::hash128_of(where.text(), seed.low)));
}

void child_list::take(const journal::entry& e, const base::hash128& seed)
{
    switch (e.kind)
    {
    case entry_kind::child_started:
        open_.push_back({std::string(e.name), std::string(e.text), promise_signal(promise_secret(seed, child_promise(e.where, seed))),
                         close_policy_of(e.code), false});
        break;
    case entry_kind::child_adopted:
        open_.push_back({std::string(e.name), std::string(e.text), std::string(e.type), close_policy_of(e.code), false});
        break;
    case entry_kind::children_cancelled:
        for (open_child& one : open_)
            one.is_cancelled |= is_to_cancel(one, e.code == name_of(close_policy::wait));
        break;
    case entry_kind::signalled:
        std::erase_if(open_, [&](const open_child& one) { return one.signal == e.name; });
        break;
    default: break;
    }
}

bool child_list::has_waited_for() const noexcept
{
    return std::ranges::any_of(open_, [](const open_child& one) { return one.on_close == close_policy::wait; });
}
}
