#pragma once

// The name of an operation inside its run: numbers given when the operation is *started*. `co_await` takes the next number
// of its branch; `all` and `any` give each branch a prefix of its own (p.k.0, p.k.1, …).

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace everstep::journal
{
class path
{
public:
    /// Numbers in a path: 7 levels of branches inside branches. Deeper nesting parks the run (limits).
    static constexpr std::size_t depth_max = 15;

    path() = default;
    explicit path(std::uint32_t first) { push(first); }

    /// False when the path is already depth_max long.
    bool push(std::uint32_t number) noexcept
    {
        if (size_ == depth_max)
            return false;
        numbers_[size_++] = number;
        return true;
    }

    std::span<const std::uint32_t> numbers() const noexcept { return {numbers_.data(), size_}; }
    bool empty() const noexcept { return size_ == 0; }

    /// "3" or "3.1.0": for texts and for tokens.
    std::string text() const;

    friend bool operator==(const path& a, const path& b) noexcept
    {
        return std::ranges::equal(a.numbers(), b.numbers());
    }

private:
    std::array<std::uint32_t, depth_max> numbers_{};
    std::uint32_t size_{};
};
}
