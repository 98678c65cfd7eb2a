#pragma once

// The undos of a run that are registered and not yet run or forgotten, newest last.

#include <cstdint>
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
    std::string result;   ///< recorded, encoded
};

class undo_list
{
public:
    static constexpr std::uint32_t all = 0; ///< sagas are numbered from 1

    void add(undo what) { undos_.push_back(std::move(what)); }
    void release(std::uint32_t saga);
    /// The newest of the saga, or of all; taken out of the list.
    std::optional<undo> take_newest(std::uint32_t saga);
    bool empty() const noexcept { return undos_.empty(); }
    std::size_t size() const noexcept { return undos_.size(); }

private:
    std::vector<undo> undos_;
};
}
