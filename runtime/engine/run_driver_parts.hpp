#pragma once

// What the files of run_driver share.

#include "engine/run_driver.hpp"

#include <cstddef>
#include <memory>
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
}
