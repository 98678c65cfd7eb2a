#pragma once

// What the customers saw: one line for each order, in a file that shop and demonstration map. It is no part of the shop: it stands
// for the people outside, who remember what they were told when the shop dies. A killed process keeps what it wrote here.
//
// Threads: any; one writer for each mark. Times are steady_clock's, which all processes share.

#include "checkout.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace shop
{
class front_desk
{
public:
    using ticks = std::int64_t;

    struct line
    {
        std::atomic<ticks> asked_at;    ///< the order came, for the first time
        std::atomic<ticks> started_at;  ///< start() returned: the run is durable
        std::atomic<ticks> answered_at; ///< reply() returned, or said that the bank declined
        std::atomic<ticks> ended_at;    ///< result() returned, or said that the run failed
        std::atomic<std::uint32_t> asked_epoch, answered_epoch;
        std::atomic<bool> declined;
        std::array<char, 31> payment; ///< of the receipt; whole when answered_at is set
    };

    /// Makes the file anew, with all its room, and keeps it locked. Throws bad_input where another process has it.
    static front_desk create(const std::string& file, std::size_t orders, std::uint32_t epochs_before);
    explicit front_desk(const std::string& file);
    front_desk(front_desk&& from) noexcept;
    front_desk& operator=(front_desk&&) = delete;
    ~front_desk();

    std::size_t size() const noexcept;
    const line& operator[](std::size_t order) const noexcept { return lines_[order]; }

    // The shop's process.
    void opened() noexcept;
    void asked(std::size_t order) noexcept;
    void started(std::size_t order) noexcept;
    void answered(std::size_t order, const receipt& given) noexcept;
    void declined(std::size_t order) noexcept;
    void ended(std::size_t order) noexcept;

    // The demonstration: a new process of the shop is about to be started.
    void next_epoch() noexcept;
    std::uint32_t epoch() const noexcept;
    ticks opened_at() const noexcept; ///< 0: not yet
    std::size_t asked_count() const noexcept;
    std::size_t answered_count() const noexcept;

private:
    struct heading;
    front_desk(int descriptor, std::size_t bytes);
    void mark_answered(std::size_t order) noexcept;

    int descriptor_{-1};
    std::size_t bytes_{};
    heading* heading_{};
    line* lines_{};
};
}
