#pragma once

// What the files of run_driver share.

#include "engine/run_driver.hpp"

#include <everstep/detail/wait_operation.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

namespace everstep::core
{
/// The engine's own step that runs one undo: the forward step's traits know how to call it.
class run_driver::undo_operation final : public detail::operation
{
public:
    explicit undo_operation(replay::undo what)
        : detail::operation(*static_cast<const detail::operation_traits*>(what.traits), op_name(what.name)), undo_(std::move(what))
    {
    }
    const replay::undo& what() const noexcept { return undo_; }

private:
    replay::undo undo_;
};

/// Branches that a line waits for together.
struct run_driver::group
{
    detail::any_group& op;
    line& parent;
    journal::path prefix;
    std::vector<std::unique_ptr<line>> open;
    std::size_t next{}; ///< branch to be opened
    bool is_stopping{};
};

/// Two timers that no code asks for, at paths that no code can come to: their entries stand behind the start.
struct run_driver::own_timers
{
    static detail::timer_operation make(const char* what)
    {
        return {op_name::of_engine(what, std::source_location::current()), 0, detail::timer_operation::absolute};
    }

    detail::timer_operation start = make("start"), deadline = make("deadline");
    replay::branch_counter start_at{.prefix = {}, .next = journal::start_timer_path, .above = nullptr, .forgiven = 0, .stopped_at = 0, .stops_forgiven = 0};
    /// No cancel ends it.
    replay::branch_counter deadline_at{.prefix = {}, .next = journal::deadline_timer_path, .above = nullptr,
                                       .forgiven = std::numeric_limits<std::uint32_t>::max(), .stopped_at = 0, .stops_forgiven = 0};
    base::time_us deadline_due{};
};
}
