#pragma once

// The undos of a run that are registered and not yet run or forgotten, newest last.

#include "journal/path.hpp"

#include <everstep/step_options.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace everstep::replay
{
struct undo
{
    std::uint32_t saga{};
    const void* traits{}; ///< of the forward step: what knows how to call the undo
    std::string name;     ///< of the forward step
    std::string_view file; ///< literal of the program
    std::uint32_t line{};
    std::string result;   ///< recorded, encoded; empty: it has none, and is undone because it is unsure
    journal::path where{}; ///< of the forward step
    std::uint32_t at_once{1}; ///< so many of its saga may run at the same time
    std::unique_ptr<const step_options> options{}; ///< null: the defaults
};

class undo_list
{
public:
    static constexpr std::uint32_t all = 0; ///< sagas are numbered from 1

    /// Nothing where its saga has passed its pivot.
    void add(undo what);
    void release(std::uint32_t saga);
    /// Releases it, now and in future.
    void pass_pivot(std::uint32_t saga);
    /// The newest of the saga, or of all; taken out of the list.
    std::optional<undo> take_newest(std::uint32_t saga);
    /// The one that take_newest would take. Null: there is none.
    const undo* newest(std::uint32_t saga) const noexcept;
    bool empty() const noexcept { return undos_.empty(); }
    std::size_t size() const noexcept { return undos_.size(); }

private:
    std::vector<undo> undos_;
    std::vector<std::uint32_t> past_pivot_; ///< sagas
};
}
