#pragma once

// How far the demonstration is: a bar that moves on a terminal, a line a second elsewhere.

#include <chrono>
#include <cstddef>
#include <string>

namespace shop
{
class progress
{
public:
    progress();
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    /// Leaves the line of the bar.
    ~progress();

    struct state
    {
        std::size_t orders, answered, finished, kills;
    };
    void show(const state& now);

private:
    std::chrono::milliseconds interval() const noexcept;

    bool terminal_;
    bool drawn_{};
    std::chrono::steady_clock::time_point begun_, next_;
};
}
