#pragma once

// A part of the stage: every point at which a process could end between what it does inside and what it does outside, numbered as they
// come. Something may be done at one of them: to kill this process, above all.
//
// Threads: any; one passes at a time, so that the numbers of a run are whole.

#include <cstddef>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>

namespace stage
{
class crossings
{
public:
    /// Writes the name of each to `list`, a line each, where one is given.
    explicit crossings(const std::string& list);

    /// At the `number`-th, 1 is the first; 0 is never.
    void at(std::size_t number, std::function<void()> act);

    void pass(const std::string& where) noexcept;

private:
    std::mutex mutex_;
    std::ofstream list_;
    std::size_t passed_{};
    std::size_t chosen_{};
    std::function<void()> act_;
};

/// kill -9, as the machine would: nothing is flushed, no destructor runs.
[[noreturn]] void die() noexcept;
}
