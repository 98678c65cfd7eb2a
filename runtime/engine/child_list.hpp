#pragma once

// The children of a run that are open, as its history says: read entry by entry, live and in replay alike.
//
// Threads: its owner's.

#include "base/checksum.hpp"
#include "journal/entry.hpp"

#include <everstep/child.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace everstep::core
{
struct open_child
{
    std::string workflow, id;
    std::string signal; ///< that its end will be
    close_policy on_close{};
    bool is_cancelled{};
};

/// Of the child that was started at this path of the run with this seed: another one than those of the runs before it in its chain.
std::string child_promise(const journal::path& where, const base::hash128& seed);

class child_list
{
public:
    /// `seed`: the run's.
    void take(const journal::entry& e, const base::hash128& seed);

    const std::vector<open_child>& open() const noexcept { return open_; }
    bool has_waited_for() const noexcept;

private:
    std::vector<open_child> open_;
};

/// Whether a cancel of children that reaches those that are waited for, or does not, is for this one.
constexpr bool is_to_cancel(const open_child& one, bool waited_for_too) noexcept
{
    return !one.is_cancelled && (one.on_close == close_policy::cancel || (waited_for_too && one.on_close == close_policy::wait));
}

/// Entries that a list takes something from.
constexpr bool concerns_children(journal::entry_kind kind) noexcept
{
    using enum journal::entry_kind;
    return kind == child_started || kind == child_adopted || kind == children_cancelled || kind == signalled;
}

/// The policy of this name; those of a later version are left alone.
close_policy close_policy_of(std::string_view name) noexcept;
}
